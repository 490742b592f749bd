"""What an operator must know of a chain's nodes: kept where the admin shows it, beside the line in the log."""

from __future__ import annotations

import logging
from datetime import datetime

from nft.clients.evm.errors import STALE_NODE, ChainUnavailable, WrongChain
from nft.core.tokens.verdict import Reason
from nft.models import WatchedChain

log = logging.getLogger(__name__)

ALARMING = frozenset({Reason.NODES_DISAGREE, Reason.STALE_BLOCK, Reason.WRONG_CHAIN})
"""What no outage explains: a node lies, is stuck, or is not the one that was meant."""


def raise_alarm(chain_id: int, sentence: str, now: datetime) -> None:
    log.error("Chain %s: %s", chain_id, sentence)
    alarm = {"alarm": sentence[:200], "alarm_at": now}
    WatchedChain.objects.update_or_create(chain_id=chain_id, defaults=alarm, create_defaults=alarm | {"next_block": 0})


def raise_alarm_where_due(chain_id: int, error: ChainUnavailable, now: datetime) -> None:
    """For an outage that may be more than one."""
    if isinstance(error, WrongChain) or error.is_a(STALE_NODE):
        raise_alarm(chain_id, str(error), now)
