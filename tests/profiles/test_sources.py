"""A host project's own source of pictures is attested, shown and described like the ones we bring."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from profiles.models import Avatar, Profile
from profiles.pictures.changing import AvatarNotShowable
from profiles.pictures.history import AvatarDetails, choose_avatar, set_avatar
from profiles.pictures.rights import attest_avatar, reinstate_avatar, withdraw_avatar
from profiles.sources import Source, register_source
from profiles.testing.people import a_picture, an_upload

pytestmark = pytest.mark.django_db


def badge_receipt(avatar: Avatar) -> dict[str, object]:
    return {**(avatar.provenance or {}), "awarded_by": "The club"}


@pytest.fixture
def badge(alice: Profile) -> Avatar:
    """Alice's badge, in use after an upload."""
    register_source(Source("badge", "Badge", badge_receipt))
    an_upload(alice)
    details = AvatarDetails(title="Rower", attested_at=timezone.now(), provenance={"asset_id": "club/7"})
    return set_avatar(alice, a_picture(), "badge", details=details, actor=alice.user)


def test_a_picture_of_another_source_is_shown_with_its_mark_and_receipt(client: Client, badge: Avatar) -> None:
    receipt = client.get("/avatar/alice.json").json()
    assert (receipt["source"], receipt["mark"]) == ("badge", True)
    assert receipt["provenance"] == {"asset_id": "club/7", "awarded_by": "The club"}
    assert client.get("/avatar/alice").status_code == 200


def test_it_is_attested_withdrawn_and_reinstated(client: Client, badge: Avatar) -> None:
    later = timezone.now() + timedelta(seconds=1)
    assert attest_avatar(badge.pk, later)
    assert withdraw_avatar(badge.pk, "The badge was returned.")
    assert client.get("/avatar/alice.json").json()["source"] == "upload"
    assert reinstate_avatar(badge.pk, later)
    assert client.get("/avatar/alice.json").json()["source"] == "badge"


def test_it_is_not_shown_past_its_age_and_the_person_is_told(alice: Profile, badge: Avatar) -> None:
    Avatar.objects.filter(pk=badge.pk).update(attested_at=timezone.now() - timedelta(days=2))
    with pytest.raises(AvatarNotShowable, match="Whether you may still show this picture could not be checked"):
        choose_avatar(alice, badge.pk, alice.user)


def test_staff_find_it_by_the_label_of_its_source(admin_client: Client, badge: Avatar) -> None:
    page = admin_client.get(reverse("admin:profiles_avatar_changelist"), {"source__exact": "badge"}).content.decode()
    assert "Badge" in page
    assert "Rower" in page


def test_the_database_refuses_it_unattested(alice: Profile, badge: Avatar) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        alice.avatars.create(image=badge.image, source="badge", reference="club/8", chosen_at=timezone.now())


def test_a_source_nobody_registered_is_refused(alice: Profile) -> None:
    details = AvatarDetails(attested_at=timezone.now())
    with pytest.raises(ValueError, match="No source is registered as 'sticker'"):
        set_avatar(alice, a_picture(), "sticker", details=details, actor=alice.user)


@pytest.mark.parametrize("name", ["upload", "", "Badge", "a name", "x" * 17])
def test_a_source_needs_a_name_of_its_own(name: str) -> None:
    with pytest.raises(ValueError, match="can't be the name of a source"):
        register_source(Source(name, "Label"))
