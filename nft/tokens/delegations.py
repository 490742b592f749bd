"""Cold wallets: a vault holds the token and names, in the delegate.xyz v2 registry, an account that may act for it.

An ERC-721 token has one owner, who is the vault to ask about. Of an ERC-1155 token the vault must be found first: the
one it was held by before, and those the registry lists for the account. Anyone may delegate to anyone, so that the
list may be long or too long; it only says where to look, never that something is held.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nft.clients.evm.chain import At, ChainClient
from nft.clients.evm.errors import CallFailed
from nft.core.evm.abi.delegations import (
    build_check_delegate_for_erc721,
    build_check_delegate_for_erc1155,
    build_get_incoming_delegations,
    parse_check_delegate_for_erc721,
    parse_check_delegate_for_erc1155,
    parse_vaults,
)
from nft.core.evm.abi.token_calls import build_balance_of, parse_balance_of
from nft.core.evm.address import ZERO
from nft.core.evm.errors import BadAnswer
from nft.core.evm.token import Token, TokenStandard
from nft.core.tokens.verdict import BalanceIs, Delegation, OwnerIs, OwnershipAnswer

MAX_ANSWER = 64 * 1024
MAX_LIST = 1024 * 1024
"""Of a list of incoming delegations: about 4,600 of them."""
LIST_GAS = 50_000_000
MAX_VAULTS = 8
"""So many vaults of one account are asked about."""


def read_delegations(
    client: ChainClient, token: Token, holders: Sequence[bytes], answers: Sequence[OwnershipAnswer], at: At
) -> tuple[Delegation | None, ...]:
    """For each holder the vault that holds the token for it, where one does. Nothing is asked where the chain has no
    registry or a holder has the token itself."""
    if client.delegate_registry is None or _is_held(holders, answers):
        return (None,) * len(holders)
    if token.standard is TokenStandard.ERC1155:
        return _first_given(holders, lambda holder: _of_copies(client, token, holder, at))
    owner = answers[0]
    if not isinstance(owner, OwnerIs) or owner.owner == ZERO:
        return (None,) * len(holders)
    return _first_given(holders, lambda holder: _of_owner(client, token, holder, owner, at))


def _is_held(holders: Sequence[bytes], answers: Sequence[OwnershipAnswer]) -> bool:
    """Also where nobody answered: then no vault's answer can change that."""
    for answer in answers:
        if isinstance(answer, OwnerIs) and answer.owner not in holders:
            return False
        if isinstance(answer, BalanceIs) and answer.amount > 0:
            return True
    return not any(isinstance(answer, BalanceIs) for answer in answers)


def _first_given(holders: Sequence[bytes], ask: Callable[[bytes], Delegation | None]) -> tuple[Delegation | None, ...]:
    """One after another, until a delegation is found."""
    found: list[Delegation | None] = []
    for holder in holders:
        is_enough = bool(found) and found[-1] is not None and found[-1].is_given is True
        found.append(None if is_enough else ask(holder))
    return tuple(found)


def _of_owner(client: ChainClient, token: Token, holder: bytes, owner: OwnerIs, at: At) -> Delegation:
    call = build_check_delegate_for_erc721(holder, owner.owner, token.contract, token.token_id)
    return Delegation(owner.owner, owner, _ask(client, call, parse_check_delegate_for_erc721, at))


def _of_copies(client: ChainClient, token: Token, holder: bytes, at: At) -> Delegation | None:
    """The first vault that holds copies and delegates them; else one whose answer makes no sense; else None."""
    doubtful = None
    for vault in _vaults(client, token, holder, at):
        amount = _copies_of(client, token, vault, at)
        if amount is None or amount.amount == 0:
            continue
        call = build_check_delegate_for_erc1155(holder, vault, token.contract, token.token_id)
        found = Delegation(vault, amount, _ask(client, call, parse_check_delegate_for_erc1155, at))
        if found.is_given:
            return found
        doubtful = found if found.is_given is None else doubtful
    return doubtful


def _vaults(client: ChainClient, token: Token, holder: bytes, at: At) -> list[bytes]:
    known = [] if token.vault is None else [token.vault]
    call = build_get_incoming_delegations(holder)
    try:
        answer = client.call(_registry(client), call, at, gas=LIST_GAS, max_bytes=MAX_LIST)
        listed = parse_vaults(answer, token.contract, token.token_id, MAX_VAULTS)
    except (CallFailed, BadAnswer):
        listed = []
    return list(dict.fromkeys([*known, *listed]))


def _copies_of(client: ChainClient, token: Token, vault: bytes, at: At) -> BalanceIs | None:
    try:
        answer = client.call(token.contract, build_balance_of(vault, token.token_id), at, max_bytes=MAX_ANSWER)
        return BalanceIs(parse_balance_of(answer))
    except (CallFailed, BadAnswer):
        return None


def _ask(client: ChainClient, call: bytes, parse: Callable[[bytes], bool], at: At) -> bool | None:
    """None where the answer makes no sense. Where the registry is not deployed at that block, it gives nothing."""
    try:
        answer = client.call(_registry(client), call, at, max_bytes=MAX_ANSWER)
        return parse(answer) if answer else False
    except (CallFailed, BadAnswer):
        return None


def _registry(client: ChainClient) -> bytes:
    if client.delegate_registry is None:
        raise LookupError("This chain has no delegation registry.")
    return client.delegate_registry
