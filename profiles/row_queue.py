"""The queue of rows that are due: only WAITING of a model are in it, in fair shares, and none is in it twice.

The database knows what is due and whose turn it is. So what a broker loses is found again, and nobody fills the queue.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import cast

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from profiles.jobs import AnyFunction, Job, after_rows, enqueue, get_job, get_jobs, get_queue, job, send_now
from profiles.leases import Leased, get_shares

#: Rows of one model that wait in the queue at once. The others wait in the database, which knows whose turn it is.
WAITING = 16
#: A row that was queued and not taken is queued again after this long.
QUEUE_AGAIN_AFTER = timedelta(minutes=2)


def queue_due(function: AnyFunction) -> None:
    """Queue due rows of a job once the current transaction is committed, in fair shares and no more than WAITING.

    The next ones are queued when a run ends.
    """
    transaction.on_commit(partial(_queue_after_run, get_job(function)), robust=True)


def queue_row(function: AnyFunction, key: object, delay: timedelta) -> None:
    """Queue one row that is due after `delay`, once the current transaction is committed."""
    declared = get_job(function)

    def send() -> None:
        if get_queue() is not None:
            _rows_of(declared).filter(pk=key).update(queued_at=timezone.now() + delay)
            send_now(function, key, delay=delay.total_seconds())

    transaction.on_commit(send, robust=True)


@job(every=timedelta(seconds=10))
def queue_due_rows(now: datetime) -> int:
    """Queue due rows of every model that has a job for single rows. Return how many.

    The queue is only a hint: what it lost, and what must be retried, is found in the database.
    """
    return sum(_queue_due(declared, now) for declared in get_jobs() if declared.rows is not None)


def _queue_due(declared: Job, now: datetime) -> int:
    if get_queue() is None:
        return 0
    rows = _rows_of(declared)
    due_now, is_waiting = rows.filter(due_at__lte=now), Q(queued_at__gt=now - QUEUE_AGAIN_AFTER)
    room = WAITING - due_now.filter(is_waiting)[:WAITING].count()
    if room < WAITING // 2:
        return 0
    not_waiting = Q(queued_at=None) | Q(queued_at__lte=now - QUEUE_AGAIN_AFTER)
    keys = get_shares(due_now.filter(not_waiting), room, rows.model.person)
    if not keys:
        return 0
    with transaction.atomic():
        free = rows.filter(not_waiting, pk__in=keys).select_for_update(skip_locked=True)
        mine = set(free.values_list("pk", flat=True))
        rows.filter(pk__in=mine).update(queued_at=now)
    for key in keys:
        if key in mine:
            enqueue(declared.function, key)
    return len(mine)


def _queue_after_run(declared: Job) -> None:
    _queue_due(declared, timezone.now())


def _rows_of(declared: Job) -> QuerySet[Leased]:
    return QuerySet(cast("type[Leased]", declared.rows))


after_rows(lambda declared: transaction.on_commit(partial(_queue_after_run, declared), robust=True))
