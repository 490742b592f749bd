"""Alarms about a chain's nodes for operators: stored for the admin, and logged."""

from __future__ import annotations

import logging
from datetime import datetime

from nft.clients.evm.errors import STALE_NODE, ChainUnavailable, WrongChain
from nft.core.tokens.verdict import Reason
from nft.models import WatchedChain
from profiles import clock
from profiles.sentences import gettext as _

log = logging.getLogger(__name__)

#: Reasons that no outage explains: a node lies, is stuck, or serves another chain.
ALARMING = frozenset({Reason.NODES_DISAGREE, Reason.STALE_BLOCK, Reason.WRONG_CHAIN, Reason.NOT_PROVED})


def raise_alarm(chain_id: int, sentence: str, now: datetime) -> None:
    """Log an alarm, and store it as the chain's latest."""
    log.error("Chain %s: %s", chain_id, sentence)
    alarm = {"alarm": sentence[:200], "alarm_at": now}
    WatchedChain.objects.update_or_create(chain_id=chain_id, defaults=alarm, create_defaults=alarm | {"next_block": 0})


def raise_alarm_if_clocks_differ(chain_id: int, now: datetime) -> None:
    """Raise an alarm if this machine's clock was not the database's when last compared."""
    if skew := clock.get_skew():
        raise_alarm(
            chain_id, _("The clock of a worker differs from the database's by %(skew)s s.", skew=f"{skew:.0f}"), now
        )


def raise_alarm_where_due(chain_id: int, error: ChainUnavailable, now: datetime) -> None:
    """Raise an alarm if the error means more than an outage."""
    if isinstance(error, WrongChain) or error.is_a(STALE_NODE):
        raise_alarm(chain_id, str(error), now)
