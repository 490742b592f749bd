"""The primary ENS names of public accounts.

Workers look them up ahead of time, so that pages and `/avatar/<name>` only read rows. Hidden accounts are never looked
up: the operator of the node would learn of them.

A name changes only on an answer from the chain. During an outage the stored name stays, until it is older than MAX_AGE.
"""

from __future__ import annotations

import logging
import time
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from nft.clients.bundle import Clients
from nft.clients.evm.budget import take_requests
from nft.core.evm.ens import ETH_COIN_TYPE, looks_like_name
from nft.models import LinkedAccount, PrimaryName
from nft.models.accounts import accounts_at
from nft.names.errors import NO_SUCH_NAME, OFF_CHAIN, RECORD_TOO_LONG, NameLookupError
from nft.names.lookup import build_reader, choose_coin_type
from nft.settings.chains import ens_chain
from profiles.jobs import enqueue, job
from profiles.leases import fresh, lease_row, lease_rows

log = logging.getLogger(__name__)

# How long a name counts after the chain last confirmed it.
MAX_AGE = timedelta(days=3)
PERIOD = timedelta(days=1)
# The shortest time between two look-ups of one account that its person asks for.
PAUSE = timedelta(minutes=1)
# Names that one run looks up together.
BATCH = 200
# Requests that a batch may take: a call for each label and record, and some contracts that are asked alone.
BATCH_REQUESTS = 30
ROWS_AT_ONCE = 500
# With these answers the chain says that the account has no name we can use.
_NO_USABLE_NAME = (NO_SUCH_NAME, OFF_CHAIN, RECORD_TOO_LONG)


def get_accounts_named(identifier: str, now: datetime) -> QuerySet[LinkedAccount] | None:
    """Return the public accounts (at most one) whose primary name is `identifier`.

    Return None if it is no name, or names are not looked up here.
    """
    if not looks_like_name(identifier) or (chain := ens_chain()) is None:
        return None
    # Stored names are normalized (ENSIP-15). Case and composition are the usual differences, so its tables, which are
    # slow to load, are not needed here.
    name = unicodedata.normalize("NFC", identifier).lower()
    named = Q(primary_name__name=name, primary_name__checked_at__gte=now - MAX_AGE)
    return LinkedAccount.objects.filter(named, accounts_at(chain.id), is_public=True)


def get_primary_name(account: LinkedAccount | None, now: datetime) -> str:
    """Return the account's name; "" if it has none or is hidden.

    No query is made if `primary_name` was selected with the account.
    """
    if account is None or not account.is_public:
        return ""
    row: PrimaryName | None = getattr(account, "primary_name", None)
    if row is None or row.checked_at is None or row.checked_at < now - MAX_AGE:
        return ""
    return row.name


def request_primary_name(account: LinkedAccount, now: datetime) -> None:
    """Queue a look-up of a public account's name, within the caller's transaction."""
    if ens_chain() is None or not account.is_public:
        return
    row, is_new = PrimaryName.objects.get_or_create(account=account, defaults={"due_at": now})
    if is_new or row.checked_at is None or row.checked_at < now - PAUSE:
        waiting = PrimaryName.objects.filter(Q(due_at=None) | Q(due_at__gt=now), pk=row.pk, attempt=None)
        waiting.update(**fresh(now))
        enqueue(update_primary_name, account.pk)


def delete_primary_name(account: LinkedAccount) -> None:
    """Delete the name of an account that is no longer public."""
    PrimaryName.objects.filter(account=account).delete()


@job(queue="chain")
def update_primary_name(account_id: UUID, now: datetime, clients: Clients) -> bool:
    """Look up an account's name, if it is due, and record it. Return False if the look-up failed."""
    account = LinkedAccount.objects.filter(pk=account_id, is_public=True).first()
    if account is None or ens_chain() is None:
        return True
    row = lease_row(PrimaryName.objects.filter(pk=account_id), now)
    if row is None:
        return True
    with row.attempting(now):
        try:
            name = _fetch_name(account, clients)
        except NameLookupError as error:
            log.warning("The name of an account stays as it was: %s", error)
            row.retry(error, now)
            return False
        with transaction.atomic():
            _record_name(row, account, name, now)
        return True
    return False


