"""Finding people by their accounts, for `/avatar/<id>`: an address or a CAIP-10 account, as long as it is public."""

from __future__ import annotations

from django.db.models import Q

from nft.core.address import parse_address
from nft.core.caip import parse_account_id
from nft.core.errors import InvalidAddress, InvalidIdentifier
from nft.models import LinkedAccount


def find_by_account(identifier: str) -> Q | None:
    """For profiles.providers: a filter over Profile; None where `identifier` is no account.

    An account that is not public finds nobody, so that nobody learns whose it is."""
    try:
        if identifier.startswith("eip155:"):
            account = parse_account_id(identifier)
            here = Q(is_contract_account=False) | Q(is_contract_account=True, chain_id=account.chain_id)
            return _people(here, account.address)
        if identifier.startswith("0x"):
            return _people(Q(), parse_address(identifier))
    except (InvalidAddress, InvalidIdentifier):
        return None
    return None


def _people(where: Q, address: bytes) -> Q:
    owners = LinkedAccount.objects.filter(where, address=address, is_public=True).values("user_id")
    return Q(user_id__in=owners)
