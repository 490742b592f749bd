"""Find people by their public accounts, for `/avatar/<id>`: by address, CAIP-10 account or ENS name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from nft.core.errors import InvalidIdentifier
from nft.core.evm.address import parse_address
from nft.core.evm.caip import parse_account_id
from nft.models import LinkedAccount
from nft.names.primary import get_accounts_named, get_primary_name
from nft.settings.chains import describe_chain


def find_by_account(identifier: str) -> Q | None:
    """Return a filter over Profile, for profiles.sources; None if `identifier` is no account.

    An account that is not public finds nobody, so that nobody learns whose it is.
    """
    try:
        if identifier.startswith("eip155:"):
            account = parse_account_id(identifier)
            here = Q(is_contract_account=False) | Q(is_contract_account=True, chain_id=account.chain_id)
            return _people(here & _is_one_persons(here), account.address)
        if identifier.startswith("0x"):
            return _people(_is_one_persons(), parse_address(identifier))
    except InvalidIdentifier:
        return None
    return None


def find_by_name(identifier: str) -> Q | None:
    """Return a filter over Profile by the stored name of a public account, for profiles.sources. No network call."""
    named = get_accounts_named(identifier, timezone.now())
    return None if named is None else Q(user_id__in=named.values("user_id"))


def _is_one_persons(where: Q | None = None) -> Q:
    """Exclude addresses that are accounts of different people, among those that `where` picks.

    They can be contract accounts on different chains, or an account by its key and by the code it delegated to.
    """
    others = LinkedAccount.objects.filter(where or Q(), address=OuterRef("address"), is_public=True)
    return ~Q(Exists(others.exclude(user_id=OuterRef("user_id"))))


def _people(where: Q, address: bytes) -> Q:
    owners = LinkedAccount.objects.filter(where, address=address, is_public=True).values("user_id")
    return Q(user_id__in=owners)


# The accounts that a person shows to everybody. Hidden ones are not read.

MOST = 50


@dataclass(frozen=True)
class PublicAccount:
    """An account as others see it. `name` is its ENS name, empty if none is known.

    `chain_name` is empty for the account of a key, which is the same on every chain.
    """

    address: str
    name: str
    chain_name: str

    @property
    def short(self) -> str:
        return f"{self.address[:6]}…{self.address[-4:]}"


def public_accounts(user_id: int, now: datetime) -> list[PublicAccount]:
    """Return up to MOST accounts, the first linked first. One query."""
    shown = LinkedAccount.objects.filter(user_id=user_id, is_public=True).select_related("primary_name")
    return [_public(account, now) for account in shown.order_by("linked_at", "pk")[:MOST]]


def _public(account: LinkedAccount, now: datetime) -> PublicAccount:
    chain_name = describe_chain(account.chain_id).name if account.is_contract_account else ""
    return PublicAccount(account.address_text, get_primary_name(account, now), chain_name)
