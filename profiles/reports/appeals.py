"""Let a person appeal once against what staff decided about them, with or without a report before it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from profiles import settings
from profiles.audit import record
from profiles.models import MAX_WORDS, AuditEntry, Avatar, Profile, Reason, ReportCase, Verdict
from profiles.pictures.changing import lock_profile, own_avatar
from profiles.reports.cases import State, lock_case
from profiles.reports.errors import ReportError
from profiles.sentences import gettext as _


def appeal_ends_at(case: ReportCase) -> datetime | None:
    """Return until when the decision can be appealed; None if it can't at all."""
    if case.state != State.DECIDED or case.verdict == Verdict.KEEP or case.decided_at is None:
        return None
    given = settings.current()
    days = min(given.appeal_days, given.moderated_days) if "picture" in case.effect else given.appeal_days
    return case.decided_at + timedelta(days=days)


def appeal(case_id: UUID, words: str, now: datetime) -> ReportCase:
    """Record the one appeal against a decision. Raise ReportError if there was one, or the time is over."""
    with lock_case(case_id) as case:
        ends_at = appeal_ends_at(case)
        if ends_at is None:
            raise ReportError(_("This can’t be appealed: you did before, or it was taken back."))
        if now > ends_at:
            raise ReportError(_("The time to appeal this is over."))
        case.state, case.appealed_at, case.appeal_words = State.APPEALED, now, words.strip()[:MAX_WORDS]
        case.assignee, case.delete_at = None, None
        case.save(update_fields=["state", "appealed_at", "appeal_words", "assignee", "delete_at"])
        record(case.profile, "report.appeal", case.profile.user, case=str(case.pk), verdict=case.verdict)
    return case


def find_case_of_removal(avatar: Avatar) -> ReportCase | None:
    """Return the case in which this picture was removed, if there is one."""
    removals = ReportCase.objects.filter(avatar=avatar, verdict__in=[Verdict.REMOVE, Verdict.BLOCK])
    return removals.order_by("-decided_at").first()


def open_case_of_removal(profile: Profile, avatar_id: UUID) -> ReportCase:
    """Return the case in which the picture was removed. It is made for one that staff removed without a report."""
    with lock_profile(profile.pk) as owner:
        avatar = own_avatar(owner, avatar_id)
        if not avatar.is_locked or avatar.removed_at is None:
            raise ReportError(_("This picture was not removed by our team."))
        return find_case_of_removal(avatar) or _make_case(owner, avatar)


def _make_case(owner: Profile, avatar: Avatar) -> ReportCase:
    removals = AuditEntry.objects.filter(profile=owner, action="avatar.moderate", detail__avatar=str(avatar.pk))
    removal = removals.order_by("-at").first()
    decided_at = (avatar.removed_at or timezone.now()) if removal is None else removal.at
    case: ReportCase = owner.report_cases.create(
        key=f"{owner.pk} picture {avatar.image.sha256}",
        subject=ReportCase.Subject.PICTURE,
        avatar=avatar,
        image=avatar.image,
        sha256=avatar.image.sha256,
        source=avatar.source,
        reference=avatar.reference,
        shown={"name": owner.name, "handle": owner.handle, "title": avatar.title, "alt_text": avatar.alt_text},
        state=State.DECIDED,
        opened_at=decided_at,
        verdict=Verdict.REMOVE,
        why=Reason.OTHER,
        words=avatar.reason,
        decided_by=None if removal is None else removal.actor,
        decided_at=decided_at,
        effect={"picture": str(avatar.pk), "was_there": True},
    )
    return case
