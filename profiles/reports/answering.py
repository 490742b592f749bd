"""Answer the reporters once a case is decided: people by a notice, guests who left an address by mail."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from profiles import signals
from profiles.jobs import job
from profiles.leases import lease_row
from profiles.models import Notice, Report, ReportCase
from profiles.notices.recording import NewNotice, record_notice
from profiles.reports.words import answer_of, language_of
from profiles.row_queue import queue_due

State = ReportCase.State
#: Nothing is answered about what was decided longer ago.
GIVEN_UP = timedelta(days=7)


def answer_reports(case: ReportCase, now: datetime) -> None:
    """Have all reporters answered, within the transaction of the decision."""
    case.reports.filter(attempt=None).update(due_at=now, tries=0, answered_at=None)
    queue_due(answer_report)


@job(rows=Report)
def answer_report(report_id: UUID | str, now: datetime) -> None:
    """Answer one reporter. A decision that was undone meanwhile is not told."""
    report = lease_row(Report.objects.filter(pk=report_id), now)
    if report is None:
        return
    with report.attempting(now):
        case = ReportCase.objects.select_related("profile").get(pk=report.case_id)
        decided_at = case.appeal_decided_at or case.decided_at
        if case.verdict and decided_at is not None and decided_at > now - GIVEN_UP:
            tell_reporter(report, case, decided_at)
        report.release(answered_at=now)


def tell_reporter(report: Report, case: ReportCase, at: datetime) -> None:
    """Tell what became of a report. Raise ExpectedError if a guest's mail can't be sent now."""
    reader = report.reporter
    about = case.shown.get("about") or case.shown.get("name", "")  # the page of a thing need not name its person
    if reader is not None:
        with language_of(reader):
            notice = NewNotice(Notice.Kind.REPORT_DECIDED, at, str(case.pk), None, answer_of(case), {"about": about})
        record_notice(reader.pk, notice)
    elif report.guest_email:
        with language_of(report.language):
            sentence = answer_of(case)
        facts = {"address": report.guest_email, "language": report.language, "about": about}
        signals.guest_answered.send(Report, sentence=sentence, **facts)
