"""Follow a chain: read the logs of the contracts that matter, block after block, through reorgs.

A lease in the database allows one watcher per chain. It reads from its cursor to the newest block, in ranges that fit
the node's limits. It keeps the hashes of the blocks it has read: if one was replaced, it goes back to the last block
that is still there, undoes what it saw later, and continues. Nodes do not report removed logs.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from nft.claims.new_picture import record_metadata_logs
from nft.claims.sweeping import correct_due_times
from nft.clients.bundle import Clients
from nft.clients.evm.chain import ChainClient
from nft.clients.evm.errors import ChainError, ChainUnavailable
from nft.core.evm.abi.delegations import DELEGATION_TOPICS
from nft.core.evm.abi.logs import Log
from nft.core.evm.abi.metadata_events import METADATA_TOPICS
from nft.core.evm.abi.transfer_events import TRANSFER_TOPICS
from nft.core.tokens.verdict import BlockRef
from nft.gallery.sources import get_known_contracts
from nft.models import WatchedChain
from nft.models.chains import ALWAYS
from nft.settings import conf
from nft.settings.chains import chains
from nft.tokens.alarms import raise_alarm_if_clocks_differ
from nft.watching.transfers_seen import queue_confirmed, record_logs, undo_transfers_after
from profiles.jobs import enqueue, job
from profiles.leases import lease_row
from profiles.sentences import gettext as _
from profiles.settings import CLOCK_SKEW

log = logging.getLogger(__name__)

#: Blocks whose hashes are kept. After a deeper reorg, all blocks that are not confirmed are read again.
MAX_TRAIL = 128
#: Maximum contracts per eth_getLogs request.
MAX_ADDRESSES = 500
#: Blocks per eth_getLogs request.
MIN_SPAN, MAX_SPAN = 1, 2000


@dataclass(frozen=True)
class WatchResult:
    """What one run did: blocks read, and claims put in doubt. `is_behind`: there is more to read at once."""

    blocks: int = 0
    doubted: int = 0
    is_behind: bool = False


def _watch_period() -> timedelta:
    return timedelta(seconds=conf().watch_period)


@job(queue="watch", every=_watch_period, expires=_watch_period, each=chains)
def watch_chain(chain_id: int, now: datetime, clients: Clients, *, seconds: float = 20.0) -> WatchResult | None:
    """Read new blocks for about `seconds`. Return None if another watcher holds the lease. An outage ends the run."""
    WatchedChain.objects.get_or_create(chain_id=chain_id, defaults={"next_block": 0})
    cursor = lease_row(WatchedChain.objects.filter(pk=chain_id), now)
    if cursor is None:
        return None
    raise_alarm_if_clocks_differ(chain_id, now)
    if cursor.head_at is not None and cursor.head_at > now + CLOCK_SKEW:
        correct_due_times(chain_id, now)
    result = WatchResult()
    with cursor.attempting(now):
        try:
            result = _read_blocks(cursor, clients.chain(chain_id), now, seconds)
            cursor.release(ALWAYS, **_progress_columns(cursor))
        except ChainError as error:
            log.warning("The watcher of chain %s stopped at block %s: %s", chain_id, cursor.next_block, error)
            cursor.retry(error, now, None, due_at=ALWAYS, **_progress_columns(cursor))
    if result.is_behind:  # as another job, so that other chains get their turn
        enqueue(watch_chain, chain_id)
    return result


def _progress_columns(cursor: WatchedChain) -> dict[str, object]:
    return {"span": cursor.span, "head_block": cursor.head_block, "head_at": cursor.head_at}


def _read_blocks(cursor: WatchedChain, client: ChainClient, now: datetime, seconds: float) -> WatchResult:
    ends_at = time.monotonic() + seconds
    view, head = client.first_working_view()
    confirmed = view.confirmed_block()
    contracts = get_known_contracts(cursor.chain_id)
    cursor.head_block, cursor.head_at = head.number, now
    if cursor.next_block == 0 and not cursor.trail:
        cursor.next_block = confirmed.number + 1  # the sweep reads the state that earlier transfers led to
    _rewind_after_reorg(cursor, view, confirmed, now)
    first, doubted = cursor.next_block, 0
    while cursor.next_block <= head.number and time.monotonic() < ends_at:
        doubted += _read_range(cursor, view, head, contracts, now)
    queue_confirmed(cursor.chain_id, min(confirmed.number, cursor.next_block - 1), now)
    return WatchResult(cursor.next_block - first, doubted, is_behind=cursor.next_block <= head.number)


def _rewind_after_reorg(cursor: WatchedChain, view: ChainClient, confirmed: BlockRef, now: datetime) -> None:
    """Undo what was read from replaced blocks. Raise ChainUnavailable if the node is behind the cursor."""
    trail = [BlockRef(number, bytes.fromhex(digest)) for number, digest in cursor.trail]
    kept = list(trail)
    while kept and not view.has_block(kept[-1]):
        kept.pop()
    if len(kept) == len(trail):
        return
    # All blocks that are not confirmed are read again: of a token transferred twice, one transfer may still be there.
    last = min(kept[-1].number if kept else trail[0].number - 1, confirmed.number)
    kept = [block for block in kept if block.number <= last]
    log.warning("Chain %s replaced blocks that were read; reading again from block %s.", cursor.chain_id, last + 1)
    with transaction.atomic():
        undo_transfers_after(cursor.chain_id, last, now)
        _save_cursor(cursor, last + 1, kept)


def _read_range(
    cursor: WatchedChain, view: ChainClient, head: BlockRef, contracts: Sequence[bytes], now: datetime
) -> int:
    """Read one range and advance the cursor, in one transaction. Return how many claims are now in doubt."""
    first = cursor.next_block
    end = head if head.number - first < cursor.span else view.block(first + cursor.span - 1)
    logs = _fetch_logs(cursor, view, contracts, first, end)
    if logs is None:
        return 0
    view.check_block(end)  # else the logs may be of another branch than the hash that is kept
    trail = [BlockRef(number, bytes.fromhex(digest)) for number, digest in cursor.trail]
    with transaction.atomic():
        doubted = record_logs(cursor.chain_id, logs)
        record_metadata_logs(cursor.chain_id, logs, now)
        _save_cursor(cursor, end.number + 1, [*trail, end])
    cursor.span = min(MAX_SPAN, cursor.span * 2)
    return doubted


def _fetch_logs(
    cursor: WatchedChain, view: ChainClient, contracts: Sequence[bytes], first: int, end: BlockRef
) -> list[Log] | None:
    """Return the logs, None if the node refuses so wide a range; `cursor.span` is then reduced for the next try."""
    starts = range(0, len(contracts), MAX_ADDRESSES)
    sources: list[tuple[Sequence[bytes], Sequence[str]]]
    sources = [(contracts[start : start + MAX_ADDRESSES], (*TRANSFER_TOPICS, *METADATA_TOPICS)) for start in starts]
    if view.delegate_registry is not None:
        sources.append(([view.delegate_registry], DELEGATION_TOPICS))
    try:
        return [entry for addresses, events in sources for entry in view.logs(addresses, events, first, end.number)]
    except ChainUnavailable:
        width = end.number - first + 1
        if width <= MIN_SPAN:
            raise
        view.head()  # raises where the node is down
        cursor.span = max(MIN_SPAN, width // 4)
        return None


def _save_cursor(cursor: WatchedChain, next_block: int, trail: list[BlockRef]) -> None:
    """Save the cursor. Raise ChainUnavailable if the lease was lost: another watcher owns the cursor then."""
    cursor.next_block = next_block
    cursor.trail = [(block.number, block.hash.hex()) for block in trail[-MAX_TRAIL:]]
    if not cursor.keep(next_block=cursor.next_block, trail=cursor.trail):
        raise ChainUnavailable(_("Another watcher has taken over."))
