"""Cases that end by themselves: the person is hidden or deleted, or the time for which evidence is kept is over."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from profiles import settings
from profiles.errors import ExpectedError
from profiles.jobs import job
from profiles.models import Report, ReportCase
from profiles.reports.answering import tell_reporter

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

log = logging.getLogger(__name__)
State = ReportCase.State
AT_ONCE = 200


@job(every=timedelta(minutes=1))
def close_and_reopen(now: datetime) -> None:
    """Close open cases about hidden people, and open them again once the person is back."""
    kept = now + timedelta(days=settings.current().report_days)
    hidden = _first(ReportCase.objects.filter(state=State.OPEN, profile__is_hidden=True))
    ReportCase.objects.filter(pk__in=hidden, state=State.OPEN).update(state=State.CLOSED, delete_at=kept)
    others = ReportCase.objects.filter(key=OuterRef("key"), state=State.OPEN)
    back = ReportCase.objects.filter(~Exists(others), state=State.CLOSED, profile__is_hidden=False)
    ReportCase.objects.filter(pk__in=_first(back), state=State.CLOSED).update(state=State.OPEN, delete_at=None)


@job(every=timedelta(minutes=10))
def delete_old_cases(now: datetime) -> int:
    """Delete cases, their reports and evidence after REPORTS_KEPT_DAYS. Return how many."""
    old = list(ReportCase.objects.filter(delete_at__lt=now).order_by("delete_at")[:AT_ONCE])
    for case in old:
        case.delete()  # one by one: each offers its picture to the purge
    return len(old)


def erase(user: User, now: datetime) -> None:
    """Close the open cases about a person who is being deleted, and forget what they wrote in reports of their own."""
    Report.objects.filter(reporter__user=user).update(words="", guest_email="")
    for case in ReportCase.objects.select_related("profile").filter(profile__user=user, state=State.OPEN):
        with transaction.atomic():
            ReportCase.objects.filter(pk=case.pk).update(state=State.CLOSED)
            case.state = State.CLOSED
            for report in case.reports.select_related("reporter"):
                _tell_of_end(report, case, now)


def _first(cases: QuerySet[ReportCase]) -> list[UUID]:
    return list(cases.order_by("opened_at").values_list("pk", flat=True)[:AT_ONCE])


def _tell_of_end(report: Report, case: ReportCase, now: datetime) -> None:
    try:
        tell_reporter(report, case, now)
    except ExpectedError as error:
        log.warning("A guest could not be told that what they reported is gone: %s", error)
