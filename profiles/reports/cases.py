"""Cases under lock, and who may work on one: nobody decides about themselves, or about what they reported."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.auth import get_user_model

from profiles.audit import record
from profiles.models import ReportCase
from profiles.pictures.changing import lock_profile
from profiles.reports.errors import ReportError
from profiles.sentences import gettext as _

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

State = ReportCase.State
WAITING = [State.OPEN, State.APPEALED]


@contextmanager
def lock_case(case_id: UUID) -> Iterator[ReportCase]:
    """Lock the profile and then its case, in the order in which reports are taken. Raise ReportError if it is gone."""
    owner_id = ReportCase.objects.filter(pk=case_id).values_list("profile_id", flat=True).first()
    if owner_id is None:
        raise ReportError(_("This report is gone."))
    with lock_profile(owner_id) as owner:
        rows = ReportCase.objects.select_for_update(of=("self",)).select_related("avatar", "image", "assignee")
        case = rows.filter(pk=case_id).first()
        if case is None:
            raise ReportError(_("This report is gone."))
        case.profile = owner
        yield case


def why_not(case: ReportCase, staff: User) -> str:
    """Return why this member of staff can't decide the case as it is now, or ""."""
    if case.profile.user_id == staff.pk:
        return _("This is about you. Somebody else must decide it.")
    if case.reports.filter(reporter__user_id=staff.pk).exists():
        return _("You reported this. Somebody else must decide it.")
    if case.state == State.APPEALED and case.decided_by_id == staff.pk:
        return _("You decided this first. Somebody else must decide the appeal.")
    if case.assignee_id not in {None, staff.pk}:
        return _("%(name)s works on this. Take it over first.", name=str(case.assignee))
    return ""


def check_may_decide(case: ReportCase, staff: User, state: str) -> None:
    """Raise ReportError if the case is not in this state, or not for this member of staff to decide."""
    if case.state != state:
        raise ReportError(_("This was decided meanwhile."))
    if reason := why_not(case, staff):
        raise ReportError(reason)


def claim(case_id: UUID, staff: User) -> ReportCase:
    """Take a case on, also from somebody else."""
    return _assign(case_id, staff.pk, staff, "report.claim")


def release(case_id: UUID, staff: User) -> ReportCase:
    """Leave a case to whoever comes next."""
    return _assign(case_id, None, staff, "report.release")


def assign(case_id: UUID, to_id: int | str | None, staff: User) -> ReportCase:
    """Give a case to another member of staff. Raise ReportError if there is no such person in the team."""
    team = get_user_model().objects.filter(is_staff=True, is_active=True)
    if to_id is None or not str(to_id).isalnum() or not team.filter(pk=to_id).exists():
        raise ReportError(_("Choose somebody of the team."))
    return _assign(case_id, to_id, staff, "report.assign")


def _assign(case_id: UUID, to_id: int | str | None, staff: User, action: str) -> ReportCase:
    with lock_case(case_id) as case:
        if case.state not in WAITING:
            raise ReportError(_("This was decided meanwhile."))
        if to_id is not None and str(case.profile.user_id) == str(to_id):
            raise ReportError(_("This is about them. Somebody else must decide it."))
        ReportCase.objects.filter(pk=case.pk).update(assignee=to_id)
        record(case.profile, action, staff, case=str(case.pk), **({} if to_id is None else {"to": str(to_id)}))
    case.refresh_from_db(fields=["assignee"])
    return case
