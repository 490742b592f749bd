"""Read who holds a token: one token as carefully as its contract may need, or many of known standards together."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from nft.clients.evm.batch_calls import ReadAnswer, call_many
from nft.clients.evm.chain import At, ChainClient
from nft.clients.evm.errors import CallFailed
from nft.clients.evm.state_reader import StateReader
from nft.core.evm.abi.multicall import Call
from nft.core.evm.abi.token_calls import (
    ERC721,
    ERC1155,
    build_balance_of,
    build_supports_interface,
    parse_supports_interface,
)
from nft.core.evm.address import ZERO
from nft.core.evm.errors import BadAnswer
from nft.core.evm.token import Token, TokenStandard
from nft.core.tokens.verdict import BalanceIs, BlockRef, Delegation, OwnerIs, OwnershipAnswer
from nft.tokens.delegations import read_delegations, read_many_delegations
from nft.tokens.facts import Question, Reading, parse_answer
from nft.tokens.resolvers import owner_call

MAX_ANSWER = 64 * 1024


def read_token(client: StateReader, token: Token, holders: Sequence[bytes], at: At) -> Reading:
    """Read by the standard that the contract really answers to. Raise ChainUnavailable.

    The standard that is known, or that the contract claims, only decides which is asked first.
    """
    standards = [TokenStandard.ERC721, TokenStandard.ERC1155]
    if _is_1155_likelier(client, token, at):
        standards.reverse()
    first = reading = _read_as(client, standards[0], token, holders, at)
    if not reading.is_answer:
        second = _read_as(client, standards[1], token, holders, at)
        reading = second if second.is_answer else first
    known = replace(token, standard=reading.standard)
    return replace(reading, delegations=read_delegations(client, known, holders, reading.answers, at))


def _is_1155_likelier(client: StateReader, token: Token, at: At) -> bool:
    if token.standard is not None:
        return token.standard is TokenStandard.ERC1155
    return _claims_interface(client, token, ERC1155, at) and not _claims_interface(client, token, ERC721, at)


def _claims_interface(client: StateReader, token: Token, interface_id: bytes, at: At) -> bool:
    try:
        answer = client.call(token.contract, build_supports_interface(interface_id), at, max_bytes=MAX_ANSWER)
        return parse_supports_interface(answer)
    except (CallFailed, BadAnswer):
        return False


def _read_as(client: StateReader, standard: TokenStandard, token: Token, holders: Sequence[bytes], at: At) -> Reading:
    answers = tuple(
        _read(client, call, standard, at) for call in _build_calls(client.chain_id, standard, token, holders)
    )
    return Reading(standard, answers * len(holders) if standard is TokenStandard.ERC721 else answers)


def _read(client: StateReader, call: Call, standard: TokenStandard, at: At) -> OwnershipAnswer:
    try:
        return parse_answer(standard, client.call(call.target, call.data, at, max_bytes=MAX_ANSWER))
    except CallFailed as error:
        return parse_answer(standard, error)


def _build_calls(chain_id: int, standard: TokenStandard, token: Token, holders: Sequence[bytes]) -> list[Call]:
    """Build the one call for the owner of an ERC-721 token, or one for each holder's balance."""
    if standard is TokenStandard.ERC721:
        return [owner_call(chain_id, token)]
    return [Call(token.contract, build_balance_of(holder, token.token_id)) for holder in holders]


def build_first_call(chain_id: int, token: Token, holder: bytes) -> Call:
    """Build the call that a check of a token of known standard begins with."""
    return _build_calls(chain_id, token.standard or TokenStandard.ERC721, token, [holder])[0]


def fetch_standards(view: ChainClient, contracts: Sequence[bytes], block: BlockRef) -> dict[bytes, TokenStandard]:
    """Return which standard to ask each contract by first, as `read_token` decides it. Raise ChainUnavailable."""
    wanted = [(contract, interface) for contract in contracts for interface in (ERC1155, ERC721)]
    calls = [Call(contract, build_supports_interface(interface)) for contract, interface in wanted]
    claimed = dict(zip(wanted, map(_is_yes, call_many(view, calls, block).answers if calls else []), strict=True))
    return {
        contract: TokenStandard.ERC1155
        if claimed[contract, ERC1155] and not claimed[contract, ERC721]
        else TokenStandard.ERC721
        for contract in contracts
    }


def _is_yes(answer: ReadAnswer) -> bool:
    try:
        return isinstance(answer, bytes) and parse_supports_interface(answer)
    except BadAnswer:
        return False


@dataclass(frozen=True)
class ManyReadings:
    """A reading for each question, or None if an answer was not clear.

    `alone` are the positions of questions whose calls had to be made alone, as they spoilt a batch.
    """

    readings: list[Reading | None]
    alone: frozenset[int]


def read_many(view: ChainClient, questions: Sequence[Question], block: At) -> ManyReadings:
    """Read many tokens whose standards are known, in few requests. Raise ChainUnavailable."""
    groups = [_build_calls_for(view.chain_id, question) for question in questions]
    found = call_many(view, [call for group in groups for call in group], block)
    said = iter(found.answers)
    answers = [
        tuple([parse_answer(_standard(question), next(said)) for _ in group])
        for question, group in zip(questions, groups, strict=True)
    ]
    delegations: Sequence[tuple[Delegation | None, ...]] = [()] * len(questions)
    if view.delegate_registry is not None:
        vaults = [_find_vault(question, given) for question, given in zip(questions, answers, strict=True)]
        delegations = read_many_delegations(view, view.delegate_registry, questions, vaults, block)
    readings = [_build_reading(*one) for one in zip(questions, answers, delegations, strict=True)]
    starts = [0, *accumulate(len(group) for group in groups)]
    return ManyReadings(readings, frozenset(bisect_right(starts, place) - 1 for place in found.alone))


def _standard(question: Question) -> TokenStandard:
    return question.token.standard or TokenStandard.ERC721


def _build_calls_for(chain_id: int, question: Question) -> list[Call]:
    """Of an ERC-1155 token the balance of its known vault is asked for, too, behind those of the holders."""
    vault = question.token.vault
    asked = question.holders if vault is None else (*question.holders, vault)
    return _build_calls(chain_id, _standard(question), question.token, asked)


def _is_clear(answers: Sequence[OwnershipAnswer]) -> bool:
    return all(isinstance(answer, OwnerIs | BalanceIs) for answer in answers)


def _build_reading(
    question: Question, answers: tuple[OwnershipAnswer, ...], delegations: tuple[Delegation | None, ...]
) -> Reading | None:
    if not _is_clear(answers):
        return None
    count, standard = len(question.holders), _standard(question)
    return Reading(standard, answers * count if standard is TokenStandard.ERC721 else answers[:count], delegations)


def _find_vault(question: Question, answers: tuple[OwnershipAnswer, ...]) -> tuple[bytes, OwnershipAnswer] | None:
    """Return the vault to ask the registry about, and the contract's answer about it, if no holder has the token."""
    if not _is_clear(answers):
        return None
    first, vault = answers[0], question.token.vault
    if isinstance(first, OwnerIs):
        return None if first.owner in question.holders or first.owner == ZERO else (first.owner, first)
    if vault is None or any(answer != BalanceIs(0) for answer in answers[: len(question.holders)]):
        return None
    return vault, answers[-1]
