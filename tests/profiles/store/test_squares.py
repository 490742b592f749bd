"""Squares that an upload does not wait for: the same bytes whoever makes them, and never an error to a reader."""

from __future__ import annotations

import io
from datetime import timedelta
from functools import partial
from unittest import mock

import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from PIL import Image, ImageChops, ImageStat
from redis.exceptions import ConnectionError as RedisDown

from profiles.images.limits import FIRST_SIZES, RENDITION_SIZES
from profiles.models import Avatar, Profile, Rendition, StoredImage
from profiles.store import objects, squares
from profiles.store.errors import StorageError
from profiles.store.images import keep_image
from profiles.store.purge import purge_unreferenced_images
from profiles.store.squares import make_for_reader, make_squares
from profiles.testing.jobs import queued_by_sweep
from profiles.testing.people import a_photo, an_animation, an_upload
from profiles.testing.stores import FileStore
from profiles.upkeep.janitor import Cleaning, clean_pictures
from tests.kit.dying import dies_at

LATER = [192, 384, 512, 600]


@pytest.fixture
def photo(alice: Profile) -> Avatar:
    return an_upload(alice, a_photo((800, 600)))


def sizes(image: StoredImage, **which: bool) -> list[int]:
    return sorted(image.renditions.filter(**which).values_list("size", flat=True))


def hashes(image: StoredImage) -> dict[tuple[int, bool], str]:
    return {(each.size, each.is_still): each.sha256 for each in image.renditions.all()}


def test_an_upload_makes_the_first_sizes_and_a_worker_the_others(photo: Avatar, store: FileStore) -> None:
    assert sizes(photo.image) == list(FIRST_SIZES)
    assert len(store.object_keys()) == 1 + len(FIRST_SIZES)
    assert make_squares(photo.image_id, timezone.now()) == len(LATER)
    assert sizes(photo.image) == sorted([*FIRST_SIZES, *LATER])
    for each in photo.image.renditions.all():
        assert len(objects.get(objects.rendition_key(each.sha256, "webp"))) == each.byte_count
    assert StoredImage.objects.get().due_at is None
    assert make_squares(photo.image_id, timezone.now()) == 0


def test_the_same_bytes_whoever_makes_them(photo: Avatar) -> None:
    for size in (384, 512, 1024):
        assert make_for_reader(photo.image_id, size, still=True)
    make_squares(photo.image_id, timezone.now())
    by_readers = hashes(photo.image)
    photo.image.renditions.filter(size__gt=256).delete()
    StoredImage.objects.update(due_at=timezone.now())
    make_squares(photo.image_id, timezone.now())
    assert hashes(photo.image) == by_readers


def test_a_later_square_looks_like_one_made_at_once(alice: Profile) -> None:
    content = a_photo((800, 600))
    photo = an_upload(alice, content)
    at_once = keep_image(content, sizes=RENDITION_SIZES).picture.renditions
    make_squares(photo.image_id, timezone.now())
    for each in at_once:
        row = photo.image.renditions.get(size=each.image.width)
        later = Image.open(io.BytesIO(objects.get(objects.rendition_key(row.sha256, "webp")))).convert("RGB")
        difference = ImageChops.difference(later, Image.open(io.BytesIO(each.image.data)).convert("RGB"))
        assert max(ImageStat.Stat(difference).rms) < 6, each.size


def test_a_lost_job_is_found_again(photo: Avatar) -> None:
    assert queued_by_sweep(make_squares, timezone.now() + timedelta(minutes=1)) == [photo.image_id]


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_at_every_moment_leaves_nothing_undone(photo: Avatar) -> None:
    kills = 0
    while dies_at(kills + 1, partial(make_squares, photo.image_id, timezone.now() + kills * timedelta(minutes=4))):
        kills += 1
        StoredImage.objects.update(crashes=0)
        for each in photo.image.renditions.all():
            assert objects.get_if_intact(objects.rendition_key(each.sha256, "webp")), "a row without its object"
    assert kills >= 4
    assert sizes(photo.image) == sorted([*FIRST_SIZES, *LATER])


