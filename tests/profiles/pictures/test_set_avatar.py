"""A picture becomes somebody's picture whole, or not at all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from profiles.images import errors
from profiles.images.errors import ImageRefused
from profiles.models import AuditEntry, Avatar, Profile, Rendition, StoredImage
from profiles.pictures.changing import AvatarError
from profiles.pictures.history import AvatarDetails, attach_avatar, set_avatar
from profiles.serving.showing import shown_picture
from profiles.signals import avatar_changed
from profiles.sources import UPLOAD
from profiles.store import objects
from profiles.store.images import keep_image
from profiles.store.purge import purge_unreferenced_images
from profiles.testing.people import a_person, a_picture, an_animation, an_upload
from profiles.testing.stores import FileStore
from tests.kit.token_pictures import a_token_picture

pytestmark = pytest.mark.django_db


def test_an_upload_is_stored_and_shown(alice: Profile, store: FileStore) -> None:
    avatar = an_upload(alice, title="Me")
    alice.refresh_from_db()
    shown = shown_picture(alice, timezone.now())
    assert shown.avatar == avatar
    assert not shown.mark
    assert alice.avatar_version == 1
    assert objects.get(objects.master_key(avatar.image.sha256)).startswith(b"RIFF")
    assert len(store.object_keys()) == 1 + avatar.image.renditions.count()


def test_every_object_has_its_row_and_every_row_its_object(alice: Profile, store: FileStore) -> None:
    an_upload(alice)
    an_upload(alice, an_animation())
    rows = {objects.master_key(image.sha256) for image in StoredImage.objects.all()}
    rows |= {objects.rendition_key(each.sha256, "webp") for each in Rendition.objects.all()}
    assert rows == set(store.object_keys())


def test_a_refused_picture_stores_nothing(alice: Profile, store: FileStore) -> None:
    before = an_upload(alice)
    keys = store.object_keys()
    with pytest.raises(ImageRefused) as refused:
        an_upload(alice, b"no picture at all")
    assert refused.value.is_a(errors.NOT_AN_IMAGE)
    assert (StoredImage.objects.count(), Avatar.objects.count(), AuditEntry.objects.count()) == (1, 1, 1)
    assert store.object_keys() == keys
    alice.refresh_from_db()
    assert alice.avatar == before


def test_an_upload_is_never_taken_for_svg_but_a_token_may_be(alice: Profile) -> None:
    square = b'<rect width="64" height="64" fill="red"/>'
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">' + square + b"</svg>"
    with pytest.raises(ImageRefused):
        an_upload(alice, svg)
    avatar = a_token_picture(alice, timezone.now(), content=svg)
    assert avatar.image.source_format == "svg"
    assert avatar.image.mime == "image/webp"


def test_the_same_upload_again_is_chosen_again_not_doubled(alice: Profile) -> None:
    content = a_picture()
    first = an_upload(alice, content, alt_text="A cat")
    an_upload(alice)
    again = an_upload(alice, content)
    assert again.pk == first.pk
    assert again.alt_text == "A cat"
    alice.refresh_from_db()
    assert (alice.avatar, alice.avatars.count()) == (first, 2)


def test_two_tokens_with_one_image_are_two_entries_of_one_stored_image(alice: Profile) -> None:
    content, now = a_picture(), timezone.now()
    one = a_token_picture(alice, now, asset="eip155:1/erc721:0xa1/1", content=content)
    two = a_token_picture(alice, now, asset="eip155:1/erc721:0xa1/2", content=content)
    assert one.pk != two.pk
    assert one.image == two.image


def test_two_people_share_the_bytes_of_one_picture(alice: Profile, bob: Profile, store: FileStore) -> None:
    content = a_picture()
    first = an_upload(alice, content)
    keys = store.object_keys()
    assert an_upload(bob, content).image == first.image
    assert store.object_keys() == keys


def test_an_image_held_already_is_attached_without_its_bytes(alice: Profile, bob: Profile) -> None:
    image = an_upload(alice).image
    details = AvatarDetails(attested_at=timezone.now(), provenance={"asset_id": "a"})
    avatar = attach_avatar(bob, image, "nft", details=details, actor=None)
    bob.refresh_from_db()
    assert (bob.avatar, avatar.image) == (avatar, image)


def test_an_image_that_was_purged_meanwhile_is_not_attached(alice: Profile) -> None:
    image = keep_image(a_picture()).row
    purge_unreferenced_images(timezone.now() + timedelta(hours=1))
    with pytest.raises(AvatarError, match="took too long to store") as gone:
        attach_avatar(alice, image, UPLOAD, details=AvatarDetails(), actor=None)
    assert not gone.value.permanent


def test_texts_are_cleaned_and_cut(alice: Profile) -> None:
    avatar = an_upload(alice, title="Bad\u202e\x00 \n name " + "x" * 300)
    assert avatar.title.startswith("Bad name xxx")
    assert len(avatar.title) == 200


def test_the_account_may_be_gone_by_then(alice: Profile) -> None:
    alice.user.delete()
    with pytest.raises(AvatarError, match="no longer exists"):
        set_avatar(alice, a_picture(), UPLOAD, details=AvatarDetails(), actor=None)


def test_others_hear_of_it_once_it_is_committed(
    alice: Profile, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    heard: list[dict[str, object]] = []

    def listen(**said: object) -> None:
        heard.append(said)

    avatar_changed.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            avatar = an_upload(alice)
            assert heard == []
    finally:
        avatar_changed.disconnect(listen)
    assert [(said["profile_id"], said["avatar_id"], said["version"], said["action"]) for said in heard] == [
        (alice.pk, avatar.pk, 1, "avatar.set")
    ]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_visible_and_nobody_hears_when_the_transaction_is_rolled_back() -> None:
    alice = a_person()
    old = an_upload(alice)
    heard: list[object] = []

    def listen(**said: object) -> None:
        heard.append(said)

    avatar_changed.connect(listen)
    try:
        with transaction.atomic():
            an_upload(alice)
            transaction.set_rollback(True)
    finally:
        avatar_changed.disconnect(listen)
    alice.refresh_from_db()
    assert (alice.avatar, alice.avatar_version, heard) == (old, 1, [])


def test_an_animation_keeps_its_motion_and_a_still_twin(alice: Profile) -> None:
    image = an_upload(alice, an_animation(frames=4)).image
    assert image.frames == 4
    assert {each.is_still for each in image.renditions.all()} == {True, False}


def test_who_set_it_is_written_down(alice: Profile) -> None:
    avatar = an_upload(alice)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.profile) == ("avatar.set", alice.user, alice)
    assert entry.detail == {"avatar": str(avatar.pk), "source": "upload", "sha256": avatar.image.sha256}
