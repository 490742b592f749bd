"""What the buttons on the page of a report do. Each returns the sentence that says so, or raises ExpectedError."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import ngettext

from profiles.app_labels import PROFILES
from profiles.errors import ExpectedError
from profiles.models import Reason, ReportCase, Verdict
from profiles.people.signed_in import signed_in
from profiles.reports import cases, deciding, inbox
from profiles.reports.errors import ReportError
from profiles.sentences import gettext as _

#: Members of the team to whom a case can be given.
TEAM = 100


def decide_all(request: HttpRequest, case: ReportCase) -> str:
    """Decide this case, and those with a similar picture that were ticked."""
    asked, staff, now = request.POST, signed_in(request), timezone.now()
    decision = deciding.Decision(asked.get("act", ""), asked.get("why", ""), asked.get("words", ""))
    if decision.verdict not in Verdict.values or decision.why not in Reason.values:
        raise ReportError(_("Choose what to do, and a reason."))
    deciding.decide(case.pk, decision, staff, now)
    decided, left = 1, []
    for other in _ticked(asked.getlist("also"), case):
        try:
            deciding.decide(other.pk, decision, staff, now)
            decided += 1
        except ExpectedError as error:
            left.append(f"@{other.profile.handle}: {error.sentence}")
    said = ngettext("%(count)s report is decided.", "%(count)s reports are decided.", decided) % {"count": decided}
    url = reverse(f"admin:{PROFILES}_reportcase_change", args=[case.pk])
    link = format_html('{} <a href="{}">{}</a>', said, url, _("See or undo it"))
    return format_html("{} {}", link, " ".join(left)) if left else link


def _ticked(ids: list[str], case: ReportCase) -> list[ReportCase]:
    """Return the chosen ones of the similar cases. Others can't be decided from this page."""
    return [other for other in inbox.find_similar(case) if str(other.pk) in ids]


def _undo(request: HttpRequest, case: ReportCase) -> str:
    words = request.POST.get("words", "").strip()
    if not words:
        raise ReportError(_("Write why you take the decision back."))
    deciding.undo(case.pk, words, signed_in(request), timezone.now())
    return _("The decision is taken back: what it changed is as it was. The report is open again, and yours.")


def _answer_appeal(request: HttpRequest, case: ReportCase) -> str:
    is_upheld = request.POST["act"] == "uphold"
    words = request.POST.get("words", "").strip()
    if not words:
        raise ReportError(_("Write why: the person reads it."))
    deciding.decide_appeal(case.pk, words, signed_in(request), timezone.now(), is_upheld=is_upheld)
    return _("The appeal is decided for good, and both sides are told.")


def _claim(request: HttpRequest, case: ReportCase) -> str:
    cases.claim(case.pk, signed_in(request))
    return _("You work on this now.")


def _release(request: HttpRequest, case: ReportCase) -> str:
    cases.release(case.pk, signed_in(request))
    return _("Nobody works on this now.")


def _assign(request: HttpRequest, case: ReportCase) -> str:
    assigned = cases.assign(case.pk, request.POST.get("to") or None, signed_in(request))
    return _("%(name)s works on this now.", name=str(assigned.assignee))


def team_for(case: ReportCase) -> QuerySet[Any]:
    team = get_user_model().objects.filter(is_staff=True, is_active=True)
    return team.exclude(pk=case.profile.user_id).order_by("pk")[:TEAM]


ON_CASE: dict[str, Callable[[HttpRequest, ReportCase], str]] = {
    "claim": _claim,
    "release": _release,
    "assign": _assign,
    "undo": _undo,
}
DECIDING: dict[str, Callable[[HttpRequest, ReportCase], str]] = {"uphold": _answer_appeal, "revert": _answer_appeal}
