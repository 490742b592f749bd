"""What becomes of a picture whose right is lost, by the wishes of site and person; and what they are told of it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db.models import Q
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from profiles.models import Avatar, Notice, Profile
from profiles.notices.recording import mark_read
from profiles.pictures import rights
from profiles.pictures.history import choose_avatar, remove_avatar
from profiles.pictures.rights import moderate_avatar, reinstate_avatar, revert_after_grace, set_on_loss, withdraw_avatar
from profiles.serving.lookup import find_avatar_view
from profiles.serving.showing import shown_picture
from profiles.testing.people import a_person, an_upload
from tests.kit.token_pictures import a_token_picture

pytestmark = pytest.mark.django_db
LOST = "is no longer your verified picture."
HOUR, DAY, MOMENT = timedelta(hours=1), timedelta(days=1), timedelta(seconds=30)


@pytest.fixture(autouse=True)
def _site(settings: Settings) -> None:
    settings.AVATAR_MARK_MAX_AGE, settings.AVATAR_IMAGE_MAX_AGE = 3600, 86_400
    settings.AVATAR_ON_LOSS, settings.AVATAR_ON_LOSS_CHOICES, settings.AVATAR_LOSS_GRACE = (
        "revert",
        ["revert", "plain", "keep"],
        0,
    )


def wish(profile: Profile, on_loss: str = "revert", *, returns: bool = True) -> None:
    set_on_loss(profile, on_loss=on_loss, returns_by_itself=returns, actor=profile.user)
    profile.refresh_from_db()


def lose(avatar: Avatar, at: datetime | None = None) -> None:
    assert withdraw_avatar(avatar.pk, "The token was transferred away.", lost_at=at or timezone.now())


def seen(profile: Profile, at: datetime | None = None) -> tuple[Avatar | None, bool]:
    profile.refresh_from_db()
    shown = shown_picture(profile, at or timezone.now())
    return shown.avatar, shown.mark


def told(profile: Profile) -> list[str]:
    unread = profile.notices.unread().order_by("at").values_list("kind", flat=True)
    profile.refresh_from_db()
    assert profile.unread_notices == profile.asking_notices == len(unread)
    return list(unread)


# --- one answer everywhere (V1) ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Situation:
    """Of a token picture that is in use: its state, and how long ago the last good check, or its loss, was."""

    state: str
    age: timedelta
    doubted: bool = False
    offered: bool = False


SITUATIONS = {
    "fresh": Situation("active", MOMENT),
    "fresh, a transfer seen": Situation("active", MOMENT, doubted=True),
    "past the mark's age": Situation("active", HOUR + MOMENT),
    "past the picture's age": Situation("active", DAY + MOMENT),
    "of a clock that runs ahead": Situation("active", -HOUR),
    "lost a moment ago": Situation("withdrawn", MOMENT),
    "lost long ago": Situation("withdrawn", 2 * HOUR),
    "back, and offered": Situation("active", MOMENT, offered=True),
}
NOTHING = "nothing"


def expected(name: str, on_loss: str, *, grace: bool, before: bool) -> tuple[str, bool]:
    """What must be shown, token, earlier or nothing, and whether with the mark: the policy in words."""
    if name == "fresh":
        return "token", True
    if name in {"fresh, a transfer seen", "past the mark's age"}:
        return "token", False
    if name == "lost a moment ago" and grace:
        return "token", False
    if on_loss == "keep" and name != "back, and offered":
        return "token", False
    return ("earlier" if before and on_loss != "plain" else NOTHING), False


def put(avatar: Avatar, what: Situation, now: datetime) -> None:
    """By columns, with the pointer on it as it would be."""
    columns: dict[str, Any] = {"state": what.state, "is_doubted": what.doubted, "is_offered": what.offered}
    lost = what.state == "withdrawn"
    columns |= {"attested_at": None if lost else now - what.age, "lost_at": now - what.age if lost else None}
    Avatar.objects.filter(pk=avatar.pk).update(**columns)
    Profile.objects.filter(pk=avatar.profile_id).update(avatar=avatar)


@pytest.mark.parametrize("on_loss", ["revert", "plain", "keep"])
def test_page_picture_and_receipt_agree_whatever_the_state_age_and_wish(
    on_loss: str, client: Client, settings: Settings
) -> None:
    for before in (True, False):
        person = a_person(f"{on_loss}-{before}".lower())
        earlier = an_upload(person) if before else None
        token = a_token_picture(person, timezone.now())
        Profile.objects.filter(pk=person.pk).update(on_loss=on_loss)
        names = {token.pk: "token", None: NOTHING} | ({earlier.pk: "earlier"} if earlier else {})
        for grace, (name, what) in itertools.product((0, 3600), SITUATIONS.items()):
            settings.AVATAR_LOSS_GRACE = grace
            put(token, what, timezone.now())
            wanted = expected(name, on_loss, grace=bool(grace), before=before)
            case = (name, on_loss, grace, before)
            assert by_page(client, person, names) == wanted, case
            assert by_receipt(client, person) == wanted, case
            assert by_picture(client, person, names) == wanted[0], case
            assert (by_pointer_law(token, person) == "token") >= (wanted[0] == "token"), case


def by_page(client: Client, person: Profile, names: dict[UUID | None, str]) -> tuple[str, bool]:
    page = client.get(f"/u/{person.handle}/")
    shown = page.context["shown"].avatar
    has_mark = "avatar-hexagon" in page.content.decode()
    assert has_mark == ("Verified NFT" in page.content.decode())
    return names[shown.pk if shown else None], has_mark


def by_receipt(client: Client, person: Profile) -> tuple[str, bool]:
    receipt = client.get(f"/avatar/{person.handle}.json").json()
    return {"nft": "token", "upload": "earlier", None: NOTHING}[receipt["source"]], receipt["mark"]


def by_picture(client: Client, person: Profile, names: dict[UUID | None, str]) -> str:
    answer = client.get(f"/avatar/{person.handle}.webp?d=404&s=64")
    if answer.status_code == 404:
        return NOTHING
    sha256 = answer.headers["ETag"].strip('"').partition("-")[0]
    return names[Avatar.objects.get(profile=person, image__renditions__sha256=sha256).pk]


def by_pointer_law(token: Avatar, person: Profile) -> str:
    first = person.avatars.in_use(Profile.objects.get(pk=person.pk).on_loss, timezone.now()).first()
    return "token" if first == token else "other"


# --- the person's wish ------------------------------------------------------------------------------------------------


def test_by_default_the_earlier_picture_is_back_at_once(alice: Profile) -> None:
    upload, token = an_upload(alice), a_token_picture(alice, timezone.now())
    lose(token)
    assert seen(alice) == (upload, False)
    assert alice.avatar == upload


def test_a_loss_noted_by_a_clock_that_runs_ahead_counts_at_once(alice: Profile) -> None:
    upload, token = an_upload(alice), a_token_picture(alice, timezone.now())
    lose(token, timezone.now() + timedelta(minutes=2))
    assert seen(alice) == (upload, False)
    assert alice.avatar == upload


def test_who_wants_no_picture_then_gets_none_until_they_choose(alice: Profile) -> None:
    upload, token = an_upload(alice), a_token_picture(alice, timezone.now())
    wish(alice, "plain")
    lose(token)
    assert seen(alice) == (None, False)
    choose_avatar(alice, upload.pk, alice.user)
    assert seen(alice) == (upload, False)


def test_what_is_kept_has_no_mark_and_can_be_given_up(alice: Profile) -> None:
    upload, token = an_upload(alice), a_token_picture(alice, timezone.now())
    wish(alice, "keep")
    lose(token)
    assert seen(alice, timezone.now() + timedelta(days=400)) == (token, False)
    remove_avatar(alice, token.pk, alice.user)
    assert seen(alice) == (upload, False)


def test_a_wish_that_the_site_no_longer_allows_counts_for_nothing(alice: Profile, settings: Settings) -> None:
    upload, token = an_upload(alice), a_token_picture(alice, timezone.now())
    wish(alice, "keep")
    lose(token)
    settings.AVATAR_ON_LOSS_CHOICES = ["revert"]
    assert seen(alice) == (upload, False)
    face = find_avatar_view("alice", timezone.now())
    assert face is not None
    assert face.square is not None
    assert face.square.sha256 in upload.image.renditions.values_list("sha256", flat=True)


def test_changing_one_s_mind_holds_for_what_is_lost_already(alice: Profile) -> None:
    upload, token = an_upload(alice), a_token_picture(alice, timezone.now())
    wish(alice, "keep")
    lose(token)
    wish(alice, "revert")
    assert seen(alice) == (upload, False)
    assert alice.avatar == upload


def test_one_s_own_doing_is_no_loss(alice: Profile) -> None:
    upload, token = an_upload(alice), a_token_picture(alice, timezone.now())
    wish(alice, "keep")
    withdraw_avatar(token.pk, "You took this token off your list.", alice.user)
    assert seen(alice) == (upload, False)
    assert told(alice) == []


def test_after_the_grace_the_pointer_follows_what_is_shown(
    alice: Profile, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.AVATAR_LOSS_GRACE = 3600
    now = timezone.now()
    upload, token = an_upload(alice), a_token_picture(alice, now)
    lose(token, now)
    assert (seen(alice, now + HOUR / 2), seen(alice, now + HOUR)) == ((token, False), (upload, False))
    with django_assert_num_queries(1):
        find_avatar_view("alice", now + HOUR / 2)
    assert (revert_after_grace(now + HOUR / 2), alice.avatar) == (0, token)
    settings.AVATAR_LOSS_GRACE = 0
    assert revert_after_grace(now + HOUR) == 1
    alice.refresh_from_db()
    assert alice.avatar == upload
    assert revert_after_grace(now + HOUR) == 0


def test_people_who_keep_a_lost_picture_hide_nobody_from_the_job(
    alice: Profile, bob: Profile, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(rights, "MAX_AT_ONCE", 1)
    settings.AVATAR_LOSS_GRACE = 3600
    now = timezone.now()
    wish(alice, "plain")
    upload = an_upload(bob)
    lose(a_token_picture(alice, now), now)
    lose(a_token_picture(bob, now), now)
    settings.AVATAR_LOSS_GRACE = 0
    assert revert_after_grace(now + HOUR) == 1
    bob.refresh_from_db()
    assert bob.avatar == upload


# --- coming back ------------------------------------------------------------------------------------------------------


def test_what_comes_back_is_the_picture_again_and_nobody_was_bothered(alice: Profile) -> None:
    an_upload(alice)
    token = a_token_picture(alice, timezone.now())
    lose(token)
    assert told(alice) == ["lost"]
    reinstate_avatar(token.pk, timezone.now())
    assert seen(alice) == (token, True)
    assert told(alice) == []


@pytest.mark.parametrize("on_loss", ["revert", "plain"])
def test_who_wants_to_be_asked_is_asked(on_loss: str, alice: Profile, client: Client) -> None:
    upload, token = an_upload(alice), a_token_picture(alice, timezone.now())
    wish(alice, on_loss, returns=False)
    lose(token)
    reinstate_avatar(token.pk, timezone.now())
    assert seen(alice) == ((upload if on_loss == "revert" else None), False)
    assert told(alice) == ["returned"]
    client.force_login(alice.user)
    page = client.get("/settings/profile/").content.decode()
    assert "is yours again" in page
    assert f"/settings/picture/{token.pk}/use/" in page
    client.post(f"/settings/picture/{token.pk}/use/")
    assert seen(alice) == (token, True)
    assert told(alice) == []


def test_if_another_was_chosen_since_what_comes_back_is_offered(alice: Profile) -> None:
    upload, token = an_upload(alice), a_token_picture(alice, timezone.now())
    lose(token)
    choose_avatar(alice, upload.pk, alice.user)
    assert told(alice) == []
    reinstate_avatar(token.pk, timezone.now())
    assert (seen(alice), told(alice)) == ((upload, False), ["returned"])


def test_what_was_kept_gets_its_mark_back_without_asking(alice: Profile) -> None:
    token = a_token_picture(alice, timezone.now())
    wish(alice, "keep", returns=False)
    lose(token)
    reinstate_avatar(token.pk, timezone.now())
    assert seen(alice) == (token, True)


# --- the notice -------------------------------------------------------------------------------------------------------


def test_the_notice_stays_until_it_is_dismissed(alice: Profile, client: Client) -> None:
    an_upload(alice)
    lose(a_token_picture(alice, timezone.now()))
    client.force_login(alice.user)
    for path in ("/", "/settings/profile/"):
        assert LOST in client.get(path).content.decode()
    notice = Notice.objects.get()
    address = f"/settings/notices/{notice.pk}/dismiss/"
    assert client.post(address, {"next": "/settings/profile/"}).headers["Location"] == "/settings/profile/"
    assert LOST not in client.get("/").content.decode()
    assert client.post(address, {"next": "https://evil.example/"}).headers["Location"] == "/notices/"


def test_nobody_dismisses_the_notice_of_another(alice: Profile, client: Client) -> None:
    lose(a_token_picture(alice, timezone.now()))
    bob = a_person("bob")
    client.force_login(bob.user)
    assert client.post(f"/settings/notices/{Notice.objects.get().pk}/dismiss/").status_code == 404
    assert not mark_read(bob.pk, timezone.now(), Q(pk=Notice.objects.get().pk))
    assert told(alice) == ["lost"]


def test_the_wishes_are_kept_by_their_form(alice: Profile, client: Client, settings: Settings) -> None:
    settings.AVATAR_ON_LOSS_CHOICES = ["plain"]
    client.force_login(alice.user)
    page = client.get("/settings/loss/").content.decode()
    assert 'value="plain"' in page
    assert 'value="keep"' not in page
    assert client.post("/settings/loss/", {"on_loss": "keep"}).status_code == 422
    client.post("/settings/loss/", {"on_loss": "plain"})
    alice.refresh_from_db()
    assert (alice.on_loss, alice.returns_by_itself) == ("plain", False)
    client.post("/settings/loss/", {"on_loss": "revert", "returns_by_itself": "on"})
    alice.refresh_from_db()
    assert (alice.on_loss, alice.returns_by_itself) == ("", True)


def test_what_the_site_s_team_takes_down_is_told_with_its_reason(alice: Profile, client: Client) -> None:
    upload = an_upload(alice)
    wish(alice, "keep")
    moderate_avatar(upload.pk, "It shows somebody else.", a_person("staff").user)
    assert (seen(alice), told(alice)) == ((None, False), ["removed"])
    client.force_login(alice.user)
    page = client.get("/").content.decode()
    assert "was removed by the site" in page
    assert "It shows somebody else." in page