@job(queue="chain", every=timedelta(minutes=1))
def sweep_primary_names(now: datetime, clients: Clients) -> int:
    """Look up a batch of names that are due. Return how many look-ups succeeded.

    Any number of workers may run it at once: where more is due it is queued again, within the chain's budget.
    """
    chain, rows = ens_chain(), PrimaryName.objects.select_related("account").order_by("due_at")
    if chain is None:
        return 0
    wanted = rows.filter(due_at__lte=now)[:BATCH].count()
    if not wanted or not take_requests(chain.id, BATCH_REQUESTS):
        return 0
    leased = lease_rows(rows, now, wanted)
    if wanted == BATCH:
        enqueue(sweep_primary_names, expires=60)
    names = _fetch_names([row.account for row in leased], clients)
    updated = 0
    for row, name in zip(leased, names, strict=True):
        with row.attempting(now):
            if isinstance(name, NameLookupError):
                row.retry(name, now)
                continue
            with transaction.atomic():
                _record_name(row, row.account, name, now)
            updated += 1
    if updated < len(leased):
        log.warning("%s of %s names could not be looked up and stay as they were.", len(leased) - updated, len(leased))
    return updated


@job(every=timedelta(hours=1))
def complete_primary_names(now: datetime, *, seconds: float = 60.0) -> int:
    """Add public accounts that have no row yet, for at most about `seconds`. Return how many.

    Also delete the names of accounts that are no longer public.
    """
    PrimaryName.objects.filter(account__is_public=False).delete()
    if ens_chain() is None:
        return 0
    ends_at, added = time.monotonic() + seconds, 0
    unknown = LinkedAccount.objects.filter(is_public=True, primary_name__isnull=True).order_by("pk")
    while time.monotonic() < ends_at and (page := list(unknown.values_list("pk", flat=True)[:ROWS_AT_ONCE])):
        rows = [PrimaryName(account_id=account_id, due_at=now) for account_id in page]
        added += len(PrimaryName.objects.bulk_create(rows, ignore_conflicts=True))
    return added


def _fetch_name(account: LinkedAccount, clients: Clients) -> str:
    """Return the account's name; "" if the chain says that it has none. Raise NameLookupError if nothing is known."""
    try:
        return build_reader(clients).fetch_primary_name(account.address, _coin_type(account)) or ""
    except NameLookupError as error:
        if not any(error.is_a(kind) for kind in _NO_USABLE_NAME):
            raise
        return ""


def _fetch_names(accounts: Sequence[LinkedAccount], clients: Clients) -> list[str | NameLookupError]:
    """Do the same for many. An error stands in the name's place."""
    found: dict[int, str | NameLookupError | None] = {}
    pairs: dict[int, tuple[bytes, int]] = {}
    for place, account in enumerate(accounts):
        try:
            pairs[place] = (account.address, _coin_type(account))
        except NameLookupError as error:  # its chain has no names
            found[place] = error
    try:
        found |= zip(pairs, build_reader(clients).fetch_primary_names(list(pairs.values())), strict=True)
    except NameLookupError as error:
        found |= dict.fromkeys(pairs, error)
    return [_usable(found[place]) for place in range(len(accounts))]


def _usable(found: str | NameLookupError | None) -> str | NameLookupError:
    if isinstance(found, NameLookupError):
        return "" if any(found.is_a(kind) for kind in _NO_USABLE_NAME) else found
    return found or ""


def _coin_type(account: LinkedAccount) -> int:
    return choose_coin_type(account.chain_id) if account.is_contract_account else ETH_COIN_TYPE


def _record_name(row: PrimaryName, account: LinkedAccount, name: str, now: datetime) -> None:
    """Record the name, unless the account was hidden or unlinked meanwhile. Accounts are locked before their names."""
    if not LinkedAccount.objects.select_for_update(no_key=True).filter(pk=account.pk, is_public=True).exists():
        return
    chain = ens_chain()
    if name and chain is not None and (not account.is_contract_account or account.chain_id == chain.id):
        # A name leads to one address on its own chain, so no other account there has it any more.
        former = LinkedAccount.objects.filter(accounts_at(chain.id), primary_name__name=name).exclude(pk=account.pk)
        PrimaryName.objects.filter(account__in=former.values("pk")).update(name="")
    row.release(now + PERIOD, name=name, checked_at=now)
