"""Who holds a token? Choose a node, read at one of its blocks, decide.

Facts are read at one confirmed block whose hash is asked again afterwards. One token is read as carefully as can be;
many are read together, and those that need more care are left to `check_ownership`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from nft.clients.evm.chain import HEAD, ChainClient
from nft.clients.evm.errors import BLOCK_GONE, NODES_BEHIND, ChainUnavailable
from nft.core.evm.token import Token, TokenStandard
from nft.core.tokens.verdict import BlockRef, Reverted, Verdict
from nft.tokens.facts import Check, Question, Reading, agree, decide_outage, decide_ownership
from nft.tokens.reading import read_many, read_token

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class BatchCheck:
    """A check for each question, or None if it must be asked by itself; `alone` as in ManyReadings."""

    checks: list[Check | None]
    block: BlockRef
    alone: frozenset[int]


def check_ownership(
    client: ChainClient, token: Token, holders: Sequence[bytes], *, known_block: int = 0, look_at_head: bool = True
) -> Check:
    """Return whether one of `holders` has the token at the confirmed block.

    known_block: a block already seen confirmed; a node that is behind it decides nothing. look_at_head: ask the newest
    block, too, if the answer is no, since a new token is not confirmed yet.
    """
    question = Question(token, tuple(holders))
    try:
        checks = _ask_nodes(
            client, known_block, lambda view, block: _check_one(view, question, block, look_at_head=look_at_head)
        )
    except ChainUnavailable as error:
        return decide_outage(client.chain_id, holders[0], error)
    if len(set(checks)) > 1:
        reasons = ", ".join(check.decision.reason for check in checks)  # a decision's sentence names the holder
        log.error("The nodes of chain %s disagree: %s.", client.chain_id, reasons)
    return agree(checks)


def check_many(client: ChainClient, questions: Sequence[Question], *, known_block: int = 0) -> BatchCheck:
    """Like `check_ownership`, for many tokens whose standards are known. What nodes don't agree on is None.

    Raise ChainUnavailable if no node could answer, of kind NODES_BEHIND if it is behind `known_block`.
    """
    batches = _ask_nodes(client, known_block, lambda view, block: _check_batch(view, questions, block))
    first = batches[0]
    if len(batches) == 1:
        return first
    found = zip(*(batch.checks for batch in batches), strict=True)
    return replace(first, checks=[checks[0] if len(set(checks)) == 1 else None for checks in found])


def _ask_nodes(client: ChainClient, known_block: int, ask: Callable[[ChainClient, BlockRef], T]) -> list[T]:
    """Ask one node from beginning to end, as a block of one proves nothing about another's answer.

    A node that is down, behind, stuck or of another chain is passed over. If nodes must agree, all are asked at the
    newest block that all have confirmed. Raise ChainUnavailable.
    """
    if client.must_agree:
        views = client.single_node_clients()
        number = min(view.confirmed_block().number for view in views)
        if number < known_block:
            raise _nodes_behind(known_block)
        return [ask(view, view.block(number)) for view in views]
    failure = ChainUnavailable("No node of this chain answers.")
    for view in client.single_node_clients():
        try:
            block = view.confirmed_block()
            if block.number >= known_block:
                return [ask(view, block)]
            failure = _nodes_behind(known_block)
        except ChainUnavailable as error:
            failure = error
    raise failure


def _nodes_behind(block_number: int) -> ChainUnavailable:
    sentence = f"No node has confirmed block {block_number}, which was seen confirmed before."
    return ChainUnavailable(sentence, NODES_BEHIND)


def _check_one(view: ChainClient, question: Question, block: BlockRef, *, look_at_head: bool) -> Check:
    token, holders = question.token, question.holders
    if not view.code_at(token.contract, block):
        return _check_without_code(view, question, block)
    reading = read_token(view, token, holders, block)
    hash_after = _hash_now(view, block)
    check = decide_ownership(view.chain_id, holders, block, reading, hash_after=hash_after, has_code=True)
    if check.decision.verdict is not Verdict.NOT_OWNED or not look_at_head:
        return check
    head = read_token(view, replace(token, standard=reading.standard), holders, HEAD)
    return decide_ownership(view.chain_id, holders, block, reading, hash_after=hash_after, has_code=True, head=head)


def _check_without_code(view: ChainClient, question: Question, block: BlockRef) -> Check:
    """Check a token whose contract does not exist at the confirmed block.

    If it exists at the newest block (a young chain, or a node far behind), its absence proves nothing.
    """
    token, holders = question.token, question.holders
    head = read_token(view, token, holders, HEAD) if view.code_at(token.contract, HEAD) else None
    nothing = Reading(head.standard if head else TokenStandard.ERC721, tuple(Reverted() for _ in holders))
    check = decide_ownership(
        view.chain_id,
        holders,
        block,
        nothing,
        hash_after=_hash_now(view, block),
        has_code=None if head else False,
        head=head,
    )
    if head is not None and check.decision.verdict is Verdict.NOT_OWNED:
        raise _nodes_behind(block.number + 1)
    return check


def _check_batch(view: ChainClient, questions: Sequence[Question], block: BlockRef) -> BatchCheck:
    found = read_many(view, questions, block)
    view.check_block(block)
    checks = [
        None if reading is None else _decide_clear(view, question, reading, block)
        for question, reading in zip(questions, found.readings, strict=True)
    ]
    return BatchCheck(checks, block, found.alone)


def _decide_clear(view: ChainClient, question: Question, reading: Reading, block: BlockRef) -> Check | None:
    """Decide, unless the copies may lie in a vault that is not known yet."""
    check = decide_ownership(view.chain_id, question.holders, block, reading, hash_after=block.hash)
    may_be_in_vault = reading.standard is TokenStandard.ERC1155 and view.delegate_registry is not None
    return None if may_be_in_vault and check.decision.verdict is not Verdict.OWNED else check


def _hash_now(view: ChainClient, block: BlockRef) -> bytes:
    try:
        view.check_block(block)
    except ChainUnavailable as error:
        if not error.is_a(BLOCK_GONE):
            raise
        return b"another"
    return block.hash
