"""Whoever is told what they reported, and whoever it is about; nobody decides about themselves; nothing is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone, translation

from profiles.blocks.matching import active_blocks
from profiles.models import AuditEntry, Avatar, Notice, Profile, Reason, Report, ReportCase, StoredImage, Verdict
from profiles.own_data.parts import get_parts
from profiles.pictures.history import remove_avatar
from profiles.pictures.moderation import hide_avatar, is_hidden
from profiles.pictures.rights import moderate_avatar
from profiles.reports import cases, inbox
from profiles.reports.answering import answer_report
from profiles.reports.appeals import appeal, open_case_of_removal
from profiles.reports.deciding import Decision, decide, decide_appeal, undo
from profiles.reports.errors import ReportError
from profiles.reports.reporting import Complaint, Reporter, sign_seen, take_report
from profiles.reports.upkeep import close_and_reopen, delete_old_cases, erase
from profiles.serving.showing import find_profile
from profiles.store.purge import purge_unreferenced_images
from profiles.testing.jobs import run
from profiles.testing.people import a_person, a_picture, an_upload, in_use
from tests.kit.token_pictures import a_token_picture

pytestmark = pytest.mark.django_db
Subject, State = ReportCase.Subject, ReportCase.State
NOW = timezone.now()
REMOVE = Decision(Verdict.REMOVE, Reason.NUDITY)
KEEP = Decision(Verdict.KEEP, Reason.OTHER)
_networks = iter(range(1, 10_000))


@pytest.fixture(autouse=True)
def _no_limits_of_other_tests() -> None:
    cache.clear()


@pytest.fixture
def mod(db: None) -> User:
    return staff("mod")


@pytest.fixture
def other_mod(db: None) -> User:
    return staff("othermod")


def staff(name: str) -> User:
    user = a_person(name).user
    get_user_model().objects.filter(pk=user.pk).update(is_staff=True)
    return get_user_model().objects.get(pk=user.pk)


def guest(email: str = "") -> Reporter:
    return Reporter(None, (f"192.0.2.{next(_networks)}/32",), email, "en")


def person(profile: Profile) -> Reporter:
    return Reporter(profile, (f"192.0.2.{next(_networks)}/32",))


def report(
    about: Profile, by: Reporter, subject: str = Subject.PICTURE, reason: str = Reason.NUDITY, **more: Any
) -> ReportCase:
    about.refresh_from_db()
    return take_report(about, Complaint(subject, reason, **more), by, timezone.now()).case


def told(profile: Profile) -> list[tuple[str, str]]:
    return [(each.kind, each.sentence) for each in Notice.objects.filter(profile=profile).order_by("at", "pk")]


def answer_all() -> None:
    for report_id in Report.objects.filter(due_at__isnull=False).values_list("pk", flat=True):
        run(answer_report, report_id)


# --- reporting --------------------------------------------------------------------------------------------------------


def test_changing_the_picture_does_not_void_a_report(alice: Profile, bob: Profile, mod: User) -> None:
    seen = an_upload(alice)
    complaint = sign_seen(seen)
    remove_avatar(alice, seen.pk, alice.user)
    an_upload(alice)
    case = report(alice, person(bob), seen=complaint)
    assert (case.avatar_id, case.sha256) == (seen.pk, seen.image.sha256)
    StoredImage.objects.update(touched_at=NOW - timedelta(hours=2))
    purge_unreferenced_images(NOW + timedelta(hours=1))
    case.refresh_from_db()
    assert case.avatar is None, "its person removed it"
    assert case.image == seen.image, "the evidence stays"
    decide(case.pk, Decision(Verdict.WARN, Reason.NUDITY), mod, timezone.now())
    run(delete_old_cases)
    assert ReportCase.objects.exists()
    ReportCase.objects.update(delete_at=NOW - timedelta(days=1))
    run(delete_old_cases)
    purge_unreferenced_images(NOW + timedelta(hours=2))
    assert not StoredImage.objects.filter(pk=seen.image_id).exists(), "after its time, the evidence goes"


def test_reports_of_one_thing_join_and_one_reporter_counts_once(alice: Profile, bob: Profile) -> None:
    an_upload(alice)
    first = report(alice, person(bob), words="Look")
    neighbor = guest()
    for reporter in (person(bob), person(a_person("carol")), neighbor, neighbor):
        assert report(alice, reporter) == first
    first.refresh_from_db()
    assert (first.report_count, first.rank) == (3, 5)
    assert report(alice, person(bob), Subject.PROFILE) != first
    an_upload(alice)
    assert report(alice, person(bob)) != first, "another picture is another case"


def test_a_token_is_reported_by_what_its_source_calls_it(alice: Profile, bob: Profile) -> None:
    avatar = a_token_picture(alice, timezone.now())
    case = report(alice, person(bob), Subject.TOKEN)
    assert (case.subject, case.source, case.reference) == ("token", "nft", avatar.reference)
    an_upload(alice)
    assert report(alice, person(bob), Subject.TOKEN).subject == "picture", "an upload is no token"


def test_what_can_not_be_reported_is_refused_with_the_reason(alice: Profile, bob: Profile, settings: Any) -> None:
    with pytest.raises(ReportError, match="your own page"):
        report(alice, person(alice), Subject.PROFILE)
    with pytest.raises(ReportError, match="no picture"):
        report(alice, person(bob))
    alice.user.is_active = False
    alice.user.save()
    with pytest.raises(ReportError, match="no longer there"):
        report(alice, person(bob), Subject.PROFILE)
    settings.REPORTS_FROM_GUESTS = False
    with pytest.raises(ReportError, match="Sign in"):
        report(bob, guest(), Subject.PROFILE)


def test_whoever_reports_in_vain_all_the_time_weighs_nothing_and_is_not_asked_twice(
    alice: Profile, bob: Profile, mod: User
) -> None:
    for number in range(3):
        an_upload(alice)
        decide(report(alice, person(bob)).pk, KEEP, mod, timezone.now())
        if number == 0:
            with pytest.raises(ReportError, match="before"):
                report(alice, person(bob))
    an_upload(alice)
    case = report(alice, person(bob))
    assert (case.reports.get().weight, case.rank) == (0, 0)
    serious = a_person("dora")
    an_upload(serious)
    assert inbox.find_next(mod) == case
    assert inbox.find_next(mod) != report(serious, guest()) or inbox.find_next(mod) != case


def test_forms_and_limits(alice: Profile, client: Client, settings: Any) -> None:
    an_upload(alice)
    page = client.get("/u/alice/report/?what=profile")
    assert page.context["form"].initial["subject"] == "profile"
    answer = client.post("/u/alice/report/", {"subject": "picture", "reason": "", "words": "x" * 1001})
    assert (answer.status_code, sorted(answer.context["form"].errors)) == (422, ["reason", "words"])
    form = {"subject": "picture", "reason": "spam", "email": "guest@example.org"}
    assert client.post("/u/alice/report/", form).status_code == 302
    assert Report.objects.get().guest_email == "guest@example.org"
    settings.AVATAR_RATE_LIMITS = {"reports-network": (1, 3600)}
    answer = client.post("/u/alice/report/", form)
    assert (answer.status_code, "Retry-After" in answer.headers) == (429, True)
    settings.REPORTS_FROM_GUESTS = False
    assert client.get("/u/alice/report/").url == "/accounts/login/?next=/u/alice/report/"  # type: ignore[attr-defined]


# --- deciding ---------------------------------------------------------------------------------------------------------


def test_both_sides_are_told_the_reason_and_the_reported_never_who_reported(
    alice: Profile, bob: Profile, mod: User, django_capture_on_commit_callbacks: Any
) -> None:
    picture = an_upload(alice)
    bob.language = alice.language = "en"
    report(alice, person(bob), words="I know her")
    case = report(alice, guest("guest@example.org"))
    decide(case.pk, REMOVE, mod, timezone.now())
    answer_all()
    picture.refresh_from_db()
    assert (picture.is_locked, in_use(alice)) == (True, None)
    reason = "It shows nudity or sexual content."
    assert told(alice) == [("removed", reason)]
    assert told(bob) == [("report_decided", f"We removed the picture. The reason: {reason}")]
    [sent] = mail.outbox
    assert (sent.to, reason in sent.body) == (["guest@example.org"], True)
    assert "about alice was decided" in sent.subject
    exported = [part for part in get_parts() if part.name in {"decisions", "audit", "notices"}]
    rows = [str(list(part.rows_of(alice.user).values(*part.columns))) for part in exported]
    assert not [row for row in rows if "bob" in row or "I know her" in row or "guest@" in row]
    answer_all()
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("verdict", [Verdict.WARN, Verdict.REMOVE, Verdict.HIDE, Verdict.LOCK, Verdict.BLOCK])
def test_undo_restores_what_a_decision_changed(alice: Profile, bob: Profile, mod: User, verdict: str) -> None:
    picture = an_upload(alice)
    case = report(alice, person(bob))
    decide(case.pk, Decision(verdict, Reason.HATE, "Not here."), mod, timezone.now())
    alice.user.refresh_from_db()
    visible = find_profile("alice") is not None
    state = (in_use(alice) is not None, visible, alice.user.is_active, active_blocks().exists())
    assert (
        state
        == {
            Verdict.WARN: (True, True, True, False),
            Verdict.REMOVE: (False, True, True, False),
            Verdict.BLOCK: (False, True, True, True),
            Verdict.HIDE: (True, False, True, False),
            Verdict.LOCK: (True, False, False, False),
        }[Verdict(verdict)]
    )
    assert told(alice)[0][1] == "Not here."
    undo(case.pk, "Our mistake.", mod, timezone.now())
    alice.user.refresh_from_db()
    assert in_use(alice) == picture
    assert find_profile("alice") is not None
    assert alice.user.is_active
    assert not active_blocks().exists()
    case.refresh_from_db()
    assert (case.state, case.verdict, case.assignee) == (State.OPEN, "", mod)
    assert len(told(alice)) == 2
    actions = set(AuditEntry.objects.filter(profile=alice).values_list("action", flat=True))
    assert {"report.open", "report.decide", "report.undo"} <= actions
    answer_all()
    assert told(bob) == [], "a decision that was undone at once is not told"


def test_a_locked_person_reads_the_decision_by_mail_and_can_appeal_without_signing_in(
    alice: Profile, bob: Profile, mod: User, client: Client
) -> None:
    case = report(alice, person(bob), Subject.PROFILE)
    decide(case.pk, Decision(Verdict.LOCK, Reason.SPAM), mod, timezone.now())
    notice = Notice.objects.get(profile=alice)
    page = notice.facts["appeal"]
    assert "locked your account" in client.get(page).content.decode()
    assert client.get("/appeal/none-of-ours/").status_code == 404
    assert client.post(page, {"words": ""}).status_code == 422
    assert "with our team" in client.post(page, {"words": "I was robbed."}).content.decode()
    assert client.post(page, {"words": "Again"}).status_code == 409, "once only"
    case.refresh_from_db()
    assert (case.state, case.appeal_words) == (State.APPEALED, "I was robbed.")


def test_somebody_else_decides_the_appeal_for_good(alice: Profile, bob: Profile, mod: User, other_mod: User) -> None:
    picture = an_upload(alice)
    case = report(alice, person(bob))
    decide(case.pk, REMOVE, mod, timezone.now())
    appeal(case.pk, "It is art.", timezone.now())
    StoredImage.objects.update(touched_at=NOW - timedelta(days=200))
    purge_unreferenced_images(NOW + timedelta(days=99))
    assert Avatar.objects.filter(pk=picture.pk).exists(), "it is kept while the appeal lasts"
    with pytest.raises(ReportError, match="decided this first"):
        decide_appeal(case.pk, "No.", mod, timezone.now(), is_upheld=True)
    assert inbox.find_next(mod) is None
    assert inbox.find_next(other_mod) == case
    decide_appeal(case.pk, "It is.", other_mod, timezone.now(), is_upheld=False)
    answer_all()
    assert in_use(alice) == picture
    assert ("decision", "It is.") in told(alice)
    assert "taken back. It is." in told(bob)[-1][1]
    with pytest.raises(ReportError):
        undo(case.pk, "x", mod, timezone.now())
    with pytest.raises(ReportError):
        appeal(case.pk, "x", timezone.now())
    with pytest.raises(ReportError):
        decide_appeal(case.pk, "x", other_mod, timezone.now(), is_upheld=True)


def test_a_removal_without_a_report_can_be_appealed_too_within_its_time(
    alice: Profile, bob: Profile, mod: User, other_mod: User, client: Client
) -> None:
    picture = an_upload(alice)
    moderate_avatar(picture.pk, "Not you.", mod)
    page = f"/settings/picture/{picture.pk}/appeal/"
    client.force_login(bob.user)
    assert client.get(page).status_code == 404
    client.force_login(alice.user)
    assert "Not you." in client.get(page).content.decode()
    assert page in client.get("/").content.decode(), "the notice leads there"
    assert not ReportCase.objects.exists(), "looking makes nothing"
    client.post(page, {"words": "It is me."})
    case = ReportCase.objects.get()
    assert (case.state, case.decided_by, case.report_count) == (State.APPEALED, mod, 0)
    decide_appeal(case.pk, "Right.", other_mod, timezone.now(), is_upheld=False)
    assert in_use(alice) == picture
    moderate_avatar(picture.pk, "Not you.", mod)
    late = open_case_of_removal(alice, picture.pk)
    ReportCase.objects.filter(pk=late.pk).update(state="decided", decided_at=NOW - timedelta(days=15))
    with pytest.raises(ReportError, match="time"):
        appeal(late.pk, "Hm", timezone.now())


def test_nobody_decides_about_themselves_or_what_they_reported(alice: Profile, mod: User, other_mod: User) -> None:
    boss = get_user_model().objects.create_superuser("boss")
    about_mod = report(mod.avatar_profile, person(alice), Subject.PROFILE)
    an_upload(alice)
    by_mod = report(alice, person(mod.avatar_profile))
    for case in (about_mod, by_mod):
        assert cases.why_not(case, mod)
        with pytest.raises(ReportError):
            decide(case.pk, KEEP, mod, timezone.now())
    with pytest.raises(ReportError):
        cases.assign(about_mod.pk, mod.pk, boss)
    with pytest.raises(ReportError, match="can’t be decided"):
        decide(about_mod.pk, Decision(Verdict.LOCK, Reason.HATE), other_mod, timezone.now())
    decide(about_mod.pk, Decision(Verdict.LOCK, Reason.HATE), boss, timezone.now())
    cases.claim(by_mod.pk, boss)
    with pytest.raises(ReportError, match="boss works on this"):
        decide(by_mod.pk, KEEP, other_mod, timezone.now())
    cases.release(by_mod.pk, boss)
    cases.assign(by_mod.pk, other_mod.pk, boss)
    decide(by_mod.pk, KEEP, other_mod, timezone.now())
    with pytest.raises(ReportError, match="meanwhile"):
        decide(by_mod.pk, KEEP, boss, timezone.now())


def test_cases_close_by_themselves_and_come_back_with_the_person(alice: Profile, bob: Profile) -> None:
    case = report(alice, person(bob), Subject.PROFILE)
    for is_active, state in ((False, State.CLOSED), (True, State.OPEN)):
        alice.user.is_active = is_active
        alice.user.save()
        run(close_and_reopen)
        case.refresh_from_db()
        assert (case.state, case.delete_at is None) == (state, is_active)


def test_a_deletion_closes_what_is_about_a_person_and_forgets_what_they_wrote(alice: Profile, bob: Profile) -> None:
    report(alice, person(bob), Subject.PROFILE)
    report(alice, guest("guest@example.org"), Subject.PROFILE)
    theirs = report(bob, person(alice), Subject.PROFILE, words="He knows why.").reports.get()
    for _ in range(2):
        erase(alice.user, timezone.now())
    alice.user.delete()
    assert told(bob) == [("report_decided", "What you reported is no longer there.")]
    assert len(mail.outbox) == 1
    theirs.refresh_from_db()
    assert (theirs.words, theirs.reporter, theirs.case.report_count) == ("", None, 1)


def test_a_picture_hidden_meanwhile_can_be_removed_and_one_removed_by_its_person_stays_removed(
    alice: Profile, bob: Profile, mod: User
) -> None:
    hidden = an_upload(alice)
    case = report(alice, person(bob))
    with translation.override("de"):
        hide_avatar(hidden.pk, "Let us see.", mod)
        hidden.refresh_from_db()
        assert (hidden.reason, is_hidden(hidden)) == ("Verborgen, während unser Team es sich ansieht.", True)
    hidden.refresh_from_db()
    assert (hidden.reason, is_hidden(hidden)) == ("Hidden while the site’s team looks at it.", True)
    decide(case.pk, REMOVE, mod, timezone.now())
    undo(case.pk, "No.", mod, timezone.now())
    assert in_use(alice) == hidden
    remove_avatar(alice, hidden.pk, alice.user)
    decide(case.pk, REMOVE, mod, timezone.now())
    undo(case.pk, "No.", mod, timezone.now())
    hidden.refresh_from_db()
    assert (hidden.state, hidden.is_locked) == ("removed", False)


def test_similar_pictures_are_found_and_plain_ones_are_not(alice: Profile, bob: Profile) -> None:
    content = a_picture(size=(300, 300), color="#aa3322")
    carol, dave = a_person("carol"), a_person("dave")
    an_upload(alice, content)
    an_upload(carol, content)
    an_upload(dave, a_picture("JPEG", size=(320, 320), color="#aa3322"))
    first, same, alike = (report(each, person(bob)) for each in (alice, carol, dave))
    assert inbox.find_similar(first)[:1] == [same]
    assert alike in inbox.find_similar(first)
