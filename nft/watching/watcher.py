"""Follow a chain: read the logs of the contracts that matter, block after block, through reorgs.

One watcher per chain is at work, by a lease in the database. It reads from its cursor to the newest block, in ranges
that fit the node's limits. It keeps the hashes of blocks it has read: if one was replaced, it goes back to the last
block that is still there, undoes what it saw later, and reads on. Nodes do not report removed logs.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from nft.claims.new_picture import record_metadata_logs
from nft.clients.clients import Clients
from nft.clients.evm.chain import ChainClient
from nft.clients.evm.errors import ChainError, ChainUnavailable
from nft.core.evm.abi.delegations import DELEGATION_TOPICS
from nft.core.evm.abi.logs import Log
from nft.core.evm.abi.metadata_events import METADATA_TOPICS
from nft.core.evm.abi.transfer_events import TRANSFER_TOPICS
from nft.core.tokens.verdict import BlockRef
from nft.models import WatchedChain
from nft.models.chains import ALWAYS
from nft.models.claims import watched_contracts
from nft.settings import conf
from nft.settings.chains import chains
from nft.watching.transfers_seen import note_logs, settle_confirmed, undo_moves_after
from profiles.jobs import enqueue, job
from profiles.leases import lease_row

log = logging.getLogger(__name__)

TRAIL = 128
"""Blocks whose hashes are kept. After a reorg deeper than these, all that is not confirmed is read again."""
ADDRESSES = 500
"""So many contracts are asked for in one request."""
WIDEST = 2000
NARROWEST = 1


@dataclass(frozen=True)
class Watch:
    """What one look did. `is_behind`: there is more to read at once."""

    blocks: int = 0
    doubted: int = 0
    is_behind: bool = False


def _watch_period() -> timedelta:
    return timedelta(seconds=conf().watch_period)


@job(queue="chain", every=_watch_period, expires=_watch_period, each=chains)
def watch_chain(chain_id: int, now: datetime, clients: Clients, *, seconds: float = 20.0) -> Watch | None:
    """Reads on for about `seconds`. None where another watcher is at work. An outage ends the look and no more."""
    WatchedChain.objects.get_or_create(chain_id=chain_id, defaults={"next_block": 0})
    cursor = lease_row(WatchedChain.objects.filter(pk=chain_id), now)
    if cursor is None:
        return None
    watch = Watch()
    with cursor.attempting(now):
        try:
            watch = _read_on(cursor, clients.chain(chain_id), now, seconds)
            cursor.release(ALWAYS, **_seen(cursor))
        except ChainError as error:
            log.warning("The watcher of chain %s stopped at block %s: %s", chain_id, cursor.next_block, error)
            cursor.retry(error, now, due_at=ALWAYS, **_seen(cursor))
    if watch.is_behind:  # as another job, so that others get their turn
        enqueue(watch_chain, chain_id)
    return watch


def _seen(cursor: WatchedChain) -> dict[str, Any]:
    return {"span": cursor.span, "head_block": cursor.head_block, "head_at": cursor.head_at}


def _read_on(cursor: WatchedChain, client: ChainClient, now: datetime, seconds: float) -> Watch:
    ends_at = time.monotonic() + seconds
    view, head = client.first_working_view()
    confirmed = view.confirmed_block()
    contracts = watched_contracts(cursor.chain_id)
    cursor.head_block, cursor.head_at = head.number, now
    if cursor.next_block == 0 and not cursor.trail:
        cursor.next_block = confirmed.number + 1  # what came before is in the state that the sweep reads
    _rewind_to_what_stands(cursor, view, confirmed, now)
    first, doubted = cursor.next_block, 0
    while cursor.next_block <= head.number and time.monotonic() < ends_at:
        doubted += _read_range(cursor, view, head, contracts, now)
    settle_confirmed(cursor.chain_id, min(confirmed.number, cursor.next_block - 1), now)
    return Watch(cursor.next_block - first, doubted, is_behind=cursor.next_block <= head.number)


def _rewind_to_what_stands(cursor: WatchedChain, view: ChainClient, confirmed: BlockRef, now: datetime) -> None:
    """Raises ChainUnavailable where the node has not come as far as we have."""
    trail = [BlockRef(number, bytes.fromhex(digest)) for number, digest in cursor.trail]
    standing = list(trail)
    while standing and not view.has_block(standing[-1]):
        standing.pop()
    if len(standing) == len(trail):
        return
    # All that is not confirmed is read again: of a token that moved twice, one move may still stand.
    last = min(standing[-1].number if standing else trail[0].number - 1, confirmed.number)
    standing = [block for block in standing if block.number <= last]
    log.warning("Chain %s replaced blocks that were read; reading on from %s again.", cursor.chain_id, last + 1)
    with transaction.atomic():
        undo_moves_after(cursor.chain_id, last, now)
        _move(cursor, last + 1, standing)


def _read_range(
    cursor: WatchedChain, view: ChainClient, head: BlockRef, contracts: Sequence[bytes], now: datetime
) -> int:
    """Reads one range and moves the cursor behind it, both or neither."""
    first = cursor.next_block
    end = head if head.number - first < cursor.span else view.block(first + cursor.span - 1)
    logs = _fetch_logs(cursor, view, contracts, first, end)
    if logs is None:
        return 0
    view.check_block(end)  # or the logs may be of another branch than the hash we keep
    trail = [BlockRef(number, bytes.fromhex(digest)) for number, digest in cursor.trail]
    with transaction.atomic():
        doubted = note_logs(cursor.chain_id, logs)
        record_metadata_logs(cursor.chain_id, logs, now)
        _move(cursor, end.number + 1, [*trail, end])
    cursor.span = min(WIDEST, cursor.span * 2)
    return doubted


def _fetch_logs(
    cursor: WatchedChain, view: ChainClient, contracts: Sequence[bytes], first: int, end: BlockRef
) -> list[Log] | None:
    """None where the node refuses so wide a range: it was made narrower, and the next try may do."""
    starts = range(0, len(contracts), ADDRESSES)
    sources: list[tuple[Sequence[bytes], Sequence[str]]]
    sources = [(contracts[start : start + ADDRESSES], (*TRANSFER_TOPICS, *METADATA_TOPICS)) for start in starts]
    if view.delegate_registry is not None:
        sources.append(([view.delegate_registry], DELEGATION_TOPICS))
    try:
        return [entry for addresses, events in sources for entry in view.logs(addresses, events, first, end.number)]
    except ChainUnavailable:
        width = end.number - first + 1
        if width <= NARROWEST:
            raise
        view.head()  # raises where the node is down
        cursor.span = max(NARROWEST, width // 4)
        return None


def _move(cursor: WatchedChain, next_block: int, trail: list[BlockRef]) -> None:
    """Only while the lease is ours: a watcher that was taken for dead must not move what another moves."""
    cursor.next_block = next_block
    cursor.trail = [[block.number, block.hash.hex()] for block in trail[-TRAIL:]]
    if not cursor.keep(next_block=cursor.next_block, trail=cursor.trail):
        raise ChainUnavailable("Another watcher has taken over.")
