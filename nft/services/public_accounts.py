"""The accounts a person shows to everybody. Hidden ones are not even read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from nft.models import LinkedAccount
from nft.services.known_names import shown_name
from nft.services.provenance import describe_chain

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
    chain_name = describe_chain(account.chain_id)["name"] if account.is_contract_account else ""
    return PublicAccount(account.address_text, shown_name(account, now), chain_name)
