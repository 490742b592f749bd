"""Two requests at the same moment, on a real database."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone

from profiles.models import AuditEntry, Avatar, Profile, StoredImage
from profiles.people.profiles import profile_of
from profiles.pictures.history import choose_avatar, remove_avatar
from profiles.pictures.rights import withdraw_avatar
from profiles.testing.people import a_person, a_picture, an_upload
from tests.kit.at_once import at_once
from tests.kit.token_pictures import a_token_picture

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _real_locks() -> None:
    if connection.vendor == "sqlite" and connection.settings_dict["NAME"].startswith("file:memory"):
        pytest.skip("SQLite in memory refuses a second writer at once, where one in a file lets it wait.")


def test_two_choices_at_once_leave_one_whole_choice() -> None:
    alice = a_person()
    pictures = [an_upload(alice), an_upload(alice)] * 4
    at_once(*[partial(choose_avatar, alice, avatar.pk, alice.user) for avatar in pictures])
    alice.refresh_from_db()
    assert alice.avatar == alice.avatars.order_by("-chosen_at").first()
    assert alice.avatar_version == 2 + AuditEntry.objects.filter(action="avatar.choose").count()


def test_the_same_upload_twice_at_once_is_one_entry() -> None:
    alice, content = a_person(), a_picture()
    at_once(*[lambda: an_upload(alice, content)] * 4)
    assert (Avatar.objects.count(), StoredImage.objects.count()) == (1, 1)


def test_a_loss_and_a_choice_at_once_never_leave_a_lost_picture_in_use() -> None:
    alice = a_person()
    an_upload(alice)
    token = a_token_picture(alice, timezone.now())
    acts: list[Callable[[], object]] = [
        partial(withdraw_avatar, token.pk, "The token moved."),
        partial(an_upload, alice),
        partial(remove_avatar, alice, token.pk, alice.user),
    ]
    at_once(*acts)
    alice.refresh_from_db()
    token.refresh_from_db()
    assert token.attested_at is None
    assert alice.avatar is not None
    assert alice.avatar.source == "upload"


def test_one_person_seen_first_by_many_requests_gets_one_profile() -> None:
    user = get_user_model().objects.create_user("alice")
    profiles = at_once(*[lambda: profile_of(user)] * 6)
    assert len({profile.pk for profile in profiles}) == Profile.objects.count() == 1
