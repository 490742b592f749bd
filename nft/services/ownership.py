"""Who holds a token? The one verification path: for a first check, for every sweep, and for whoever watches.

Facts are read at one confirmed block whose hash is asked again afterwards; `nft.core.verdict.decide` judges them.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from nft.clients.chain import HEAD, At, ChainClient
from nft.clients.chain_errors import AnswerTooLarge, BlockGone, CallReverted, ChainUnavailable, WrongChain
from nft.core.abi import (
    ERC721,
    ERC1155,
    build_balance_of,
    build_owner_of,
    build_supports_interface,
    parse_balance_of,
    parse_owner_of,
    parse_supports_interface,
)
from nft.core.errors import BadAnswer
from nft.core.token import Token as Token  # noqa: PLC0414 - also found here
from nft.core.token import TokenStandard
from nft.core.verdict import (
    Answer,
    BalanceIs,
    BlockRef,
    ChainFacts,
    Decision,
    Delegation,
    Garbage,
    NoAnswer,
    OwnerIs,
    Reason,
    Reverted,
    Verdict,
    decide,
)
from nft.services.delegations import read_delegations

log = logging.getLogger(__name__)

MAX_ANSWER = 64 * 1024
STAND_IN = frozenset({Reason.CHAIN_UNREACHABLE, Reason.WRONG_CHAIN, Reason.NO_ANSWER})
"""Why the next node is asked: this one is down, behind, or of another chain."""
DISAGREE = Decision(Verdict.UNKNOWN, Reason.NODES_DISAGREE, "The chain's nodes do not agree with each other.")


@dataclass(frozen=True)
class Check:
    """The outcome for several accounts together: OWNED where one of them holds the token (`holder`), or may act for a
    `vault` that does."""

    decision: Decision
    block: BlockRef | None = None
    standard: TokenStandard | None = None
    holder: bytes | None = None
    vault: bytes | None = None


@dataclass(frozen=True)
class _Reading:
    """What one look at the token gave: an answer for each account, by the standard the contract answers to."""

    standard: TokenStandard
    answers: tuple[Answer, ...]
    delegations: tuple[Delegation | None, ...] = ()

    def of_vaults(self) -> tuple[Delegation | None, ...]:
        return self.delegations or (None,) * len(self.answers)


def check_ownership(
    client: ChainClient, token: Token, holders: Sequence[bytes], *, known_block: int = 0, look_at_head: bool = True
) -> Check:
    """Whether one of `holders` has the token at the confirmed block.

    `known_block`: a block already seen confirmed; a node behind it is stale and decides nothing. `look_at_head`: ask
    the newest block too where the answer is no, since a fresh token is not confirmed yet.
    """
    if client.must_agree:
        return _check_one_view(client, token, holders, known_block, look_at_head=look_at_head)
    # One node per check, from beginning to end: a block of one node proves nothing about the answer of another.
    checks = (_check_one_view(view, token, holders, known_block, look_at_head=look_at_head) for view in client.views())
    failed = _outage(client, holders, None)
    for check in checks:
        if check.decision.reason not in STAND_IN:
            return check
        failed = check
    return failed


def _check_one_view(
    client: ChainClient, token: Token, holders: Sequence[bytes], known_block: int, *, look_at_head: bool
) -> Check:
    try:
        if client.must_agree:
            return _check_agreed(client, token, holders, known_block, look_at_head=look_at_head)
        block = client.confirmed_block()
        if block.number < known_block:
            return _undecided(client, holders, block, NoAnswer("the node is behind"))
        return _check_at(client, token, holders, block, look_at_head=look_at_head)
    except WrongChain as error:
        return _outage(client, holders, error.got)
    except ChainUnavailable:
        return _outage(client, holders, None)


def _check_agreed(
    client: ChainClient, token: Token, holders: Sequence[bytes], known_block: int, *, look_at_head: bool
) -> Check:
    """At the newest block that all nodes have confirmed. One that does not answer, or otherwise, leaves it open."""
    views = client.views()
    number = min(view.confirmed_block().number for view in views)
    blocks = [view.block(number) for view in views]
    if number < known_block:
        return _undecided(client, holders, blocks[0], NoAnswer("a node is behind"))
    checks = [
        _check_at(view, token, holders, block, look_at_head=look_at_head)
        for view, block in zip(views, blocks, strict=True)
    ]
    if all(check == checks[0] for check in checks):
        return checks[0]
    log.error("The nodes of chain %s disagree at block %s: %s", client.chain_id, number, [c.decision for c in checks])
    doubtful = next((check for check in checks if check.decision.verdict is Verdict.UNKNOWN), None)
    return doubtful or Check(DISAGREE, blocks[0])


def _check_at(
    client: ChainClient, token: Token, holders: Sequence[bytes], block: BlockRef, *, look_at_head: bool
) -> Check:
    has_code = bool(client.code_at(token.contract, block))
    if not has_code and client.code_at(token.contract, HEAD):
        reading = _Reading(TokenStandard.ERC721, tuple(Reverted() for _ in holders))
        return _too_new(client, token, holders, block, reading)
    reading = _read(client, token, holders, block) if has_code else _nothing(holders)
    facts = _facts(client, holders, block, reading, has_code=has_code)
    check = _best(facts, holders, block, reading.standard)
    if check.decision.verdict is Verdict.NOT_OWNED and has_code and look_at_head:
        head = _read(client, replace(token, standard=reading.standard), holders, HEAD)
        check = _best(_with_head(facts, head), holders, block, reading.standard)
    return check


def _too_new(client: ChainClient, token: Token, holders: Sequence[bytes], block: BlockRef, reading: _Reading) -> Check:
    """The contract exists, but not yet at the confirmed block (a young chain, or a node far behind): that the token
    can't be seen there proves nothing."""
    head = _read(client, token, holders, HEAD)
    facts = _with_head(_facts(client, holders, block, reading, has_code=None), head)
    check = _best(facts, holders, block, head.standard)
    if check.decision.verdict is Verdict.NOT_OWNED:
        return _undecided(client, holders, block, NoAnswer("the contract is not confirmed yet"))
    return check


