"""What to call the holder of an address in a sentence that is kept: by what the chain says, so never by a handle."""

from __future__ import annotations

from datetime import datetime

from nft.core.evm.address import to_checksum
from nft.models import LinkedAccount
from nft.models.accounts import accounts_at
from nft.names.primary import get_primary_name


def get_name_of_address(address: bytes, chain_id: int, now: datetime) -> str:
    """Return the known ENS name of an account that somebody visible shows here, else the short address. One query."""
    public = LinkedAccount.objects.filter(accounts_at(chain_id), address=address, is_public=True)
    visible = public.filter(user__avatar_profile__is_hidden=False).select_related("primary_name")
    text = to_checksum(address)
    return get_primary_name(visible.first(), now) or f"{text[:6]}…{text[-4:]}"
