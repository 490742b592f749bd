"""Having a chain looked at as soon as its node's websocket tells of a new block, instead of at the next beat.

A hint for `watching.py` and nothing else: however long the websocket is dead, silent or wrong, the beat goes on looking
every NFT_WATCH_PERIOD seconds.
"""

from __future__ import annotations

import logging
import random
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event

from django.db import transaction
from django.db.models import Q

from nft.claims.new_picture import note_metadata_logs
from nft.clients.clients import Clients
from nft.clients.evm.chain import ChainClient
from nft.clients.evm.errors import ChainError, ChainUnavailable
from nft.clients.evm.heads import hear_new_heads
from nft.core.evm.abi.delegations import DELEGATION_TOPICS
from nft.core.evm.abi.logs import Log
from nft.core.evm.abi.metadata_events import METADATA_TOPICS
from nft.core.evm.abi.transfer_events import TRANSFER_TOPICS
from nft.core.tokens.verdict import BlockRef
from nft.models import WatchedChain
from nft.models.claims import watched_contracts
from nft.watching.transfers_seen import note_logs, settle_confirmed, undo_moves_after

log = logging.getLogger(__name__)

PAUSE = 1.0
"""Seconds between two looks: chains with blocks every 0.2 s, and nodes that tell of blocks without end, get no more."""
SHORTEST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds until a lost connection is made again, doubled each time in vain."""


def listen(chain_id: int, url: str, wake: Callable[[], None], stop: Event) -> None:
    """Calls `wake` for new blocks until `stop` is set; that is looked at between blocks."""
    wait = SHORTEST_WAIT
    while not stop.is_set():
        try:
            for _ in hear_new_heads(url):
                wait = SHORTEST_WAIT
                if stop.is_set():
                    return
                wake()
                stop.wait(PAUSE)
        except ChainUnavailable as error:
            log.warning("Chain %s: %s The beat goes on looking; trying again in %.0f s.", chain_id, error, wait)
        stop.wait(wait * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
        wait = min(LONGEST_WAIT, wait * 2)


# Following a chain: the logs of the contracts that matter, block after block, however the chain changes its mind.
#
# One watcher per chain is at work, by a lease in the database. It reads from its cursor to the newest block, by ranges
# that fit what the node answers. It keeps the hashes of blocks it has read: where one was replaced, it goes back to the
# last that stands, undoes what it saw later, and reads on from there; nodes do not tell that a log was removed.

LEASE = timedelta(seconds=90)
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


def watch_chain(chain_id: int, now: datetime, clients: Clients, *, seconds: float = 20.0) -> Watch | None:
    """Reads on for about `seconds`. None where another watcher is at work. An outage ends the look and no more."""
    cursor = _lease(chain_id, now)
    if cursor is None:
        return None
    try:
        watch = _read_on(cursor, clients.chain(chain_id), now, seconds)
        cursor.trouble = ""
    except ChainError as error:
        cursor.trouble = str(error)[:200]
        log.warning("The watcher of chain %s stopped at block %s: %s", chain_id, cursor.next_block, error)
        watch = Watch()
    _release(cursor)
    return watch


def _lease(chain_id: int, now: datetime) -> WatchedChain | None:
    WatchedChain.objects.get_or_create(chain_id=chain_id, defaults={"next_block": 0})
    mine = uuid.uuid4()
    free = Q(leased_until=None) | Q(leased_until__lte=now) | Q(leased_until__gt=now + 2 * LEASE)  # a clock set back
    taken = WatchedChain.objects.filter(free, pk=chain_id).update(leased_by=mine, leased_until=now + LEASE)
    return WatchedChain.objects.filter(pk=chain_id, leased_by=mine).first() if taken else None


def _release(cursor: WatchedChain) -> None:
    mine = WatchedChain.objects.filter(pk=cursor.pk, leased_by=cursor.leased_by)
    mine.update(
        leased_by=None,
        leased_until=None,
        span=cursor.span,
        trouble=cursor.trouble,
        head_block=cursor.head_block,
        head_at=cursor.head_at,
    )


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
        note_metadata_logs(cursor.chain_id, logs, now)
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
    mine = WatchedChain.objects.filter(pk=cursor.pk, leased_by=cursor.leased_by)
    if not mine.update(next_block=cursor.next_block, trail=cursor.trail):
        raise ChainUnavailable("Another watcher has taken over.")
