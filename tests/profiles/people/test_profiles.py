"""Profiles appear by themselves, and handles never tell what a person did not choose to tell."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from profiles.models import AuditEntry, Profile
from profiles.people.handles import HandleError, check_handle
from profiles.people.profiles import ProfileText, profile_of, update_profile
from profiles.testing.people import a_person

pytestmark = pytest.mark.django_db

NOW = timezone.now()
NEUTRAL = re.compile(r"user-[0-9a-f]{6}")


def handle_for(username: str) -> str:
    return profile_of(get_user_model().objects.create_user(username)).handle


def test_a_username_that_fits_becomes_the_handle() -> None:
    assert handle_for("Alice_2") == "alice_2"


@pytest.mark.parametrize(
    "username",
    ["alice@example.org", "0x71C7656EC7ab88b098defB751B7401B5f6d8976F", "x", "-alice-", "a b", "admin", "ålice"],
)
def test_one_that_does_not_gives_a_neutral_handle(username: str) -> None:
    assert NEUTRAL.fullmatch(handle_for(username))


def test_usernames_that_differ_in_case_only_get_two_handles() -> None:
    assert handle_for("Bob") == "bob"
    assert NEUTRAL.fullmatch(handle_for("BOB"))


def test_asking_again_gives_the_same_profile() -> None:
    user = get_user_model().objects.create_user("alice")
    assert profile_of(user) == profile_of(user)
    assert Profile.objects.count() == 1


def test_an_update_is_cleaned_stored_and_written_down(alice: Profile) -> None:
    update_profile(alice, ProfileText(" Wonder ", "Alice\u202e  L.", bio="Hi\nthere"), actor=alice.user, now=NOW)
    alice.refresh_from_db()
    assert (alice.handle, alice.display_name, alice.bio) == ("wonder", "Alice L.", "Hi there")
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.detail) == ("profile.update", {"fields": ["handle", "display_name", "bio"]})


def test_an_update_without_change_leaves_no_trace(alice: Profile) -> None:
    update_profile(alice, ProfileText("alice"), actor=alice.user, now=NOW)
    assert not AuditEntry.objects.exists()


def test_a_handle_of_somebody_else_is_refused_and_nothing_changes(alice: Profile) -> None:
    a_person("bob")
    with pytest.raises(HandleError, match="bob is taken"):
        update_profile(alice, ProfileText("bob", "New"), actor=alice.user, now=NOW)
    alice.refresh_from_db()
    assert (alice.handle, alice.display_name) == ("alice", "")


def test_reserved_handles_are_refused_but_who_has_one_keeps_it(alice: Profile) -> None:
    with pytest.raises(HandleError, match="is reserved"):
        update_profile(alice, ProfileText("Support"), actor=alice.user, now=NOW)
    Profile.objects.filter(pk=alice.pk).update(handle="support")
    assert update_profile(alice, ProfileText("support", "A"), actor=None, now=NOW).display_name == "A"


@pytest.mark.parametrize("handle", ["", "a", "a" * 31, "-ab", "ab_", "a.b", "a b", "ab\n", "\uff41\uff42"])
def test_handles_have_a_form(handle: str) -> None:
    with pytest.raises(HandleError, match="2 to 30 characters"):
        check_handle(handle)


def test_the_name_of_the_site_is_reserved(settings: object) -> None:
    with pytest.raises(HandleError, match="is reserved"):
        check_handle("avatarsite")
