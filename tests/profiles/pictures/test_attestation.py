"""A mark is shown while the right behind it is fresh: enforced where pictures are served, whoever is dead (V1)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from profiles import sources
from profiles.models import AuditEntry, Profile
from profiles.pictures.history import AvatarDetails, choose_avatar, remove_avatar, restore_avatar
from profiles.pictures.rights import (
    attest_avatar,
    attest_avatars,
    doubt_avatars,
    reinstate_avatar,
    trust_avatars,
    withdraw_avatar,
)
from profiles.serving.showing import shown_picture
from profiles.testing.people import an_upload
from tests.kit.token_pictures import a_token_picture

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


@pytest.fixture
def ages(settings: Settings) -> tuple[timedelta, timedelta]:
    settings.AVATAR_MARK_MAX_AGE, settings.AVATAR_IMAGE_MAX_AGE = 3600, 86_400
    return timedelta(hours=1), timedelta(days=1)


def test_the_mark_goes_first_then_the_picture(alice: Profile, ages: tuple[timedelta, timedelta]) -> None:
    now, (mark_age, image_age) = timezone.now(), ages
    upload, token = an_upload(alice), a_token_picture(alice, now)
    alice.refresh_from_db()
    seen = [
        (shown.avatar, shown.mark)
        for shown in (
            shown_picture(alice, now + age)
            for age in (timedelta(0), mark_age, mark_age + SECOND, image_age, image_age + SECOND)
        )
    ]
    assert seen == [(token, True), (token, True), (token, False), (token, False), (upload, False)]


def test_with_nothing_before_it_a_stale_picture_leaves_nothing(
    alice: Profile, ages: tuple[timedelta, timedelta]
) -> None:
    a_token_picture(alice, timezone.now())
    alice.refresh_from_db()
    shown = shown_picture(alice, timezone.now() + 2 * ages[1])
    assert (shown.avatar, shown.mark, shown.alt_text) == (None, False, "alice has no picture yet")


def test_an_earlier_token_stands_in_only_while_it_is_fresh_itself(alice: Profile) -> None:
    now = timezone.now()
    upload = an_upload(alice)
    stale = a_token_picture(alice, now - timedelta(days=3), asset="a")
    a_token_picture(alice, now - timedelta(days=2), asset="b")
    alice.refresh_from_db()
    assert shown_picture(alice, now).avatar == upload
    attest_avatar(stale.pk, now)
    assert shown_picture(alice, now).avatar == stale


def test_a_new_check_brings_mark_and_picture_back(alice: Profile, ages: tuple[timedelta, timedelta]) -> None:
    now = timezone.now()
    an_upload(alice)
    token = a_token_picture(alice, now)
    later = now + 2 * ages[1]
    assert attest_avatar(token.pk, later, {"asset_id": "new block"})
    alice.refresh_from_db()
    shown = shown_picture(alice, later)
    assert (shown.avatar, shown.mark, shown.provenance) == (token, True, {"asset_id": "new block"})


def test_a_late_answer_never_moves_the_time_back(alice: Profile) -> None:
    now = timezone.now()
    token = a_token_picture(alice, now)
    assert attest_avatar(token.pk, now - timedelta(minutes=4), {"asset_id": "old block"})
    token.refresh_from_db()
    assert token.attested_at == now
    assert token.provenance is not None
    assert token.provenance["asset_id"] != "old block"


def test_an_attestation_of_a_clock_that_ran_ahead_counts_for_nothing_and_is_replaced(alice: Profile) -> None:
    now = timezone.now()
    upload, token = an_upload(alice), a_token_picture(alice, now + timedelta(days=1))
    alice.refresh_from_db()
    shown = shown_picture(alice, now)
    assert (shown.avatar, shown.mark) == (upload, False)
    assert attest_avatar(token.pk, now)
    alice.refresh_from_db()
    shown = shown_picture(alice, now)
    assert (shown.avatar, shown.mark) == (token, True)


def test_a_batch_is_attested_in_one_statement(
    alice: Profile, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    now = timezone.now()
    tokens = [a_token_picture(alice, now, asset=str(number)).pk for number in range(3)]
    withdraw_avatar(tokens[0], "Gone.")
    with django_assert_num_queries(1):
        assert attest_avatars(tokens, now + timedelta(minutes=5)) == 2


def test_losing_the_right_brings_the_earlier_picture_back_at_once(alice: Profile) -> None:
    upload, token = an_upload(alice), a_token_picture(alice, timezone.now())
    assert withdraw_avatar(token.pk, "The token moved.")
    alice.refresh_from_db()
    shown = shown_picture(alice, timezone.now())
    assert (alice.avatar, shown.avatar, shown.mark, alice.avatar_version) == (upload, upload, False, 3)
    token.refresh_from_db()
    assert (token.state, token.reason, token.attested_at) == ("withdrawn", "The token moved.", None)
    assert AuditEntry.objects.filter(action="avatar.withdraw", actor=None).count() == 1


def test_withdrawing_twice_is_withdrawing_once(alice: Profile) -> None:
    token = a_token_picture(alice, timezone.now())
    assert withdraw_avatar(token.pk, "The token moved.")
    assert not withdraw_avatar(token.pk, "The token moved.")
    assert AuditEntry.objects.filter(action="avatar.withdraw").count() == 1


def test_an_upload_can_not_be_withdrawn_or_attested(alice: Profile) -> None:
    upload = an_upload(alice)
    assert not withdraw_avatar(upload.pk, "Why?")
    assert not attest_avatar(upload.pk, timezone.now())
    assert not reinstate_avatar(upload.pk, timezone.now())


def test_a_withdrawn_picture_is_not_attested_by_a_check_that_was_under_way(alice: Profile) -> None:
    token = a_token_picture(alice, timezone.now())
    withdraw_avatar(token.pk, "The token moved.")
    assert not attest_avatar(token.pk, timezone.now() + timedelta(minutes=1))
    token.refresh_from_db()
    assert token.state == "withdrawn"


def test_a_token_that_comes_home_is_the_picture_again(alice: Profile) -> None:
    an_upload(alice)
    token = a_token_picture(alice, timezone.now())
    withdraw_avatar(token.pk, "The token moved.")
    assert reinstate_avatar(token.pk, timezone.now())
    alice.refresh_from_db()
    shown = shown_picture(alice, timezone.now())
    assert (shown.avatar, shown.mark) == (token, True)


def test_but_not_if_another_was_chosen_since(alice: Profile) -> None:
    token = a_token_picture(alice, timezone.now())
    withdraw_avatar(token.pk, "The token moved.")
    upload = an_upload(alice)
    reinstate_avatar(token.pk, timezone.now())
    alice.refresh_from_db()
    assert alice.avatar == upload
    choose_avatar(alice, token.pk, alice.user)
    alice.refresh_from_db()
    assert alice.avatar == token


def test_a_right_that_returns_while_removed_counts_after_undo(alice: Profile) -> None:
    token = a_token_picture(alice, timezone.now())
    remove_avatar(alice, token.pk, alice.user)
    withdraw_avatar(token.pk, "The token moved.")
    assert reinstate_avatar(token.pk, timezone.now())
    token.refresh_from_db()
    assert token.state == "removed"
    assert restore_avatar(alice, token.pk, alice.user).state == "active"


def test_checks_of_pictures_that_are_gone_do_no_harm(alice: Profile) -> None:
    token = a_token_picture(alice, timezone.now())
    alice.user.delete()
    assert not attest_avatar(token.pk, timezone.now())
    assert not withdraw_avatar(token.pk, "Gone.")
    assert not reinstate_avatar(token.pk, timezone.now())


def test_the_database_refuses_a_token_picture_without_its_check(alice: Profile) -> None:
    image = an_upload(alice).image
    with pytest.raises(IntegrityError), transaction.atomic():
        alice.avatars.create(image=image, source="nft", chosen_at=timezone.now())


def test_what_to_show_costs_no_query_and_one_where_something_stands_in(
    alice: Profile, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    now = timezone.now()
    an_upload(alice)
    a_token_picture(alice, now)
    profile = Profile.objects.select_related("avatar__image").get(pk=alice.pk)
    with django_assert_num_queries(0):
        shown_picture(profile, now)
    with django_assert_num_queries(1):
        shown_picture(profile, now + timedelta(days=2))


def test_another_app_may_add_to_the_provenance(alice: Profile) -> None:
    told = sources.Source("nft", "NFT", lambda avatar: {**(avatar.provenance or {}), "account": "0xabc"})
    sources.register_source(told)
    a_token_picture(alice, timezone.now(), asset="a")
    alice.refresh_from_db()
    shown = shown_picture(alice, timezone.now())
    assert shown.provenance == {"asset_id": "a", "chain_id": 31337, "account": "0xabc"}


def test_details_of_a_token_name_its_reference() -> None:
    assert AvatarDetails(provenance={"asset_id": "eip155:1/erc721:0xa1/7"}).reference == "eip155:1/erc721:0xa1/7"
    assert AvatarDetails().reference == ""


def test_a_doubted_picture_is_shown_without_its_mark_until_the_doubt_is_settled(alice: Profile) -> None:
    now = timezone.now()
    avatar = a_token_picture(alice, now)

    def is_shown() -> tuple[bool, bool]:
        shown = shown_picture(Profile.objects.get(pk=alice.pk), now)
        return shown.avatar == avatar, shown.mark

    doubt_avatars([avatar.pk])
    assert is_shown() == (True, False)
    attest_avatar(avatar.pk, now + SECOND)
    assert is_shown() == (True, False), "a check of an older block is no answer to the doubt"
    trust_avatars([avatar.pk])
    assert is_shown() == (True, True)
