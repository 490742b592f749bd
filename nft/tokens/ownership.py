"""Who holds a token? One token in one look, as careful as can be: its contract may be new, odd or of another standard.

Facts are read at one confirmed block whose hash is asked again afterwards; `nft.core.tokens.verdict.decide` judges
them. `batches.py` asks the same of many tokens whose standard is known.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from nft.clients.evm.chain import HEAD, At, ChainClient
from nft.clients.evm.errors import BLOCK_GONE, STALE_NODE, CallFailed, ChainUnavailable, WrongChain
from nft.core.evm.abi.multicall import Call
from nft.core.evm.abi.token_calls import (
    ERC721,
    ERC1155,
    build_balance_of,
    build_supports_interface,
    parse_supports_interface,
)
from nft.core.evm.errors import BadAnswer
from nft.core.evm.token import Token as Token  # noqa: PLC0414 - also found here
from nft.core.evm.token import TokenStandard
from nft.core.tokens.verdict import BlockRef, ChainFacts, NoAnswer, OwnershipAnswer, Reason, Reverted, Verdict, decide
from nft.tokens.delegations import read_delegations
from nft.tokens.facts import DISAGREE, Check, Reading, answer_of, facts_of, judge, outage, with_head
from nft.tokens.resolvers import owner_call

log = logging.getLogger(__name__)

MAX_ANSWER = 64 * 1024
STAND_IN = frozenset({Reason.CHAIN_UNREACHABLE, Reason.WRONG_CHAIN, Reason.STALE_BLOCK, Reason.NO_ANSWER})
"""Why the next node is asked: this one is down, behind, stuck, or of another chain."""


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
    failed = outage(client.chain_id, holders)
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
        return outage(client.chain_id, holders, error.got)
    except ChainUnavailable as error:
        return outage(client.chain_id, holders, is_stale=error.is_a(STALE_NODE))


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
        reading = Reading(TokenStandard.ERC721, tuple(Reverted() for _ in holders))
        return _too_new(client, token, holders, block, reading)
    reading = _read(client, token, holders, block) if has_code else _nothing(holders)
    facts = _facts(client, holders, block, reading, has_code=has_code)
    check = judge(facts, reading.standard)
    if check.decision.verdict is Verdict.NOT_OWNED and has_code and look_at_head:
        head = _read(client, replace(token, standard=reading.standard), holders, HEAD)
        check = judge(with_head(facts, head), reading.standard)
    return check


def _too_new(client: ChainClient, token: Token, holders: Sequence[bytes], block: BlockRef, reading: Reading) -> Check:
    """The contract exists, but not yet at the confirmed block (a young chain, or a node far behind): that the token
    can't be seen there proves nothing."""
    head = _read(client, token, holders, HEAD)
    facts = with_head(_facts(client, holders, block, reading, has_code=None), head)
    check = judge(facts, head.standard)
    if check.decision.verdict is Verdict.NOT_OWNED:
        return _undecided(client, holders, block, NoAnswer("the contract is not confirmed yet"))
    return check


def _read(client: ChainClient, token: Token, holders: Sequence[bytes], at: At) -> Reading:
    """By the standard the contract really answers to: interface claims only decide which is asked first."""
    first, second = _order(client, token, at)
    readings = [_read_as(client, first, token, holders, at)]
    if not readings[0].is_answer:
        readings.append(_read_as(client, second, token, holders, at))
    reading = next((reading for reading in readings if reading.is_answer), readings[0])
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
    except (CallFailed, BadAnswer):
        return False


def _read_as(client: ChainClient, standard: TokenStandard, token: Token, holders: Sequence[bytes], at: At) -> Reading:
    if standard is TokenStandard.ERC721:
        answer = _ask(client, owner_call(client.chain_id, token), at, standard)
        return Reading(standard, tuple(answer for _ in holders))
    calls = (Call(token.contract, build_balance_of(holder, token.token_id)) for holder in holders)
    return Reading(standard, tuple(_ask(client, call, at, standard) for call in calls))


def _ask(client: ChainClient, call: Call, at: At, standard: TokenStandard) -> OwnershipAnswer:
    try:
        return answer_of(standard, client.call(call.target, call.data, at, max_bytes=MAX_ANSWER))
    except CallFailed as error:
        return answer_of(standard, error)


def _facts(
    client: ChainClient, holders: Sequence[bytes], block: BlockRef, reading: Reading, *, has_code: bool | None
) -> list[ChainFacts]:
    after = _hash_now(client, block)
    return facts_of(client.chain_id, holders, block, reading, hash_after=after, has_code=has_code)


def _hash_now(client: ChainClient, block: BlockRef) -> bytes:
    try:
        client.check_block(block)
    except ChainUnavailable as error:
        if not error.is_a(BLOCK_GONE):
            raise
        return b"another"
    return block.hash


def _undecided(client: ChainClient, holders: Sequence[bytes], block: BlockRef, answer: OwnershipAnswer) -> Check:
    reading = Reading(TokenStandard.ERC721, tuple(answer for _ in holders))
    facts = _facts(client, holders, block, reading, has_code=None)
    return Check(decide(facts[0]), block)


def _nothing(holders: Sequence[bytes]) -> Reading:
    return Reading(TokenStandard.ERC721, tuple(Reverted() for _ in holders))
