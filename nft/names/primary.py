"""The names of public accounts, looked up ahead of time by the workers, so that pages and `/avatar/<name>` only read a
row. An account that is not public is never looked up: whoever runs a node would learn of it.

Nothing but the chain's answer makes or unmakes a name: while no node can be asked, what was true stays until its age
(known_names.MAX_AGE) ends it.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from nft import jobs
from nft.clients.clients import Clients
from nft.core.evm.ens import ETH_COIN_TYPE
from nft.models import LinkedAccount, PrimaryName
from nft.models.accounts import accounts_at
from nft.names.known import names_chain_id
from nft.names.lookup import coin_type_on, get_reader
from nft.names.records import KeptOffChain, NameProblem, NoRecord, RecordTooLong

log = logging.getLogger(__name__)

PERIOD = timedelta(days=1)
AFTER_OUTAGE = timedelta(minutes=10)
LEASE = timedelta(minutes=3)
"""Longer than any one look-up lasts: after it the look-up counts as dead and another may begin."""
PAUSE = timedelta(minutes=1)
"""How soon a person may have the same account looked up again."""
ENOUGH_FAILURES = 3
"""After so many a sweep takes the chain for down. One may be a name's own fault: its contract can be made slow."""
PAGE = 500


def ask_for_name(account: LinkedAccount, now: datetime) -> None:
    """Has the name of a public account looked up soon, within the caller's transaction."""
    if names_chain_id() is None or not account.is_public:
        return
    row, is_new = PrimaryName.objects.get_or_create(account=account, defaults={"next_check_at": now})
    if is_new or row.checked_at is None or row.checked_at < now - PAUSE:
        PrimaryName.objects.filter(pk=row.pk, next_check_at__gt=now).update(next_check_at=now)
        jobs.enqueue(jobs.CHECK_NAME, account.pk)


def forget_name(account: LinkedAccount) -> None:
    """Of an account that is no longer public."""
    PrimaryName.objects.filter(account=account).delete()


def check_name(account_id: UUID, now: datetime, clients: Clients) -> bool:
    """Asks the chain and records the answer; whether there was one, or nothing to ask.

    However often it is delivered, a due look-up is made once.
    """
    account = LinkedAccount.objects.filter(pk=account_id, is_public=True).first()
    if account is None or names_chain_id() is None:
        return True
    if not PrimaryName.objects.filter(pk=account_id, next_check_at__lte=now).update(next_check_at=now + LEASE):
        return True
    try:
        name = _look_up(account, clients)
    except NameProblem as problem:
        log.warning("The name of an account stays as it was: %s", problem)
        _postpone(account_id, now)
        return False
    with transaction.atomic():
        _record(account, name, now)
    return True


def sweep_names(now: datetime, clients: Clients, *, seconds: float = 60.0) -> int:
    """Looks up every name that is due for at most about `seconds`; how many were answered. It also finds public
    accounts that were never asked for, and drops the names of those that are public no more."""
    PrimaryName.objects.filter(account__is_public=False).delete()
    if names_chain_id() is None:
        return 0
    _add_missing(now)
    ends_at = time.monotonic() + seconds
    asked = failed = 0
    for account_id in _due(now):
        if time.monotonic() > ends_at or failed == ENOUGH_FAILURES:
            break
        failed += not check_name(account_id, now, clients)
        asked += 1
    return asked - failed


def _look_up(account: LinkedAccount, clients: Clients) -> str:
    """Empty where the chain says that there is none. Raises NameProblem where nothing was learned."""
    chain_id = account.chain_id if account.is_contract_account else names_chain_id()
    try:
        coin_type = ETH_COIN_TYPE if chain_id is None else coin_type_on(chain_id)
        return get_reader(clients).primary_name(account.address, coin_type) or ""
    except (KeptOffChain, NoRecord, RecordTooLong):
        return ""


def _postpone(account_id: UUID, now: datetime) -> None:
    """Twice as long each time, so that a name which never answers does not hold up the others."""
    row = PrimaryName.objects.filter(pk=account_id).first()
    if row is not None:  # else hidden meanwhile
        delay = min(AFTER_OUTAGE * 2 ** min(row.attempts, 10), PERIOD)
        PrimaryName.objects.filter(pk=account_id).update(next_check_at=now + delay, attempts=F("attempts") + 1)


def _record(account: LinkedAccount, name: str, now: datetime) -> None:
    """Accounts are locked before their names. One hidden or unlinked meanwhile keeps none."""
    if not LinkedAccount.objects.select_for_update(no_key=True).filter(pk=account.pk, is_public=True).exists():
        return
    chain_id = names_chain_id()
    if name and chain_id is not None:
        # It leads to one address only, so it led away from whoever had it before.
        former = LinkedAccount.objects.filter(accounts_at(chain_id), primary_name__name=name).exclude(pk=account.pk)
        if _is_at(account, chain_id):
            PrimaryName.objects.filter(account__in=former.values("pk")).update(name="")
    PrimaryName.objects.filter(pk=account.pk).update(name=name, checked_at=now, next_check_at=now + PERIOD, attempts=0)


def _is_at(account: LinkedAccount, chain_id: int) -> bool:
    return not account.is_contract_account or account.chain_id == chain_id


def _add_missing(now: datetime) -> None:
    unknown = LinkedAccount.objects.filter(is_public=True, primary_name__isnull=True)[:PAGE]
    rows = [PrimaryName(account=account, next_check_at=now) for account in unknown]
    PrimaryName.objects.bulk_create(rows, ignore_conflicts=True)


def _due(now: datetime) -> list[UUID]:
    due = PrimaryName.objects.filter(next_check_at__lte=now).order_by("next_check_at")
    return list(due.values_list("account_id", flat=True)[:PAGE])
