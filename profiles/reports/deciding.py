"""Decide a case, undo a decision, and decide an appeal. Each tells the reported person, and each reporter by a job."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from profiles import settings
from profiles.audit import record
from profiles.models import ReportCase, Verdict
from profiles.reports.answering import answer_reports
from profiles.reports.cases import State, check_may_decide, lock_case
from profiles.reports.effects import apply_verdict, get_offered, revert_verdict
from profiles.reports.errors import ReportError
from profiles.reports.telling import tell_appeal, tell_decision, tell_undone
from profiles.reports.words import reason_of
from profiles.sentences import gettext as _
from profiles.text import one_line

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User


@dataclass(frozen=True)
class Decision:
    """A verdict, and why: one of Reason, or staff's own words instead, which both sides read."""

    verdict: str
    why: str = ""
    words: str = ""


def decide(case_id: UUID, decision: Decision, staff: User, now: datetime) -> ReportCase:
    """Decide an open case. Raise ReportError if it was decided meanwhile, or is not for this person to decide."""
    with lock_case(case_id) as case:
        check_may_decide(case, staff, State.OPEN)
        if decision.verdict not in get_offered(case, staff):
            raise ReportError(_("This can’t be decided about this report. Choose something else."))
        case.verdict, case.why, case.words = decision.verdict, decision.why, one_line(decision.words)[:300]
        case.effect = apply_verdict(case, staff)
        case.state, case.decided_by, case.decided_at, case.assignee = State.DECIDED, staff, now, None
        case.delete_at = now + timedelta(days=settings.current().report_days)
        case.save()
        _record(case, "report.decide", staff, reason_of(case))
        tell_decision(case, now)
        answer_reports(case, now)
    return case


def undo(case_id: UUID, reason_sentence: str, staff: User, now: datetime) -> ReportCase:
    """Take a decision back that nobody appealed: what it changed is changed back, and the case is open again."""
    reason = one_line(reason_sentence)[:300]
    with lock_case(case_id) as case:
        if case.state != State.DECIDED:
            raise ReportError(_("This can’t be undone: it was appealed, or undone already."))
        if ReportCase.objects.filter(key=case.key, state=State.OPEN).exists():
            raise ReportError(_("It was reported again. Decide that report instead."))
        revert_verdict(case, reason, staff)
        _record(case, "report.undo", staff, reason)
        if case.verdict != Verdict.KEEP:
            tell_undone(case, now)
        case.state, case.verdict, case.why, case.words, case.effect = State.OPEN, "", "", "", {}
        case.decided_by, case.decided_at, case.delete_at, case.assignee = None, None, None, staff
        case.save()
    return case


def decide_appeal(case_id: UUID, answer: str, staff: User, now: datetime, *, is_upheld: bool) -> ReportCase:
    """Decide an appeal, for good. Raise ReportError for whoever decided first."""
    with lock_case(case_id) as case:
        check_may_decide(case, staff, State.APPEALED)
        case.is_upheld, case.appeal_answer = is_upheld, one_line(answer)[:300]
        if not is_upheld:
            revert_verdict(case, case.appeal_answer, staff)
        case.state, case.appeal_decided_by, case.appeal_decided_at = State.FINAL, staff, now
        case.assignee, case.delete_at = None, now + timedelta(days=settings.current().report_days)
        case.save()
        _record(case, "report.uphold" if is_upheld else "report.revert", staff, case.appeal_answer)
        tell_appeal(case, now)
        answer_reports(case, now)
    return case


def _record(case: ReportCase, action: str, staff: User, reason: str) -> None:
    facts = {"case": str(case.pk), "verdict": case.verdict, "reason": reason, "sha256": case.sha256}
    record(case.profile, action, staff, subject=case.subject, **facts)
