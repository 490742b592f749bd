"""Many reads of one block in few requests, no matter what some of the contracts do.

By Multicall3 where the chain has it, else by a JSON-RPC batch. One contract may burn the gas of a whole batch, or
answer more than a batch may hold: a batch that fails is halved, and calls that fail with empty revert data are asked
again in halves, down to single calls with their own gas. So every answer is what a single call would have given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from nft.clients.evm.chain import At, ChainClient
from nft.clients.evm.errors import CallFailed, ChainError, ChainUnavailable
from nft.core.evm.abi.multicall import MULTICALL3, Call, build_aggregate3, parse_aggregate3
from nft.core.evm.errors import BadAnswer
from profiles.sentences import gettext as _

MAX_ANSWER = 64 * 1024
"""Bytes that one call may return."""
BATCH_GAS = 50_000_000
"""What geth allows a call by default; other nodes cut it down to their own limit."""
BATCH_BYTES = 1024 * 1024
JSON_BATCH = 100
SMALLEST = 20
MAX_ALONE = 64
"""Maximum calls of one list that are made alone; the others stay without an answer until the next run."""

ReadAnswer = bytes | ChainError
"""What a call returned, or CallFailed, or ChainUnavailable where it was not made."""


@dataclass
class ManyAnswers:
    """`alone` are the positions of the calls that made a batch fail, or were thought to."""

    answers: list[ReadAnswer]
    alone: set[int] = field(default_factory=set)


def call_many(view: ChainClient, calls: Sequence[Call], block: At) -> ManyAnswers:
    """Make all `calls` at `block`, through one node. Raises ChainUnavailable."""
    found = ManyAnswers([ChainUnavailable(_("It was not asked."))] * len(calls))
    by_multicall = _has_multicall(view, block)
    largest = view.node.batch_size if by_multicall else min(JSON_BATCH, view.node.batch_size)
    for start in range(0, len(calls), largest):
        places = range(start, min(start + largest, len(calls)))
        if len(places) == 1:
            _read_alone(view, calls, start, block, found)
        else:
            _read(view, calls, places, block, found)
    return found


def _has_multicall(view: ChainClient, block: At) -> bool:
    """Return whether Multicall3 is deployed. Only a yes is cached: it may come later, or be missing at an old block."""
    node = view.node
    if node.has_multicall is None and view.code_at(MULTICALL3, block):
        node.has_multicall = True
    return bool(node.has_multicall)


def _read(view: ChainClient, calls: Sequence[Call], places: Sequence[int], block: At, found: ManyAnswers) -> None:
    if len(places) == 1:
        found.alone.add(places[0])
        if len(found.alone) <= MAX_ALONE:
            _read_alone(view, calls, places[0], block, found)
        return
    try:
        answers = _read_together(view, [calls[place] for place in places], block)
    except (CallFailed, BadAnswer):
        _read_halves(view, calls, places, block, found)
        return
    except ChainUnavailable:
        view.head()  # raises where the node is down; else the batch was too much for it
        view.node.batch_size = max(SMALLEST, len(places) // 2)
        _read_halves(view, calls, places, block, found)
        return
    doubtful = [place for place, answer in zip(places, answers, strict=True) if answer is None]
    for place, answer in zip(places, answers, strict=True):
        if answer is not None:
            found.answers[place] = answer
    if doubtful:
        _read_halves(view, calls, doubtful, block, found)


def _read_halves(
    view: ChainClient, calls: Sequence[Call], places: Sequence[int], block: At, found: ManyAnswers
) -> None:
    middle = (len(places) + 1) // 2
    for half in (places[:middle], places[middle:]):
        if half:
            _read(view, calls, half, block, found)


def _read_alone(view: ChainClient, calls: Sequence[Call], place: int, block: At, found: ManyAnswers) -> None:
    call = calls[place]
    try:
        found.answers[place] = view.call(call.target, call.data, block, max_bytes=MAX_ANSWER)
    except CallFailed as error:
        found.answers[place] = error
    except ChainUnavailable as error:
        view.head()
        found.answers[place] = error  # this one call is too much for the node


def _read_together(view: ChainClient, calls: Sequence[Call], block: At) -> list[ReadAnswer | None]:
    """None if a call failed with empty revert data: its own failure, or another used up the gas of the batch."""
    if not view.node.has_multicall:
        return list(view.call_each(calls, block, max_bytes=MAX_ANSWER))
    answer = view.call(MULTICALL3, build_aggregate3(calls), block, gas=BATCH_GAS, max_bytes=BATCH_BYTES)
    results = parse_aggregate3(answer, len(calls), MAX_ANSWER)
    return [result.data if result.success else _failure(result.data) for result in results]


def _failure(data: bytes) -> CallFailed | None:
    return CallFailed(_("The contract refused the call."), data=data) if data else None
