"""What to call the holder of an address: as they show themselves here, else by the address."""

from __future__ import annotations

from datetime import datetime

from nft.core.evm.address import to_checksum
from nft.models import LinkedAccount
from nft.models.accounts import accounts_at
from nft.names.primary import get_primary_name


def get_name_of_address(address: bytes, chain_id: int, now: datetime) -> str:
    """Return the ENS name or the handle of the one person who shows this account, else the short address. One query."""
    public = LinkedAccount.objects.filter(accounts_at(chain_id), address=address, is_public=True)
    public = public.exclude(user__profile__is_hidden=True)
    found = list(public.select_related("primary_name", "user__profile")[:2])
    if len(found) == 1:
        name = get_primary_name(found[0], now)
        profile = getattr(found[0].user, "profile", None)
        if name or profile is not None:
            return name or str(profile)
    text = to_checksum(address)
    return f"{text[:6]}…{text[-4:]}"
