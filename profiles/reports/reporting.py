"""Take a report: check it, keep what was shown, and join it to the open case about the same thing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core import signing
from django.db.models import Q
from django.utils.crypto import salted_hmac

from profiles import settings
from profiles.audit import record
from profiles.limits import spend, spend_in_networks
from profiles.models import MAX_WORDS, Avatar, Profile, Report, ReportCase
from profiles.pictures.changing import lock_profile
from profiles.reports.errors import ReportError
from profiles.reports.weighing import MOST, weigh
from profiles.sentences import gettext as _
from profiles.serving.showing import shown_picture

Subject, State = ReportCase.Subject, ReportCase.State
PER_PERSON, PER_NETWORK = 20, 10  # reports in an hour
SALT = "profiles.reports.seen"
#: Seconds for which a report page knows which picture it showed.
SEEN_FOR = 24 * 3600
_DONE = [State.DECIDED, State.APPEALED, State.FINAL]


@dataclass(frozen=True)
class Reporter:
    """Who reports: a person, or a guest with the networks they come from, and perhaps an address for the answer."""

    profile: Profile | None
    networks: tuple[str, ...]
    email: str = ""
    language: str = ""


@dataclass(frozen=True)
class Thing:
    """What another app's page showed, whether or not a person has it as a picture. `describe_reference` explains it."""

    source: str
    reference: str
    title: str = ""


@dataclass(frozen=True)
class Complaint:
    """What is reported, and why. `seen` names the picture that the page showed: see `sign_seen`."""

    subject: str
    reason: str
    words: str = ""
    seen: str = ""
    thing: Thing | None = None


def sign_seen(avatar: Avatar | None) -> str:
    """Return what a report page sends along, so that a report is about the picture that its reader saw."""
    return "" if avatar is None else signing.dumps(str(avatar.pk), salt=SALT)


def take_report(profile: Profile, complaint: Complaint, reporter: Reporter, now: datetime) -> Report:
    """Record a report about a person. The same reporter's second one about the same thing replaces their first.

    Raise ReportError for what can't be reported, TooMany past the limits.
    """
    _check(profile, reporter)
    _spend(reporter)
    weight = weigh(reporter.profile)
    with lock_profile(profile.pk) as owner:
        if owner.is_hidden:
            raise ReportError(_("This page is no longer there, so there is nothing to report."))
        case = _open_case(owner, complaint, now)
        _check_not_decided(case, reporter)
        key = _key_of(reporter, case)
        said = {"reason": complaint.reason, "words": complaint.words[:MAX_WORDS], "at": now, "weight": weight}
        facts = said | {
            "reporter": reporter.profile,
            "guest_email": "" if reporter.profile else reporter.email,
            "language": reporter.language,
        }
        report, _created = case.reports.update_or_create(reporter_key=key, defaults=facts)
        _weigh_again(case)
        if reporter.profile is not None:
            record(reporter.profile, "report.send", reporter.profile.user, reason=complaint.reason)
    return report


def _check(profile: Profile, reporter: Reporter) -> None:
    if reporter.profile is None and not settings.current().guest_reports:
        raise ReportError(_("Sign in to report something."))
    if reporter.profile is not None and reporter.profile.pk == profile.pk:
        raise ReportError(_("This is your own page. Choose another picture, or change your profile."))


def _spend(reporter: Reporter) -> None:
    if reporter.profile is not None:
        spend("reports", reporter.profile.pk, PER_PERSON)
    spend_in_networks("reports-network", reporter.networks, PER_PERSON if reporter.profile else PER_NETWORK)


