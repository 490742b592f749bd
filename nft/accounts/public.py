"""Finding people by their accounts, for `/avatar/<id>`: an address, a CAIP-10 account or an account's name (ENS), as
long as that account is public."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from nft.core.errors import InvalidIdentifier
from nft.core.evm.address import parse_address
from nft.core.evm.caip import parse_account_id
from nft.models import LinkedAccount
from nft.names.known import people_named, shown_name
from nft.settings.chains import describe_chain


def find_by_account(identifier: str) -> Q | None:
    """For profiles.sources: a filter over Profile; None where `identifier` is no account.

    An account that is not public finds nobody, so that nobody learns whose it is."""
    try:
        if identifier.startswith("eip155:"):
            account = parse_account_id(identifier)
            here = Q(is_contract_account=False) | Q(is_contract_account=True, chain_id=account.chain_id)
            return _people(here, account.address)
        if identifier.startswith("0x"):
            return _people(_is_one_persons(), parse_address(identifier))
    except InvalidIdentifier:
        return None
    return None


def find_by_name(identifier: str) -> Q | None:
    """For profiles.sources: by the name that the workers found for a public account. The chain is not asked."""
    named = people_named(identifier, timezone.now())
    return None if named is None else Q(user_id__in=named.values("user_id"))


def _is_one_persons() -> Q:
    """An address without a chain may be a contract account's of one person here, and of another there."""
    others = LinkedAccount.objects.filter(address=OuterRef("address"), is_public=True)
    return ~Q(Exists(others.exclude(user_id=OuterRef("user_id"))))


def _people(where: Q, address: bytes) -> Q:
    owners = LinkedAccount.objects.filter(where, address=address, is_public=True).values("user_id")
    return Q(user_id__in=owners)


# The accounts a person shows to everybody. Hidden ones are not even read.

MOST = 50


@dataclass(frozen=True)
class PublicAccount:
    """`short` tells accounts apart at a glance; what is copied and proved is `address`. `name` is its ENS name, ""
    where none is known. `chain_name` is empty for a key, which is the same on every chain."""

    address: str
    name: str
    chain_name: str

    @property
    def short(self) -> str:
        return f"{self.address[:6]}…{self.address[-4:]}"


def public_accounts(user_id: int, now: datetime) -> list[PublicAccount]:
    """The first linked first, up to MOST; one query."""
    shown = LinkedAccount.objects.filter(user_id=user_id, is_public=True).select_related("primary_name")
    return [_public(account, now) for account in shown.order_by("linked_at", "pk")[:MOST]]


def _public(account: LinkedAccount, now: datetime) -> PublicAccount:
    chain_name = describe_chain(account.chain_id).name if account.is_contract_account else ""
    return PublicAccount(account.address_text, shown_name(account, now), chain_name)
