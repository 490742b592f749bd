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
from django.db.models import Q

from nft.clients.clients import Clients
from nft.core.evm.ens import ETH_COIN_TYPE
from nft.models import LinkedAccount, PrimaryName
from nft.models.accounts import accounts_at
from nft.names.lookup import coin_type_on, get_reader
from nft.names.records import KeptOffChain, NameProblem, NoRecord, RecordTooLong
from nft.settings.chains import ens_chain
from profiles.jobs import enqueue, job
from profiles.leases import due, fresh, lease_row

log = logging.getLogger(__name__)

PERIOD = timedelta(days=1)
PAUSE = timedelta(minutes=1)
"""How soon a person may have the same account looked up again."""
ENOUGH_FAILURES = 3
"""After so many a sweep takes the chain for down. One may be a name's own fault: its contract can be made slow."""
PAGE = 500


def ask_for_name(account: LinkedAccount, now: datetime) -> None:
    """Has the name of a public account looked up soon, within the caller's transaction."""
    if ens_chain() is None or not account.is_public:
        return
    row, is_new = PrimaryName.objects.get_or_create(account=account, defaults={"due_at": now})
    if is_new or row.checked_at is None or row.checked_at < now - PAUSE:
        waiting = PrimaryName.objects.filter(Q(due_at=None) | Q(due_at__gt=now), pk=row.pk, attempt=None)
        waiting.update(**fresh(now))
        enqueue(check_name, account.pk)


def forget_name(account: LinkedAccount) -> None:
    """Of an account that is no longer public."""
    PrimaryName.objects.filter(account=account).delete()


@job(queue="chain")
def check_name(account_id: UUID, now: datetime, clients: Clients) -> bool:
    """Asks the chain and records the answer; whether there was one, or nothing to ask.

    However often it is delivered, a due look-up is made once.
    """
    account = LinkedAccount.objects.filter(pk=account_id, is_public=True).first()
    if account is None or ens_chain() is None:
        return True
    row = lease_row(PrimaryName.objects.filter(pk=account_id), now)
    if row is None:
        return True
    with row.attempting(now):
        try:
            name = _look_up(account, clients)
        except NameProblem as problem:
            log.warning("The name of an account stays as it was: %s", problem)
            row.retry(problem, now)
            return False
        with transaction.atomic():
            _record(row, account, name, now)
        return True
    return False


@job(queue="chain", every=timedelta(minutes=5))
def sweep_names(now: datetime, clients: Clients, *, seconds: float = 60.0) -> int:
    """Looks up every name that is due for at most about `seconds`; how many were answered. It also finds public
    accounts that were never asked for, and drops the names of those that are public no more."""
    PrimaryName.objects.filter(account__is_public=False).delete()
    if ens_chain() is None:
        return 0
    _add_missing(now)
    ends_at = time.monotonic() + seconds
    asked = failed = 0
    for account_id in list(due(PrimaryName.objects.all(), now).values_list("pk", flat=True)[:PAGE]):
        if time.monotonic() > ends_at or failed == ENOUGH_FAILURES:
            break
        failed += not check_name(account_id, now, clients)
        asked += 1
    return asked - failed


def _look_up(account: LinkedAccount, clients: Clients) -> str:
    """Empty where the chain says that there is none. Raises NameProblem where nothing was learned."""
    try:
        coin_type = coin_type_on(account.chain_id) if account.is_contract_account else ETH_COIN_TYPE
        return get_reader(clients).primary_name(account.address, coin_type) or ""
    except (KeptOffChain, NoRecord, RecordTooLong):
        return ""


def _record(row: PrimaryName, account: LinkedAccount, name: str, now: datetime) -> None:
    """Accounts are locked before their names. One hidden or unlinked meanwhile keeps none."""
    if not LinkedAccount.objects.select_for_update(no_key=True).filter(pk=account.pk, is_public=True).exists():
        return
    chain = ens_chain()
    if name and chain is not None:
        # It leads to one address only, so it led away from whoever had it before.
        former = LinkedAccount.objects.filter(accounts_at(chain.id), primary_name__name=name).exclude(pk=account.pk)
        if _is_at(account, chain.id):
            PrimaryName.objects.filter(account__in=former.values("pk")).update(name="")
    row.release(now + PERIOD, name=name, checked_at=now)


def _is_at(account: LinkedAccount, chain_id: int) -> bool:
    return not account.is_contract_account or account.chain_id == chain_id


def _add_missing(now: datetime) -> None:
    unknown = LinkedAccount.objects.filter(is_public=True, primary_name__isnull=True)[:PAGE]
    rows = [PrimaryName(account=account, due_at=now) for account in unknown]
    PrimaryName.objects.bulk_create(rows, ignore_conflicts=True)