def _open_case(owner: Profile, complaint: Complaint, now: datetime) -> ReportCase:
    """Return the open case about the same thing, or a new one with the evidence. The profile is locked."""
    avatar = _seen(owner, complaint, now)
    thing = complaint.thing or _thing_of(avatar)
    if complaint.subject != Subject.PROFILE and avatar is None and thing is None:
        raise ReportError(_("There is no picture to report any more. You can report the page."))
    subject = complaint.subject
    if subject == Subject.TOKEN and thing is None:
        subject = Subject.PICTURE
    key = _key_of_case(owner, subject, avatar, thing)
    asleep = Q(state=State.CLOSED)
    waiting = ReportCase.objects.select_for_update(of=("self",)).filter(Q(state=State.OPEN) | asleep, key=key)
    case = waiting.order_by("-opened_at").first()
    if case is None:
        return _make_case(owner, subject, key, avatar, complaint.thing, now)
    if case.state == State.CLOSED:  # the person is back: see profiles.reports.upkeep
        case.state, case.delete_at = State.OPEN, None
        case.save(update_fields=["state", "delete_at"])
    return case


def _thing_of(avatar: Avatar | None) -> Thing | None:
    return Thing(avatar.source, avatar.reference) if avatar is not None and avatar.reference else None


def _make_case(
    owner: Profile, subject: str, key: str, avatar: Avatar | None, thing: Thing | None, now: datetime
) -> ReportCase:
    shown = {
        "name": owner.name,
        "handle": owner.handle,
        "pronouns": owner.pronouns,
        "bio": owner.bio,
        "links": "\n".join(owner.links),
    }
    picture: dict[str, object] = {"sha256": ""}
    if avatar is not None:
        shown |= {"title": avatar.title, "alt_text": avatar.alt_text}
        picture = {
            "avatar": avatar,
            "image": avatar.image,
            "sha256": avatar.image.sha256,
            "source": avatar.source,
            "reference": avatar.reference,
        }
    if thing is not None:
        shown |= {"title": thing.title, "about": thing.title}
        picture |= {"source": thing.source, "reference": thing.reference}
    case: ReportCase = owner.report_cases.create(subject=subject, key=key, opened_at=now, shown=shown, **picture)
    record(owner, "report.open", None, case=str(case.pk), subject=subject, sha256=case.sha256)
    return case


def _seen(owner: Profile, complaint: Complaint, now: datetime) -> Avatar | None:
    """Return the picture that the reporter saw if it is still there, else the one that is now on the person's page."""
    found = None
    if pk := _read_seen(complaint.seen):
        found = owner.avatars.select_related("image").filter(pk=pk, is_locked=False).first()
    return found if found is not None or complaint.thing is not None else shown_picture(owner, now).avatar


def _read_seen(seen: str) -> UUID | None:
    try:
        return UUID(signing.loads(seen, salt=SALT, max_age=SEEN_FOR)) if seen else None
    except (signing.BadSignature, ValueError):
        return None


def _key_of_case(owner: Profile, subject: str, avatar: Avatar | None, thing: Thing | None) -> str:
    if subject == Subject.TOKEN and thing is not None:
        return f"{owner.pk} token {hashlib.sha256(f'{thing.source} {thing.reference}'.encode()).hexdigest()}"
    if subject == Subject.PROFILE or avatar is None:
        return f"{owner.pk} profile"
    return f"{owner.pk} picture {avatar.image.sha256}"


def _key_of(reporter: Reporter, case: ReportCase) -> str:
    """Return who this is within one case. Of a guest's network, nothing can be found by it in another case."""
    who = f"person {reporter.profile.pk}" if reporter.profile else f"guest {reporter.networks[0]} {case.pk}"
    return salted_hmac("profiles.reports.reporter", who, algorithm="sha256").hexdigest()


def _check_not_decided(case: ReportCase, reporter: Reporter) -> None:
    """Refuse to have the same thing decided again for the same person."""
    if reporter.profile is None:
        return
    before = Report.objects.filter(reporter=reporter.profile, case__key=case.key, case__state__in=_DONE)
    if case.subject != Subject.PROFILE and before.exists():
        raise ReportError(_("You reported this before, and it was decided. Your notices say how."))


def _weigh_again(case: ReportCase) -> None:
    weights = list(case.reports.values_list("weight", flat=True)[: 10 * MOST])
    case.report_count, case.rank = len(weights), min(sum(weights), MOST)
    case.save(update_fields=["report_count", "rank"])
