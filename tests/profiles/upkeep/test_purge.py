"""Delete really deletes, and never what somebody uses (V3)."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO, StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone
from PIL import Image

from profiles.models import AuditEntry, Avatar, Profile, Rendition, StoredImage
from profiles.pictures.changing import NoSuchAvatar
from profiles.pictures.history import remove_avatar, restore_avatar
from profiles.store import objects, purge
from profiles.store.errors import StorageError
from profiles.store.images import keep_image
from profiles.store.purge import find_unused_images, purge_unreferenced_images
from profiles.testing.people import a_picture, an_upload
from profiles.testing.stores import FileStore

pytestmark = pytest.mark.django_db


def later(**time: int) -> datetime:
    return timezone.now() + timedelta(**time)


def test_a_removed_picture_is_erased_after_its_undo_time(alice: Profile, store: FileStore) -> None:
    avatar = an_upload(alice)
    remove_avatar(alice, avatar.pk, alice.user)
    assert purge_unreferenced_images(later(minutes=5)) == 0
    assert purge_unreferenced_images(later(minutes=15)) == 1
    assert (Avatar.objects.count(), StoredImage.objects.count(), Rendition.objects.count()) == (0, 0, 0)
    assert store.object_keys() == []
    assert AuditEntry.objects.filter(action="avatar.erase").count() == 1
    with pytest.raises(NoSuchAvatar):
        restore_avatar(alice, avatar.pk, alice.user)


def test_what_another_person_uses_stays(alice: Profile, bob: Profile, store: FileStore) -> None:
    content = a_picture()
    hers, his = an_upload(alice, content), an_upload(bob, content)
    keys = store.object_keys()
    remove_avatar(alice, hers.pk, alice.user)
    purge_unreferenced_images(later(hours=1))
    assert Avatar.objects.get() == his
    assert store.object_keys() == keys


def test_the_pictures_of_a_deleted_account_go(alice: Profile, store: FileStore) -> None:
    an_upload(alice)
    alice.user.delete()
    assert purge_unreferenced_images(later(minutes=15)) == 1
    assert store.object_keys() == []


def test_a_picture_on_its_way_to_its_holder_is_left_alone(db: None, store: FileStore) -> None:
    image = keep_image(a_picture()).row
    assert purge_unreferenced_images(later(minutes=5)) == 0
    assert purge_unreferenced_images(later(minutes=15)) == 1
    assert not StoredImage.objects.filter(pk=image.pk).exists()
    assert store.object_keys() == []


@pytest.mark.parametrize("error", [StorageError("the store is slow"), RuntimeError("nobody expected this")])
def test_a_picture_that_can_not_be_deleted_holds_up_no_other(
    db: None, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    poison, others = keep_image(plain(9)).row, [keep_image(plain(side)).row for side in (10, 11)]
    delete = objects.delete

    def fail_for_poison(key: str) -> None:
        if key == objects.master_key(poison.sha256):
            raise error
        delete(key)

    monkeypatch.setattr(objects, "delete", fail_for_poison)
    now = later(minutes=15)
    assert purge_unreferenced_images(now) == len(others)
    assert StoredImage.objects.filter(purge_at__gt=now).count() == 1
    monkeypatch.undo()
    assert purge_unreferenced_images(later(minutes=20)) == 1


def test_storing_it_again_starts_its_time_anew(db: None) -> None:
    content = a_picture()
    image = keep_image(content).row
    StoredImage.objects.update(touched_at=timezone.now() - timedelta(hours=1))
    assert keep_image(content).row == image
    assert purge_unreferenced_images(timezone.now()) == 0


def plain(side: int) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (side, side), "#123456").save(buffer, "PNG")
    return buffer.getvalue()


def test_objects_that_two_pictures_share_outlive_one_of_them(alice: Profile, bob: Profile, store: FileStore) -> None:
    """Plain pictures of two sizes shrink to the same squares."""
    one, two = an_upload(alice, plain(600)), an_upload(bob, plain(700))
    assert one.image != two.image
    alice.user.delete()
    purge_unreferenced_images(later(hours=1))
    rest = {objects.rendition_key(each.sha256, "webp") for each in two.image.renditions.all()}
    assert set(store.object_keys()) == rest | {objects.master_key(two.image.sha256)}


def test_an_object_wanted_again_during_the_purge_is_put_back(
    alice: Profile, store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No lock covers both pictures: the purge looks once more after it deleted."""
    avatar = an_upload(alice)
    shared = avatar.image.renditions.earliest("size")
    alice.user.delete()
    delete = objects.delete

    def delete_while_another_begins(key: str) -> None:
        other, _ = StoredImage.objects.get_or_create(
            sha256="0" * 64,
            defaults={"mime": "image/webp", "width": 1, "height": 1, "byte_count": 1, "touched_at": later(hours=1)},
        )
        Rendition.objects.get_or_create(
            image=other, size=32, format="webp", is_still=True, sha256=shared.sha256, byte_count=shared.byte_count
        )
        delete(key)

    monkeypatch.setattr(objects, "delete", delete_while_another_begins)
    purge_unreferenced_images(later(hours=1))
    assert store.object_keys() == [objects.rendition_key(shared.sha256, "webp")]


def test_a_purge_that_was_cut_short_is_finished_by_the_next(alice: Profile, store: FileStore) -> None:
    an_upload(alice)
    alice.user.delete()
    store.path(store.object_keys()[0]).unlink()
    assert purge_unreferenced_images(later(hours=1)) == 1
    assert store.object_keys() == []


def test_the_command_says_what_it_erased(alice: Profile) -> None:
    an_upload(alice)
    alice.user.delete()
    StoredImage.objects.update(touched_at=timezone.now() - timedelta(hours=1))
    said = StringIO()
    call_command("purge_pictures", stdout=said)
    assert said.getvalue() == "1 stored pictures erased.\n"


def test_a_picture_in_use_is_looked_at_once_and_again_when_its_use_ends(alice: Profile, bob: Profile) -> None:
    content = a_picture()
    hers, his = an_upload(alice, content), an_upload(bob, content)
    offered = StoredImage.objects.exclude(purge_at=None)
    assert offered.exists()
    purge_unreferenced_images(later(minutes=15))
    assert not offered.exists(), "a later run does not read it again"
    bob.user.delete()
    assert offered.exists()
    assert purge_unreferenced_images(later(minutes=16)) == 0
    alice.user.delete()
    assert purge_unreferenced_images(later(minutes=16)) == 1
    assert hers.image_id == his.image_id


def test_a_picture_that_nobody_offered_is_found_by_the_walk(
    alice: Profile, monkeypatch: pytest.MonkeyPatch, redis_server: object
) -> None:
    """As after a crash, or when rows of another app go that Django did not delete."""
    monkeypatch.setattr(purge, "_PAGE", 2)
    kept = an_upload(alice)
    lost = [keep_image(a_picture()).row.pk for _ in range(4)]
    StoredImage.objects.update(purge_at=None)
    assert purge_unreferenced_images(later(hours=1)) == 0
    for _ in range(4):
        find_unused_images(later(hours=1), seconds=0)
    assert set(StoredImage.objects.exclude(purge_at=None).values_list("pk", flat=True)) == set(lost)
    assert purge_unreferenced_images(later(hours=1)) == 4
    assert StoredImage.objects.get() == kept.image


def test_every_use_of_a_picture_counts_also_those_of_relations_without_a_name() -> None:
    labels = {relation.related_model._meta.label for relation in purge._holders()}
    assert {"profiles.Avatar", "nft.HeldToken", "nft.ClaimPicture"} <= labels
