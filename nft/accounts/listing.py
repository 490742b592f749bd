"""List a person's accounts for themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone

from nft.core.evm.address import to_checksum
from nft.models import LinkedAccount
from nft.names.primary import get_primary_name
from nft.settings.chains import describe_chain


@dataclass(frozen=True)
class ShownAccount:
    """An account as its owner sees it. `name` is its ENS name, empty if there is none."""

    id: UUID
    address: str
    name: str
    label: str
    is_public: bool
    is_primary: bool
    is_contract_account: bool
    chain_id: int
    chain_name: str
    linked_at: datetime
    last_used_at: datetime


def list_accounts(user: User) -> list[ShownAccount]:
    """Return a person's accounts: the primary one, then the others, oldest first."""
    return [_shown(account) for account in user.nft_linked_accounts.select_related("primary_name")]


def _shown(account: LinkedAccount) -> ShownAccount:
    return ShownAccount(
        id=account.pk,
        address=to_checksum(account.address),
        name=get_primary_name(account, timezone.now()),
        label=account.label,
        is_public=account.is_public,
        is_primary=account.is_primary,
        is_contract_account=account.is_contract_account,
        chain_id=account.chain_id,
        chain_name=describe_chain(account.chain_id).name,
        linked_at=account.linked_at,
        last_used_at=account.last_used_at,
    )
