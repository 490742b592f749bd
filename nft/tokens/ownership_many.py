"""Who holds many tokens? The questions of `ownership.py` for tokens whose standard is known, at one block together.

Facts and `decide` are the same. What needs a closer look (a contract that refuses, fails or answers nonsense, copies
that may lie in a vault not known yet) is left to `check_ownership`: then there is None in the place of the Check.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from nft.clients.evm.chain import ChainClient
from nft.clients.evm.errors import NODES_BEHIND, ChainUnavailable
from nft.clients.evm.many import ReadAnswer, call_many
from nft.core.evm.abi.delegations import (
    build_check_delegate_for_erc721,
    build_check_delegate_for_erc1155,
    parse_check_delegate_for_erc721,
    parse_check_delegate_for_erc1155,
)
from nft.core.evm.abi.multicall import Call
from nft.core.evm.abi.token_calls import build_balance_of
from nft.core.evm.address import ZERO
from nft.core.evm.errors import BadAnswer
from nft.core.evm.token import Token, TokenStandard
from nft.core.tokens.verdict import BalanceIs, BlockRef, Delegation, OwnerIs, OwnershipAnswer, Verdict
from nft.tokens.facts import Check, Reading, answer_of, facts_of, judge
from nft.tokens.resolvers import owner_call


@dataclass(frozen=True, slots=True)
class Question:
    """Does one of `holders` have the token? Its `standard` is known."""

    token: Token
    holders: tuple[bytes, ...]

    @property
    def asked(self) -> tuple[bytes, ...]:
        """Whose copies of an ERC-1155 token are counted."""
        return self.holders if self.token.vault is None else (*self.holders, self.token.vault)


@dataclass(frozen=True)
class BatchCheck:
    """A Check or None for each question; `alone` are the positions of questions that spoilt a batch."""

    checks: list[Check | None]
    block: BlockRef
    alone: frozenset[int]


def check_many(client: ChainClient, questions: Sequence[Question], *, known_block: int = 0) -> BatchCheck:
    """Raises ChainUnavailable where no node could answer, of kind NODES_BEHIND where all are behind `known_block`.

    That is as in `check_ownership`.
    """
    if client.must_agree:
        return _check_agreed(client, questions, known_block)
    failure = _behind(known_block)
    for view in client.views():
        try:
            block = view.confirmed_block()
            if block.number >= known_block:
                return _check_at(view, questions, block)
        except ChainUnavailable as error:
            failure = error
    raise failure


def _behind(known_block: int) -> ChainUnavailable:
    sentence = f"No node has confirmed block {known_block}, which was seen confirmed before."
    return ChainUnavailable(sentence, NODES_BEHIND)


def _check_agreed(client: ChainClient, questions: Sequence[Question], known_block: int) -> BatchCheck:
    """What the nodes do not agree on is None: the closer look raises the alarm."""
    views = client.views()
    number = min(view.confirmed_block().number for view in views)
    if number < known_block:
        raise _behind(known_block)
    seen = [_check_at(view, questions, view.block(number)) for view in views]
    checks = [
        answers[0] if len(set(answers)) == 1 else None for answers in zip(*(one.checks for one in seen), strict=True)
    ]
    return BatchCheck(checks, seen[0].block, seen[0].alone)


def _check_at(view: ChainClient, questions: Sequence[Question], block: BlockRef) -> BatchCheck:
    calls: list[Call] = []
    starts: list[int] = []
    for question in questions:
        starts.append(len(calls))
        calls.extend(_calls(view.chain_id, question))
    found = call_many(view, calls, block)
    ends = [*starts[1:], len(calls)]
    readings = [
        _reading(question, found.answers[start:end])
        for question, start, end in zip(questions, starts, ends, strict=True)
    ]
    if view.delegate_registry is not None:
        _add_vaults(view, view.delegate_registry, questions, readings, block)
    view.check_block(block)
    checks = [_judge(view, question, reading, block) for question, reading in zip(questions, readings, strict=True)]
    alone = frozenset(bisect_right(starts, place) - 1 for place in found.alone)
    return BatchCheck(checks, block, alone)


def _calls(chain_id: int, question: Question) -> list[Call]:
    token = question.token
    if token.standard is TokenStandard.ERC721:
        return [owner_call(chain_id, token)]
    return [Call(token.contract, build_balance_of(holder, token.token_id)) for holder in question.asked]


def _reading(question: Question, found: Sequence[ReadAnswer]) -> Reading | None:
    """None where an answer was not a plain one. For ERC-1155 the vault's answer comes behind the holders'."""
    standard = question.token.standard or TokenStandard.ERC721
    answers = tuple([answer_of(standard, one) for one in found])
    if not all(isinstance(answer, OwnerIs | BalanceIs) for answer in answers):
        return None
    if standard is TokenStandard.ERC721:
        answers *= len(question.holders)
    return Reading(standard, answers)


def _add_vaults(
    view: ChainClient,
    registry: bytes,
    questions: Sequence[Question],
    readings: list[Reading | None],
    block: BlockRef,
) -> None:
    """Asks the registry about the tokens that no holder has, and puts what it says into their readings."""
    open_ones: list[tuple[int, bytes, OwnershipAnswer]] = []
    for place, (question, reading) in enumerate(zip(questions, readings, strict=True)):
        asked = None if reading is None else _vault_to_ask(question, reading)
        if asked is not None:
            open_ones.append((place, *asked))
    calls = [
        Call(registry, _ask_for(questions[place].token, holder, vault))
        for place, vault, _ in open_ones
        for holder in questions[place].holders
    ]
    if not calls:
        return
    said = iter(call_many(view, calls, block).answers)
    for place, vault, answer in open_ones:
        reading, holders = readings[place], questions[place].holders
        given = tuple(Delegation(vault, answer, _is_given(reading, next(said))) for _ in holders)
        readings[place] = None if reading is None else replace(reading, delegations=given)


def _vault_to_ask(question: Question, reading: Reading) -> tuple[bytes, OwnershipAnswer] | None:
    answer = reading.answers[0]
    if isinstance(answer, OwnerIs):
        is_open = answer.owner not in question.holders and answer.owner != ZERO
        return (answer.owner, answer) if is_open else None
    balances = dict(zip(question.asked, reading.answers, strict=True))
    vault = question.token.vault
    if vault is None or any(balances[holder] != BalanceIs(0) for holder in question.holders):
        return None
    return vault, balances[vault]


def _ask_for(token: Token, holder: bytes, vault: bytes) -> bytes:
    is_single = token.standard is TokenStandard.ERC721
    build = build_check_delegate_for_erc721 if is_single else build_check_delegate_for_erc1155
    return build(holder, vault, token.contract, token.token_id)


def _is_given(reading: Reading | None, said: ReadAnswer) -> bool | None:
    """As in delegations.py: an empty answer is that of a registry not deployed there, which gives nothing."""
    if not isinstance(said, bytes):
        return None
    is_single = reading is not None and reading.standard is TokenStandard.ERC721
    parse = parse_check_delegate_for_erc721 if is_single else parse_check_delegate_for_erc1155
    try:
        return parse(said) if said else False
    except BadAnswer:
        return None


def _judge(view: ChainClient, question: Question, reading: Reading | None, block: BlockRef) -> Check | None:
    if reading is None:
        return None
    answer, holders = reading.answers[0], question.holders
    if isinstance(answer, OwnerIs) and answer.owner in holders:
        reading, holders = Reading(reading.standard, (answer,)), (answer.owner,)
    elif isinstance(answer, BalanceIs):
        reading = replace(reading, answers=reading.answers[: len(holders)])
    facts = facts_of(view.chain_id, holders, block, reading, hash_after=block.hash)
    check = judge(facts, reading.standard)
    is_copy = reading.standard is TokenStandard.ERC1155 and view.delegate_registry is not None
    return None if is_copy and check.decision.verdict is not Verdict.OWNED else check
