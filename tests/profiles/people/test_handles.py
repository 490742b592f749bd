"""Handles: what people type becomes one, whether it is free is said at once, and one that was left leads to the new."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from profiles.models import HANDLE_RULE, FormerHandle, Profile
from profiles.people.handle_changes import find_free_variant, forget_former_handles
from profiles.people.handles import HANDLE_TAKEN, HANDLE_TOO_SOON, HandleError, check_handle, suggest_handle
from profiles.people.profiles import ProfileText, profile_of, update_profile
from profiles.testing.people import a_person, an_upload

pytestmark = pytest.mark.django_db
NOW = timezone.now()
KEPT = timedelta(days=90)


def rename(profile: Profile, handle: str, after: timedelta = timedelta(0)) -> Profile:
    return update_profile(profile, ProfileText(handle), actor=profile.user, now=NOW + after)


@pytest.mark.parametrize(
    ("typed", "handle"),
    [
        ("alice", "alice"),
        (" Lena.Mueller ", "lena-mueller"),
        ("Jörg", "jorg"),
        ("Bjørn Łukasz", "bjorn-lukasz"),
        ("O’Brien & Søn", "o-brien-son"),
        ("__x__", ""),
        ("ab" * 20, "ab" * 15),
        ("a" * 29 + "-b", "a" * 29),
        ("李雷", ""),
        ("İstanbul", "istanbul"),
        ("", ""),
    ],
)
def test_what_people_type_becomes_a_handle(typed: str, handle: str) -> None:
    assert suggest_handle(typed) == handle
    assert suggest_handle(handle) == handle


def test_while_it_is_typed_the_page_says_whether_it_is_free(client: Client, alice: Profile) -> None:
    def said(name: str) -> tuple[str, bool, str]:
        answer = client.get("/handles/check/", {"name": name})
        assert answer["Cache-Control"] == "private, no-store"
        return tuple(answer.json().values())

    assert said("Lena.Mueller") == ("lena-mueller", True, "Free. Your page: /u/lena-mueller")
    assert said("Alice") == ("alice", False, "The handle alice is taken. Please choose another. Free: alice-2")
    assert said("admin")[1:] == (False, "The handle admin is reserved. Please choose another. Free: admin-2")
    assert said("李雷")[1:] == (False, str(HANDLE_RULE))
    client.force_login(alice.user)
    assert said("alice")[1], "it is her own"


@pytest.mark.parametrize(
    ("handle", "variant"),
    [("lena", "lena-2"), ("", ""), ("-_-", ""), ("lena-", "lena-2"), (f"{'l' * 27}-na", f"{'l' * 27}-2")],
)
def test_a_variant_is_a_handle_or_nothing(handle: str, variant: str) -> None:
    assert find_free_variant(handle, timezone.now()) == variant
    if variant:
        check_handle(variant)


def test_who_asks_too_often_waits(client: Client, settings: Settings) -> None:
    settings.AVATAR_RATE_LIMITS = {"handle-checks": (2, 60)}
    answers = [client.get("/handles/check/?name=x1") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2]["Retry-After"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/u/alice/", "/u/wonder/"),
        ("/u/Alice/use/?size=64", "/u/wonder/use/?size=64"),
        ("/u/alice/card.jpg", "/u/wonder/card.jpg"),
        ("/u/alice/receipt/", "/u/wonder/receipt/"),
        ("/avatar/alice", "/avatar/wonder"),
        ("/avatar/alice.png?s=64&d=404", "/avatar/wonder.png?s=64&d=404"),
        ("/avatar/alice.json", "/avatar/wonder.json"),
        ("/prove/alice/", "/prove/wonder/"),
    ],
)
def test_what_points_at_a_handle_that_was_left_leads_to_the_new_one(
    client: Client, alice: Profile, old: str, new: str
) -> None:
    an_upload(alice)
    rename(alice, "wonder")
    answer = client.get(old)
    assert (answer.status_code, answer["Location"]) == (302, new)
    assert client.get(new).status_code == 200
    FormerHandle.objects.update(kept_until=NOW)
    assert client.get(old).status_code != 302


def test_a_handle_that_was_left_is_nobody_elses_until_its_time_is_over(alice: Profile) -> None:
    rename(alice, "wonder")
    bob = a_person("bob")
    with pytest.raises(HandleError) as refused:
        rename(bob, "alice", KEPT - timedelta(seconds=1))
    assert refused.value.is_a(HANDLE_TAKEN)
    newcomer = get_user_model().objects.create_user("Alice")
    assert profile_of(newcomer).handle.startswith("user-")
    assert rename(bob, "alice", KEPT).handle == "alice"
    assert FormerHandle.objects.get(profile=bob).handle == "bob"
    assert not FormerHandle.objects.filter(profile=alice).exists()


def test_who_left_it_may_come_back(alice: Profile) -> None:
    rename(alice, "wonder")
    assert rename(alice, "alice").handle == "alice"
    assert list(alice.former_handles.values_list("handle", flat=True)) == ["wonder"]


def test_changes_need_a_pause_after_three(alice: Profile) -> None:
    for handle in ("one", "two", "three"):
        rename(alice, handle)
    with pytest.raises(HandleError, match="again on") as refused:
        rename(alice, "four", timedelta(days=29))
    assert refused.value.is_a(HANDLE_TOO_SOON)
    assert update_profile(alice, ProfileText("three", "A"), actor=None, now=NOW).display_name == "A"
    assert rename(alice, "four", timedelta(days=31)).handle == "four"


def test_a_name_that_somebody_signs_in_with_is_nobody_elses_handle(alice: Profile) -> None:
    get_user_model().objects.create_user("carol")
    with pytest.raises(HandleError, match="carol is taken"):
        rename(alice, "carol")


def test_rows_of_handles_whose_time_is_over_are_deleted(alice: Profile) -> None:
    rename(alice, "wonder")
    forget_former_handles(NOW + KEPT - timedelta(seconds=1))
    assert FormerHandle.objects.exists()
    forget_former_handles(NOW + KEPT)
    assert not FormerHandle.objects.exists()
