"""Tell the reported person what was decided, in their language, with the way to an appeal. Never who reported."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.core import signing
from django.db.models import Q
from django.urls import reverse

from profiles.models import Notice, ReportCase, Verdict
from profiles.notices.recording import NewNotice, mark_read, record_notice
from profiles.reports.words import language_of, reason_of

SALT = "profiles.reports.appeal"
Kind = Notice.Kind


def tell_decision(case: ReportCase, now: datetime) -> None:
    """Tell of a decision, unless nothing was done, or the notice of the removed picture says it already."""
    if case.verdict == Verdict.KEEP or case.effect.get("told"):
        return
    _tell(case, now, "profiles/mail/decision", {"verdict": case.verdict, "appeal": appeal_path(case.pk)})


def tell_undone(case: ReportCase, now: datetime) -> None:
    """Tell that a decision was taken back. Of a picture that is back, its own notice does."""
    mark_read(case.profile_id, now, Q(kind=Kind.DECISION, subject=str(case.pk)))
    if "picture" in case.effect:
        return
    _tell(case, now, "profiles/mail/decision_undone", {})


def tell_appeal(case: ReportCase, now: datetime) -> None:
    """Tell the outcome of an appeal. It stands for the notice of a picture that is back by it."""
    is_told = Q(kind=Kind.DECISION, subject=str(case.pk))
    if case.avatar_id is not None:
        is_told |= Q(kind__in=[Kind.RETURNED, Kind.REMOVED], avatar=case.avatar_id)
    mark_read(case.profile_id, now, is_told)
    _tell(case, now, "profiles/mail/appeal_upheld" if case.is_upheld else "profiles/mail/appeal_reverted", {})


def appeal_path(case_id: UUID) -> str:
    """Return the page of the appeal. Whoever has the address is its person, who may be locked out."""
    return reverse("profiles:appeal", args=[signing.dumps(str(case_id), salt=SALT)])


def read_appeal_token(token: str) -> UUID | None:
    try:
        return UUID(signing.loads(token, salt=SALT))
    except (signing.BadSignature, ValueError):
        return None


def _tell(case: ReportCase, now: datetime, template: str, facts: dict[str, str]) -> None:
    with language_of(case.profile):
        said = case.appeal_answer if case.is_upheld is not None else reason_of(case)
    notice = NewNotice(Kind.DECISION, now, str(case.pk), case.avatar, said, facts | {"template": template})
    record_notice(case.profile_id, notice)
