"""What we know of the names of public accounts (ENS): rows only, the chain is not asked. services.primary_names fills
them. A name counts for MAX_AGE after the chain last confirmed it."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from nft.core.evm.ens import looks_like_name
from nft.models import LinkedAccount
from nft.models.accounts import accounts_at
from nft.settings.chains import ens_chain

MAX_AGE = timedelta(days=3)


def people_named(identifier: str, now: datetime) -> QuerySet[LinkedAccount] | None:
    """The public account whose primary name this is; None where it is no name, or names are not looked up."""
    chain = ens_chain()
    if chain is None or not looks_like_name(identifier):
        return None
    # What is stored is normal, so an exact match needs no tables. Case and composition are the usual differences.
    name = unicodedata.normalize("NFC", identifier).lower()
    named = Q(primary_name__name=name, primary_name__checked_at__gte=now - MAX_AGE)
    return LinkedAccount.objects.filter(named, accounts_at(chain.id), is_public=True)


def shown_name(account: LinkedAccount | None, now: datetime) -> str:
    """The account's name for others to see; empty where there is none, or it is hidden. No query where `primary_name`
    was selected with the account."""
    if account is None or not account.is_public:
        return ""
    row = getattr(account, "primary_name", None)
    if row is None or row.checked_at is None or row.checked_at < now - MAX_AGE:
        return ""
    return str(row.name)