def _read(client: ChainClient, token: Token, holders: Sequence[bytes], at: At) -> _Reading:
    """By the standard the contract really answers to: interface claims only decide which is asked first."""
    first, second = _order(client, token, at)
    readings = [_read_as(client, first, token, holders, at)]
    if not _is_answer(readings[0]):
        readings.append(_read_as(client, second, token, holders, at))
    reading = next((reading for reading in readings if _is_answer(reading)), readings[0])
    delegations = read_delegations(client, replace(token, standard=reading.standard), holders, reading.answers, at)
    return replace(reading, delegations=delegations)


def _order(client: ChainClient, token: Token, at: At) -> tuple[TokenStandard, TokenStandard]:
    if token.standard is TokenStandard.ERC1155:
        multi_first = True
    elif token.standard is TokenStandard.ERC721:
        multi_first = False
    else:
        multi_first = _claims(client, token, ERC1155, at) and not _claims(client, token, ERC721, at)
    both = (TokenStandard.ERC721, TokenStandard.ERC1155)
    return (both[1], both[0]) if multi_first else both


def _claims(client: ChainClient, token: Token, interface_id: bytes, at: At) -> bool:
    try:
        answer = client.call(token.contract, build_supports_interface(interface_id), at, max_bytes=MAX_ANSWER)
        return parse_supports_interface(answer)
    except (CallReverted, AnswerTooLarge, BadAnswer):
        return False


def _is_answer(reading: _Reading) -> bool:
    return any(isinstance(answer, OwnerIs | BalanceIs) for answer in reading.answers)


def _read_as(client: ChainClient, standard: TokenStandard, token: Token, holders: Sequence[bytes], at: At) -> _Reading:
    if standard is TokenStandard.ERC721:
        answer = _ask(client, token, build_owner_of(token.token_id), at, standard)
        return _Reading(standard, tuple(answer for _ in holders))
    calls = (build_balance_of(holder, token.token_id) for holder in holders)
    return _Reading(standard, tuple(_ask(client, token, call, at, standard) for call in calls))


def _ask(client: ChainClient, token: Token, call: bytes, at: At, standard: TokenStandard) -> Answer:
    try:
        answer = client.call(token.contract, call, at, max_bytes=MAX_ANSWER)
        if standard is TokenStandard.ERC721:
            return OwnerIs(parse_owner_of(answer))
        return BalanceIs(parse_balance_of(answer))
    except CallReverted as error:
        return Reverted(error.data)
    except (AnswerTooLarge, BadAnswer) as error:
        return Garbage(str(error))


def _facts(
    client: ChainClient, holders: Sequence[bytes], block: BlockRef, reading: _Reading, *, has_code: bool | None
) -> list[ChainFacts]:
    after = _hash_now(client, block)
    return [
        ChainFacts(
            standard=reading.standard,
            holder=holder,
            expected_chain_id=client.chain_id,
            answered_chain_id=client.chain_id,  # the client refuses to read from any other
            block=block,
            answer=answer,
            block_hash_after=after,
            has_code=has_code,
            delegation=delegation,
        )
        for holder, answer, delegation in zip(holders, reading.answers, reading.of_vaults(), strict=True)
    ]


def _with_head(facts: Sequence[ChainFacts], head: _Reading) -> list[ChainFacts]:
    seen = zip(facts, head.answers, head.of_vaults(), strict=True)
    return [replace(fact, answer_at_head=answer, delegation_at_head=vault) for fact, answer, vault in seen]


def _hash_now(client: ChainClient, block: BlockRef) -> bytes:
    try:
        client.check_block(block)
    except BlockGone:
        return b"another"
    return block.hash


def _best(facts: Sequence[ChainFacts], holders: Sequence[bytes], block: BlockRef, standard: TokenStandard) -> Check:
    """OWNED if any account holds it; else UNKNOWN if that is open for any; else NOT_OWNED."""
    decisions = [decide(fact) for fact in facts]
    rank = {Verdict.OWNED: 0, Verdict.UNKNOWN: 1, Verdict.NOT_OWNED: 2}
    index = min(range(len(decisions)), key=lambda position: rank[decisions[position].verdict])
    best = decisions[index]
    holder = holders[index] if best.verdict is Verdict.OWNED else None
    delegation = facts[index].delegation if best.reason is Reason.HELD_BY_DELEGATION else None
    return Check(best, block, standard, holder, delegation.vault if delegation else None)


def _undecided(client: ChainClient, holders: Sequence[bytes], block: BlockRef, answer: Answer) -> Check:
    reading = _Reading(TokenStandard.ERC721, tuple(answer for _ in holders))
    facts = _facts(client, holders, block, reading, has_code=None)
    return Check(decide(facts[0]), block)


def _nothing(holders: Sequence[bytes]) -> _Reading:
    return _Reading(TokenStandard.ERC721, tuple(Reverted() for _ in holders))


def _outage(client: ChainClient, holders: Sequence[bytes], answered: int | None) -> Check:
    facts = ChainFacts(
        standard=TokenStandard.ERC721,
        holder=holders[0],
        expected_chain_id=client.chain_id,
        answered_chain_id=answered,
        block=None,
        answer=NoAnswer(),
    )
    return Check(decide(facts))