def test_a_reader_who_is_first_gets_the_size_at_once(client: Client, photo: Avatar) -> None:
    answer = client.get("/avatar/alice.webp?s=512")
    assert Image.open(io.BytesIO(answer.content)).size == (512, 512)
    assert sizes(photo.image) == [*FIRST_SIZES, 512]
    assert Image.open(io.BytesIO(client.get("/avatar/alice.png?s=1024").content)).size == (600, 600)
    with mock.patch.object(squares, "_make", side_effect=AssertionError("it was stored")):
        assert client.get("/avatar/alice.webp?s=512").content == answer.content
        assert Image.open(io.BytesIO(client.get("/avatar/alice.webp?s=150").content)).size == (150, 150)


@pytest.mark.parametrize("size", [256, 240, 20])
def test_a_small_picture_is_complete(client: Client, alice: Profile, size: int) -> None:
    image = an_upload(alice, a_photo((size, size))).image
    with mock.patch.object(squares, "_make", side_effect=AssertionError("there is no larger square")):
        assert Image.open(io.BytesIO(client.get("/avatar/alice.webp?s=512").content)).size == (size, size)
    make_squares(image.pk, timezone.now())
    assert sizes(image) == image.sides


@pytest.mark.parametrize(
    "error", [StorageError("down"), RedisDown("down"), OperationalError("attempt to write a readonly database")]
)
def test_a_reader_gets_the_next_smaller_size_while_none_can_be_made(
    client: Client, photo: Avatar, error: Exception
) -> None:
    with mock.patch.object(squares, "_make", side_effect=error) as tried:
        for _ in range(3):
            answer = client.get("/avatar/alice.webp?s=512")
            assert answer.status_code == 200
            assert Image.open(io.BytesIO(answer.content)).size == (256, 256)
    assert tried.call_count == 1
    cache.clear()
    assert Image.open(io.BytesIO(client.get("/avatar/alice.webp?s=512").content)).size == (512, 512)


def test_another_process_makes_it_only_once(photo: Avatar) -> None:
    with mock.patch.object(
        squares, "_make", side_effect=lambda *_, **__: make_for_reader(photo.image_id, 512, still=True)
    ):
        assert make_for_reader(photo.image_id, 512, still=True) is None


def test_an_animation_gets_both_kinds(alice: Profile) -> None:
    image = an_upload(alice, an_animation(size=(300, 300))).image
    assert sizes(image, is_still=True) == sizes(image, is_still=False) == list(FIRST_SIZES)
    make_squares(image.pk, timezone.now())
    assert sizes(image, is_still=True) == sizes(image, is_still=False) == image.sides
    moving = image.renditions.get(size=300, is_still=False)
    assert getattr(Image.open(io.BytesIO(objects.get(objects.rendition_key(moving.sha256, "webp")))), "n_frames", 1) > 1


def test_a_lost_master_is_left_to_the_janitor(photo: Avatar, store: FileStore) -> None:
    store.path(objects.master_key(photo.image.sha256)).unlink()
    assert make_squares(photo.image_id, timezone.now()) == 0
    image = StoredImage.objects.get()
    assert (image.due_at, image.crashes) == (None, 0)


def test_the_purge_takes_the_later_squares_too(alice: Profile, photo: Avatar, store: FileStore) -> None:
    make_squares(photo.image_id, timezone.now())
    photo.delete()
    assert purge_unreferenced_images(timezone.now() + timedelta(hours=1)) == 1
    assert store.object_keys() == []
    assert make_squares(photo.image_id, timezone.now()) == 0
    assert make_for_reader(photo.image_id, 512, still=True) is None


def test_an_object_whose_row_never_came_is_deleted(photo: Avatar, store: FileStore) -> None:
    before = store.object_keys()
    with mock.patch.object(Rendition.objects, "get_or_create", side_effect=SystemExit), pytest.raises(SystemExit):
        make_for_reader(photo.image_id, 512, still=True)
    assert len(store.object_keys()) == len(before) + 1
    clean_pictures(Cleaning(timezone.now() + timedelta(hours=1)))
    assert store.object_keys() == before
