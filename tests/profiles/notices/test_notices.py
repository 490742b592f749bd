"""Notices are recorded once, counted for the bell, read, kept for a while, and sent only as their person wants."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.db.models import Q
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from profiles.models import AuditEntry, Notice, Profile
from profiles.notices import recording
from profiles.notices.choices import MAIL, SITE, build_unsubscribe_token, is_wanted, set_choices
from profiles.notices.kinds import PATIENCE, RULES, get_kinds
from profiles.notices.recording import KEPT, NewNotice, delete_old, mark_read, record_notice
from profiles.testing.people import a_person

pytestmark = pytest.mark.django_db
Kind = Notice.Kind
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def alice() -> Profile:
    return a_person("alice")


def tell(profile: Profile, kind: Notice.Kind = Kind.MADE, at: datetime = NOW, name: str = "Lake") -> Notice | None:
    subject = "7d9f1b5e-8f47-4a57-9b54-0f6f0a6f2a11"
    return record_notice(profile.pk, NewNotice(kind, at, subject, facts={"name": name}))


def unread(profile: Profile) -> int:
    profile.refresh_from_db()
    return profile.unread_notices


def test_what_happened_once_is_told_once(alice: Profile) -> None:
    assert tell(alice) is not None
    assert tell(alice) is None
    assert tell(alice, at=NOW + timedelta(seconds=1)) is not None
    assert unread(alice) == 2


def test_it_is_told_with_what_it_reports_or_not_at_all(alice: Profile) -> None:
    def change_and_fail() -> None:
        with transaction.atomic():
            tell(alice)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        change_and_fail()
    assert (unread(alice), Notice.objects.count()) == (0, 0)


def test_nobody_is_told_who_is_gone(alice: Profile) -> None:
    gone = Profile(pk=alice.pk)
    alice.user.delete()
    assert tell(gone) is None
    assert mark_read(gone.pk, NOW) == 0


def test_reading_ends_the_mail_unless_it_is_about_safety(alice: Profile) -> None:
    for kind in (Kind.LOST, Kind.SIGN_IN):
        tell(alice, kind)
    assert mark_read(alice.pk, NOW) == 2
    assert unread(alice) == 0
    due = dict(Notice.objects.values_list("kind", "due_at"))
    assert due == {Kind.LOST: None, Kind.SIGN_IN: NOW}


def test_reading_all_keeps_the_mail_of_what_stands_on_no_page(alice: Profile) -> None:
    set_choices(alice, {(Kind.LOST, SITE): False}, alice.user)
    tell(alice, Kind.LOST)
    tell(alice, Kind.RETURNED)
    assert mark_read(alice.pk, NOW) == 1
    due = dict(Notice.objects.values_list("kind", "due_at"))
    assert due == {Kind.LOST: NOW + PATIENCE, Kind.RETURNED: None}
    assert mark_read(alice.pk, NOW, Q(kind=Kind.LOST)) == 1, "what they have answered needs no mail"
    assert Notice.objects.get(kind=Kind.LOST).due_at is None


@pytest.mark.parametrize(("site", "mail"), [(True, True), (True, False), (False, True), (False, False)])
def test_each_kind_comes_where_its_person_wants_it(alice: Profile, *, site: bool, mail: bool) -> None:
    set_choices(alice, {(Kind.LOST, SITE): site, (Kind.LOST, MAIL): mail}, alice.user)
    notice = tell(alice, Kind.LOST)
    assert (notice is not None) == (site or mail)
    assert unread(alice) == site
    if notice is not None:
        assert notice.due_at == (NOW + PATIENCE if mail else None)
    entries = AuditEntry.objects.filter(profile=alice, action="profile.notices").count()
    assert entries == (not (site and mail))


def test_what_is_about_safety_can_not_be_switched_off(alice: Profile) -> None:
    required = [kind for kind, rule in RULES.items() if rule.is_required]
    assert required == [Kind.REMOVED, Kind.HELD, Kind.DECISION, Kind.SIGN_IN, Kind.ACCOUNT, Kind.EXPORT_READY]
    set_choices(alice, {(kind, channel): False for kind in required for channel in (SITE, MAIL)}, alice.user)
    alice.refresh_from_db()
    assert all(is_wanted(alice, kind, channel) for kind in required for channel in (SITE, MAIL))


def test_old_notices_go_and_so_do_those_beyond_the_limit(alice: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MOST", 3)
    for minute in range(5):
        tell(alice, at=NOW + timedelta(minutes=minute))
    assert unread(alice) == 3
    delete_old(NOW + KEPT + timedelta(minutes=3, seconds=30))
    assert list(alice.notices.values_list("at", flat=True)) == [NOW + timedelta(minutes=4)]
    assert unread(alice) == 1


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def hers(alice: Profile, client: Client) -> Client:
    client.force_login(alice.user)
    return client


def test_the_page_lists_them_by_day_in_pages_and_all_are_read_at_once(
    alice: Profile, hers: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    assert "Nothing here yet" in hers.get("/notices/").content.decode()
    now = timezone.now()
    for number in range(23):
        tell(alice, at=now - timedelta(hours=12 * number), name=f"Lake {number}.")
    with django_assert_max_num_queries(9):
        page = hers.get("/notices/").content.decode()
    assert 'aria-label="Notices, 23 unread"' in page
    assert len(re.findall('class="notices-day"', page)) >= 10
    assert ("Lake 19." in page, "Lake 20." in page) == (True, False)
    (rest,) = re.findall(r'href="(\?after=[^"]+)"', page)
    older = hers.get(f"/notices/{rest}").content.decode()
    assert ("Lake 19." in older, "Lake 20." in older, "Lake 22." in older) == (False, True, True)
    assert "Nothing further back" in hers.get("/notices/?after=0-" + "0" * 32).content.decode()
    assert unread(alice) == 23  # looking changes nothing
    hers.post("/notices/read/")
    page = hers.get("/notices/").content.decode()
    assert 'aria-label="Notices"' in page
    assert "Mark" not in page


def test_the_bell_costs_no_query_and_guests_have_none(
    alice: Profile, hers: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    hers.get("/notices/unread/")  # records the use of the session
    tell(alice)
    with django_assert_num_queries(3):  # the session, the user, the profile
        assert hers.get("/notices/unread/").json() == {"unread": 1}
    guest = Client()
    assert 'class="bell"' not in guest.get("/").content.decode()
    assert guest.get("/notices/unread/", headers={"accept": "application/json"}).status_code in {302, 401}


def test_the_settings_offer_what_can_be_sent_and_say_what_is_always_on(alice: Profile, hers: Client) -> None:
    page = hers.get("/settings/notices/").content.decode()
    assert {Kind.REPORT_DECIDED, Kind.DECISION} <= set(get_kinds())
    assert set(re.findall(r'name="(\w+)\.(\w+)"', page)) == {
        (kind, channel) for kind in get_kinds() if not RULES[kind].is_required for channel in (SITE, MAIL)
    }
    always = page.partition("Always on")[2]
    assert "You sign in on a new device" in always
    hers.post("/settings/notices/", {"received.site": "on", "made.mail": "on"})
    alice.refresh_from_db()
    assert is_wanted(alice, Kind.RECEIVED, SITE)
    assert not is_wanted(alice, Kind.RECEIVED, MAIL)
    assert is_wanted(alice, Kind.MADE, MAIL)
    assert not is_wanted(alice, Kind.LOST, SITE)


# --- mails of one kind are switched off by the mail -------------------------------------------------------------------


def test_one_click_of_a_mail_program_ends_mails_of_a_kind(alice: Profile) -> None:
    strict = Client(enforce_csrf_checks=True)  # without a session, a cookie or a token of ours
    address = f"/notices/unsubscribe/{build_unsubscribe_token(alice, Kind.LOST)}/"
    page = strict.get(address).content.decode()
    assert "Stop these mails" in page
    alice.refresh_from_db()
    assert is_wanted(alice, Kind.LOST, MAIL)
    assert strict.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    alice.refresh_from_db()
    assert not is_wanted(alice, Kind.LOST, MAIL)
    assert is_wanted(alice, Kind.LOST, SITE)
    assert is_wanted(alice, Kind.RECEIVED, MAIL)


@pytest.mark.parametrize("change", [lambda token: f"{token}a", lambda token: token[1:], lambda _: "1"])
def test_nobody_ends_the_mails_of_others(alice: Profile, change: object) -> None:
    assert callable(change)
    address = f"/notices/unsubscribe/{change(build_unsubscribe_token(alice, Kind.LOST))}/"
    assert Client().post(address).status_code == 404
    alice.refresh_from_db()
    assert is_wanted(alice, Kind.LOST, MAIL)
