"""What the desk shows of reports: what waits, a part of the page of each person, the sentences of the audit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from profiles.app_labels import PROFILES
from profiles.desk import parts
from profiles.desk.parts import (
    AttentionSource,
    PersonSection,
    PictureSection,
    Severity,
    Waiting,
)
from profiles.desk.roles import Role, give
from profiles.models import Avatar, Profile, Report, ReportCase
from profiles.reports.inbox import read_backlog

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

VIEW, MODERATE = f"{PROFILES}.view_reportcase", f"{PROFILES}.change_reportcase"
#: Cases that a page shows, newest first.
SHOWN = 10
WORDS = {
    "report.send": _("Reported somebody (%(reason)s)."),
    "report.open": _("Somebody reported their %(subject)s."),
    "report.claim": _("Took on a report about them."),
    "report.release": _("Left a report about them to others."),
    "report.assign": _("Gave a report about them to somebody else."),
    "report.decide": _("Decided a report about them (%(verdict)s): %(reason)s"),
    "report.undo": _("Took a decision about them back (%(verdict)s): %(reason)s"),
    "report.appeal": _("Appealed against a decision (%(verdict)s)."),
    "report.uphold": _("Upheld a decision that they had appealed (%(verdict)s): %(reason)s"),
    "report.revert": _("Took a decision back that they had appealed (%(verdict)s): %(reason)s"),
}


def register() -> None:
    give(Role.MODERATE, MODERATE)
    section = "profiles/admin/report_section.html"
    parts.register(
        attention=[AttentionSource("reports", _("Reports"), find_waiting, VIEW)],
        person_sections=[PersonSection("reports", _("Reports"), section, build_of_person, VIEW, 70)],
        picture_sections=[PictureSection("reports", _("Reports"), section, build_of_picture, VIEW, 70)],
        audit_words=WORDS,
    )


def find_waiting() -> Iterator[Waiting]:
    """Yield reports and appeals. The link leads to the one that the member of staff should decide next."""
    backlog, url = read_backlog(), reverse(f"admin:{PROFILES}_reportcase_next")
    if backlog.open:
        yield Waiting(_("reports to decide"), backlog.open, url, Severity.WORK)
    if backlog.appealed:
        yield Waiting(_("appeals to decide"), backlog.appealed, url, Severity.WORK)


def build_of_person(profile: Profile, staff: User) -> Mapping[str, object] | None:
    del staff
    about = list(ReportCase.objects.filter(profile=profile).order_by("-opened_at")[:SHOWN])
    made = list(Report.objects.select_related("case__profile").filter(reporter=profile).order_by("-at")[:SHOWN])
    return {"about": about, "made": made} if about or made else None


def build_of_picture(avatar: Avatar, staff: User) -> Mapping[str, object] | None:
    del staff
    about = list(ReportCase.objects.filter(image=avatar.image_id).order_by("-opened_at")[:SHOWN])
    return {"about": about} if about else None
