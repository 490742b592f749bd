"""Cold wallets: a vault holds the token and names, in the delegate.xyz v2 registry, an account that may act for it.

An ERC-721 token has one owner, who is the vault to ask about. For an ERC-1155 token the vault must be found first: the
one that held it before, and those that the registry lists for the account. Anyone may delegate to anyone, so the list
may be long or too long; it only says where to look, never that something is held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from nft.clients.evm.batch_calls import ReadAnswer, call_many
from nft.clients.evm.chain import At, ChainClient
from nft.clients.evm.errors import CallFailed
from nft.clients.evm.state_reader import StateReader
from nft.core.evm.abi.delegations import (
    build_check_delegate_for_erc721,
    build_check_delegate_for_erc1155,
    build_get_incoming_delegations,
    parse_check_delegate_for_erc721,
    parse_check_delegate_for_erc1155,
    parse_vaults,
)
from nft.core.evm.abi.multicall import Call
from nft.core.evm.abi.token_calls import build_balance_of, parse_balance_of
from nft.core.evm.address import ZERO
from nft.core.evm.errors import BadAnswer
from nft.core.evm.token import Token, TokenStandard
from nft.core.tokens.verdict import BalanceIs, Delegation, OwnerIs, OwnershipAnswer
from nft.tokens.facts import Question

MAX_ANSWER = 64 * 1024
#: Bytes of a list of incoming delegations: about 4,600 of them.
MAX_LIST = 1024 * 1024
LIST_GAS = 50_000_000
#: Vaults of one account that are asked about.
MAX_VAULTS = 8


def read_delegations(
    client: StateReader, token: Token, holders: Sequence[bytes], answers: Sequence[OwnershipAnswer], at: At
) -> tuple[Delegation | None, ...]:
    """Return for each holder the vault that holds the token for it, if one does; () if none had to be asked about.

    Nothing is asked if the chain has no registry, a holder has the token itself, or no holder's answer was clear.
    """
    registry = client.delegate_registry
    if registry is None:
        return ()
    if token.standard is TokenStandard.ERC1155:
        balances = [answer.amount for answer in answers if isinstance(answer, BalanceIs)]
        if not balances or any(balances):
            return ()
        return _first_given(holders, lambda holder: _find_vault(client, registry, token, holder, at))
    owner = answers[0]
    if not isinstance(owner, OwnerIs) or owner.owner == ZERO or owner.owner in holders:
        return ()

    def of_owner(holder: bytes) -> Delegation:
        return Delegation(owner.owner, owner, _is_given(client, registry, token, holder, owner.owner, at))

    return _first_given(holders, of_owner)


def read_many_delegations(
    view: ChainClient,
    registry: bytes,
    questions: Sequence[Question],
    vaults: Sequence[tuple[bytes, OwnershipAnswer] | None],
    block: At,
) -> list[tuple[Delegation | None, ...]]:
    """Like `read_delegations`, for many tokens in one list of calls.

    vaults: for each question the vault to ask about and the contract's answer about it, or None.
    """
    calls = [
        Call(registry, _build_call(question.token, holder, vault[0]))
        for question, vault in zip(questions, vaults, strict=True)
        if vault is not None
        for holder in question.holders
    ]
    said = iter(call_many(view, calls, block).answers if calls else [])
    return [
        ()
        if vault is None
        else tuple(Delegation(*vault, _parse_given(question.token, next(said))) for _ in question.holders)
        for question, vault in zip(questions, vaults, strict=True)
    ]


def _first_given(holders: Sequence[bytes], ask: Callable[[bytes], Delegation | None]) -> tuple[Delegation | None, ...]:
    """Ask for one holder after another, until a delegation is found."""
    found: list[Delegation | None] = []
    for holder in holders:
        is_enough = bool(found) and found[-1] is not None and found[-1].is_given is True
        found.append(None if is_enough else ask(holder))
    return tuple(found)


def _find_vault(client: StateReader, registry: bytes, token: Token, holder: bytes, at: At) -> Delegation | None:
    """Return the first vault that holds copies and delegates them, else one with a malformed answer, else None."""
    doubtful = None
    for vault in _list_vaults(client, registry, token, holder, at):
        amount = _read_balance(client, token, vault, at)
        if amount is None or amount.amount == 0:
            continue
        found = Delegation(vault, amount, _is_given(client, registry, token, holder, vault, at))
        if found.is_given:
            return found
        doubtful = found if found.is_given is None else doubtful
    return doubtful


def _list_vaults(client: StateReader, registry: bytes, token: Token, holder: bytes, at: At) -> Iterator[bytes]:
    """Yield the vault that is known. The registry's list, which may be long, is read only if that is not enough."""
    if token.vault is not None:
        yield token.vault
    call = build_get_incoming_delegations(holder)
    try:
        answer = client.call(registry, call, at, gas=LIST_GAS, max_bytes=MAX_LIST)
        listed = parse_vaults(answer, token.contract, token.token_id, MAX_VAULTS)
    except (CallFailed, BadAnswer):
        return
    yield from (vault for vault in listed if vault != token.vault)


def _read_balance(client: StateReader, token: Token, vault: bytes, at: At) -> BalanceIs | None:
    try:
        answer = client.call(token.contract, build_balance_of(vault, token.token_id), at, max_bytes=MAX_ANSWER)
        return BalanceIs(parse_balance_of(answer))
    except (CallFailed, BadAnswer):
        return None


def _is_given(client: StateReader, registry: bytes, token: Token, holder: bytes, vault: bytes, at: At) -> bool | None:
    try:
        answer = client.call(registry, _build_call(token, holder, vault), at, max_bytes=MAX_ANSWER)
    except CallFailed:
        return None
    return _parse_given(token, answer)


def _build_call(token: Token, holder: bytes, vault: bytes) -> bytes:
    is_copy = token.standard is TokenStandard.ERC1155
    build = build_check_delegate_for_erc1155 if is_copy else build_check_delegate_for_erc721
    return build(holder, vault, token.contract, token.token_id)


def _parse_given(token: Token, answer: ReadAnswer) -> bool | None:
    """Return whether the registry gives the right; None if its answer makes no sense.

    An empty answer is that of a registry which is not deployed at that block: it gives nothing.
    """
    if not isinstance(answer, bytes):
        return None
    is_copy = token.standard is TokenStandard.ERC1155
    parse = parse_check_delegate_for_erc1155 if is_copy else parse_check_delegate_for_erc721
    try:
        return parse(answer) if answer else False
    except BadAnswer:
        return None
