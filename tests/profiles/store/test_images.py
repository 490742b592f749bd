"""Kept images: the stored bytes are returned, and the difference hash is stored."""

from __future__ import annotations

import hashlib
from io import BytesIO

import pytest
from PIL import Image

from profiles.images.likeness import difference_hash
from profiles.models import StoredImage
from profiles.store import objects
from profiles.store.images import keep_image
from profiles.testing.people import an_animation
from profiles.testing.pictures import encoded, four_corners
from profiles.testing.stores import FileStore

pytestmark = pytest.mark.django_db


def test_a_kept_image_has_the_bytes_that_were_stored(store: FileStore) -> None:
    kept = keep_image(encoded(four_corners(), "PNG"))
    assert hashlib.sha256(kept.master).hexdigest() == kept.row.sha256
    assert kept.master == objects.get(objects.master_key(kept.row.sha256))
    assert kept.row.mime == "image/webp"


@pytest.mark.usefixtures("store")
def test_its_likeness_is_computed_from_the_decoded_pixels() -> None:
    kept = keep_image(encoded(four_corners(), "PNG"))
    with Image.open(BytesIO(kept.master)) as master:
        expected = difference_hash(master)
    stored = StoredImage.objects.get()
    assert stored.difference_hash == kept.picture.difference_hash
    differing = (kept.picture.difference_hash ^ expected) & ((1 << 64) - 1)
    assert differing.bit_count() <= 3, "the master is a lossy copy"


@pytest.mark.usefixtures("store")
def test_an_animation_has_the_likeness_of_its_still() -> None:
    assert keep_image(an_animation()).row.difference_hash is not None


@pytest.mark.usefixtures("store")
def test_a_row_without_a_likeness_gets_one_when_its_picture_comes_again() -> None:
    content = encoded(four_corners(), "PNG")
    likeness = keep_image(content).row.difference_hash
    StoredImage.objects.update(difference_hash=None)
    assert keep_image(content).row.difference_hash == likeness
    assert StoredImage.objects.get().difference_hash == likeness
