"""Show a token as the picture of an ENS name: write the `avatar` record of the name (ENSIP-12) from a wallet.

Only the wallet that manages the name can write it. We build the transaction, and read the record back afterwards.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User

from nft.claims.errors import NAME_NOT_YOURS, NO_RESOLVER, ClaimError
from nft.clients.bundle import Clients
from nft.clients.evm.chain import ChainClient
from nft.clients.evm.errors import ChainError
from nft.clients.evm.fees import fetch_fees
from nft.core.evm.abi.ens_calls import build_set_text
from nft.core.evm.caip import AssetId
from nft.core.evm.ens import namehash
from nft.core.evm.token import TokenStandard
from nft.core.tokens.avatar_record import AVATAR
from nft.errors import NOT_NOW, RATE_LIMITED, TokenActionError
from nft.models import LinkedAccount, TokenClaim
from nft.models.accounts import accounts_on
from nft.names.errors import names_unavailable
from nft.names.lookup import NAMES_PER_HOUR, build_reader, parse_name
from nft.names.primary import get_primary_name
from nft.tokens.transactions import Transaction, estimate_gas
from profiles.limits import TooMany, spend
from profiles.sentences import gettext as _

#: A person's wallets that are tried for one name.
MAX_WALLETS = 8


@dataclass(frozen=True)
class AvatarRecord:
    """The `avatar` record of a name, as it is and as it is to be. `transaction` is None if it is that already."""

    name: str
    current: str
    wanted: str
    transaction: Transaction | None


class Stage(enum.StrEnum):
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


def get_own_names(user: User, chain_id: int, now: datetime) -> list[str]:
    """Return the ENS names that the person's public wallets chose."""
    accounts = accounts_on(user.pk, chain_id).select_related("primary_name")
    return list(filter(None, (get_primary_name(account, now) for account in accounts)))


def asset_text(claim: TokenClaim) -> str:
    """Return the value of the record: the token's CAIP-22 or CAIP-29 identifier."""
    return str(AssetId(claim.chain_id, TokenStandard(claim.standard), claim.contract, claim.token_id))


def prepare_record(claim: TokenClaim, text: str, clients: Clients) -> AvatarRecord:
    """Look the name up and build the transaction that points it at the token.

    Raise NameLookupError for the name, ClaimError if no wallet of the person may change it, TokenActionError if the
    token is not theirs or too many names were looked up.
    """
    if claim.state != TokenClaim.State.OWNED:
        raise TokenActionError(_("You can only show a token that you hold."), NOT_NOW)
    name, wanted = parse_name(text), asset_text(claim)
    try:
        spend("names", claim.user_id, NAMES_PER_HOUR)
    except TooMany as error:
        raise TokenActionError(error.sentence, RATE_LIMITED, retry_after=error.retry_after) from error
    reader = build_reader(clients)
    resolver = reader.fetch_resolver(name)
    if resolver is None:
        sentence = _("%(name)s has no records yet. Give it a resolver in the ENS app first.", name=name)
        raise ClaimError(sentence, NO_RESOLVER)
    current = reader.fetch_text(name, AVATAR)
    if current == wanted:
        return AvatarRecord(name, current, wanted, None)
    accounts = list(accounts_on(claim.user_id, reader.client.chain_id)[:MAX_WALLETS])
    accounts.sort(key=lambda account: account.pk != claim.account_id)  # the holder's is the likeliest
    call = build_set_text(namehash(name), AVATAR, wanted)
    try:
        found = _find_manager(reader.client, accounts, resolver, call)
    except ChainError as error:
        raise names_unavailable() from error
    if found is None:
        sentence = _(
            "None of your wallets may change %(name)s. Link the wallet that manages the name, then try again.",
            name=name,
        )
        raise ClaimError(sentence, NAME_NOT_YOURS)
    return AvatarRecord(name, current, wanted, found)


def _find_manager(
    client: ChainClient, accounts: Sequence[LinkedAccount], resolver: bytes, call: bytes
) -> Transaction | None:
    """Return the transaction of the first account from which the resolver takes the call. Raise ChainError."""
    for account in accounts:
        try:
            gas = estimate_gas(client, account.address, resolver, call)
        except TokenActionError:  # the resolver refuses this account
            continue
        price = fetch_fees(client).expected
        has_owners = account.is_contract_account
        return Transaction(client.chain_id, account.address, resolver, call, gas, price, has_owners=has_owners)
    return None


def fetch_stage(claim: TokenClaim, name: str, tx_hash: str, clients: Clients) -> Stage:
    """Return whether the name shows the token now, by its record on the chain. Raise NameLookupError in an outage.

    A contract account reports a hash of its own, which is in no block: its record alone tells, as without a hash.
    """
    reader = build_reader(clients)
    if reader.fetch_text(parse_name(name), AVATAR) == asset_text(claim):
        return Stage.DONE
    if not tx_hash:
        return Stage.WAITING
    try:
        receipt = reader.client.receipt(tx_hash)
    except ChainError as error:
        raise names_unavailable() from error
    return Stage.FAILED if receipt is not None and not receipt.succeeded else Stage.WAITING
