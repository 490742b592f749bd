"""Finding people by their accounts, for `/avatar/<id>`: an address, a CAIP-10 account or an account's name (ENS), as
long as that account is public."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from nft.core.address import parse_address
from nft.core.caip import parse_account_id
from nft.core.errors import InvalidAddress, InvalidIdentifier
from nft.models import LinkedAccount
from nft.services.known_names import people_named


def find_by_account(identifier: str) -> Q | None:
    """For profiles.providers: a filter over Profile; None where `identifier` is no account.

    An account that is not public finds nobody, so that nobody learns whose it is."""
    try:
        if identifier.startswith("eip155:"):
            account = parse_account_id(identifier)
            here = Q(is_contract_account=False) | Q(is_contract_account=True, chain_id=account.chain_id)
            return _people(here, account.address)
        if identifier.startswith("0x"):
            return _people(_is_one_persons(), parse_address(identifier))
    except (InvalidAddress, InvalidIdentifier):
        return None
    return None


def find_by_name(identifier: str) -> Q | None:
    """For profiles.providers: by the name that the workers found for a public account. The chain is not asked."""
    named = people_named(identifier, timezone.now())
    return None if named is None else Q(user_id__in=named.values("user_id"))


def _is_one_persons() -> Q:
    """An address without a chain may be a contract account's of one person here, and of another there."""
    others = LinkedAccount.objects.filter(address=OuterRef("address"), is_public=True)
    return ~Q(Exists(others.exclude(user_id=OuterRef("user_id"))))


def _people(where: Q, address: bytes) -> Q:
    owners = LinkedAccount.objects.filter(where, address=address, is_public=True).values("user_id")
    return Q(user_id__in=owners)
