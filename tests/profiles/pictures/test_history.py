"""Choosing, removing, bringing back: the picture in use is always the one chosen last that may be shown."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from profiles.models import AuditEntry, Avatar, Profile
from profiles.pictures.changing import AvatarError, AvatarNotShowable, NoSuchAvatar
from profiles.pictures.history import choose_avatar, clear_avatar, remove_avatar, restore_avatar, set_alt_text
from profiles.pictures.pages import earlier_pictures, history_of
from profiles.pictures.rights import moderate_avatar, reinstate_avatar, withdraw_avatar
from profiles.serving.showing import shown_picture
from profiles.testing.people import a_person, a_picture, an_upload
from tests.kit.token_pictures import a_token_picture

pytestmark = pytest.mark.django_db


def in_use(profile: Profile) -> Avatar | None:
    profile.refresh_from_db()
    return profile.avatar


def test_an_earlier_picture_is_chosen_again(alice: Profile) -> None:
    first, _second = an_upload(alice), an_upload(alice)
    choose_avatar(alice, first.pk, alice.user)
    assert in_use(alice) == first
    assert history_of(alice, first, timezone.now()).entries[0] == first


def test_a_clock_that_was_set_back_does_not_undo_a_choice(alice: Profile) -> None:
    first, second = an_upload(alice), an_upload(alice)
    Avatar.objects.filter(pk=second.pk).update(chosen_at=timezone.now() + timedelta(hours=3))
    choose_avatar(alice, first.pk, alice.user)
    assert in_use(alice) == first
    newest = an_upload(alice)
    assert in_use(alice) == newest


def test_nobody_chooses_from_the_history_of_another(alice: Profile, bob: Profile) -> None:
    hers = an_upload(alice)
    for act in (choose_avatar, remove_avatar, restore_avatar):
        with pytest.raises(NoSuchAvatar):
            act(bob, hers.pk, bob.user)
    with pytest.raises(NoSuchAvatar):
        set_alt_text(bob, hers.pk, "mine", bob.user)
    with pytest.raises(NoSuchAvatar):
        choose_avatar(alice, uuid4(), alice.user)


def test_removing_the_picture_in_use_brings_the_one_before_back(alice: Profile) -> None:
    first, second = an_upload(alice), an_upload(alice)
    remove_avatar(alice, second.pk, alice.user)
    assert in_use(alice) == first
    remove_avatar(alice, first.pk, alice.user)
    assert in_use(alice) is None
    assert shown_picture(alice, timezone.now()).avatar is None


def test_who_wants_no_picture_has_none_until_they_choose_one(alice: Profile) -> None:
    first, second = an_upload(alice), an_upload(alice)
    clear_avatar(alice, alice.user)
    assert in_use(alice) is None
    assert earlier_pictures(alice, None, timezone.now()) == [first], "it can be chosen"
    clear_avatar(alice, alice.user)
    restore_avatar(alice, second.pk, alice.user)
    assert in_use(alice) == second, "an undo brings back what was removed"
    clear_avatar(alice, alice.user)
    choose_avatar(alice, first.pk, alice.user)
    assert in_use(alice) == first


@pytest.mark.parametrize("on_loss", ["revert", "plain", "keep"])
def test_who_wants_no_picture_gets_none_back_with_its_right(alice: Profile, on_loss: str) -> None:
    Profile.objects.filter(pk=alice.pk).update(on_loss=on_loss, returns_by_itself=True)
    token, _upload = a_token_picture(alice, timezone.now()), an_upload(alice)
    clear_avatar(alice, alice.user)
    alice.refresh_from_db()
    for when in range(2):
        assert shown_picture(alice, timezone.now()).avatar is None, f"lost {when} times"
        withdraw_avatar(token.pk, "It moved.", lost_at=timezone.now())
        alice.refresh_from_db()
        assert shown_picture(alice, timezone.now()).avatar is None
        reinstate_avatar(token.pk, timezone.now())
        alice.refresh_from_db()


def test_undoing_a_removal_puts_everything_back(alice: Profile) -> None:
    _first, second = an_upload(alice), an_upload(alice)
    remove_avatar(alice, second.pk, alice.user)
    restore_avatar(alice, second.pk, alice.user)
    assert in_use(alice) == second
    second.refresh_from_db()
    assert (second.state, second.removed_at, second.reason) == ("active", None, "")


def test_removing_another_picture_changes_nothing_for_visitors(alice: Profile) -> None:
    first, second = an_upload(alice), an_upload(alice)
    version = alice.avatar_version + 2
    remove_avatar(alice, first.pk, alice.user)
    assert (in_use(alice), alice.avatar_version) == (second, version)


def test_removing_twice_is_removing_once(alice: Profile) -> None:
    avatar = an_upload(alice)
    remove_avatar(alice, avatar.pk, alice.user)
    when = Avatar.objects.get(pk=avatar.pk).removed_at
    remove_avatar(alice, avatar.pk, alice.user)
    assert Avatar.objects.get(pk=avatar.pk).removed_at == when
    assert AuditEntry.objects.filter(action="avatar.remove").count() == 1


def test_a_withdrawn_picture_can_not_be_chosen_and_says_why(alice: Profile) -> None:
    avatar = a_token_picture(alice, timezone.now())
    withdraw_avatar(avatar.pk, "The token moved to another account.")
    with pytest.raises(AvatarNotShowable, match="The token moved to another account"):
        choose_avatar(alice, avatar.pk, alice.user)


def test_a_picture_not_checked_for_a_day_can_not_be_chosen(alice: Profile) -> None:
    avatar = a_token_picture(alice, timezone.now() - timedelta(days=2))
    with pytest.raises(AvatarNotShowable, match="could not be checked"):
        choose_avatar(alice, avatar.pk, alice.user)


def test_a_right_lost_while_removed_is_not_brought_back_by_undo(alice: Profile) -> None:
    earlier = an_upload(alice)
    avatar = a_token_picture(alice, timezone.now())
    remove_avatar(alice, avatar.pk, alice.user)
    withdraw_avatar(avatar.pk, "The token moved.")
    restored = restore_avatar(alice, avatar.pk, alice.user)
    assert restored.state == "withdrawn"
    assert in_use(alice) == earlier


def test_what_the_team_removed_stays_removed(alice: Profile) -> None:
    content = a_picture()
    avatar = an_upload(alice, content)
    admin = a_person("moddy").user
    moderate_avatar(avatar.pk, "Shows somebody else.", admin)
    assert in_use(alice) is None
    with pytest.raises(AvatarNotShowable, match="Shows somebody else"):
        restore_avatar(alice, avatar.pk, alice.user)
    with pytest.raises(AvatarNotShowable, match="removed by the site's team"):
        an_upload(alice, content)
    entry = AuditEntry.objects.get(action="avatar.moderate")
    assert (entry.actor, entry.profile, entry.detail["reason"]) == (admin, alice, "Shows somebody else.")
    assert [entry.reason for entry in history_of(alice, None, timezone.now()).entries] == ["Shows somebody else."]


def test_the_team_needs_a_reason(alice: Profile) -> None:
    avatar = an_upload(alice)
    with pytest.raises(AvatarError, match="Write why"):
        moderate_avatar(avatar.pk, " \n ", alice.user)
    assert in_use(alice) == avatar


def test_alt_text_is_kept_with_its_picture(alice: Profile) -> None:
    avatar = an_upload(alice)
    set_alt_text(alice, avatar.pk, "  A red\nboat ", alice.user)
    alice.refresh_from_db()
    assert shown_picture(alice, timezone.now()).alt_text == "A red boat"


def test_the_history_says_what_is_current_and_marked_with_few_queries(
    alice: Profile, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    now = timezone.now()
    upload, token = an_upload(alice), a_token_picture(alice, now)
    removed = an_upload(alice)
    remove_avatar(alice, removed.pk, alice.user)
    with django_assert_num_queries(2):
        history = history_of(alice, token, now).entries
        assert all(list(avatar.image.renditions.all()) for avatar in history)
    assert [(avatar.pk, avatar.is_current, avatar.has_mark) for avatar in history] == [
        (token.pk, True, True),
        (upload.pk, False, False),
    ]
    later = now + timedelta(days=2)
    alice.refresh_from_db()
    late = history_of(alice, shown_picture(alice, later).avatar, later).entries
    assert [(avatar.pk, avatar.is_current, avatar.has_mark) for avatar in late] == [
        (token.pk, False, False),
        (upload.pk, True, False),
    ]
