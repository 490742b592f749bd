"""Make the squares that an upload does not wait for: by a worker after it, or when somebody first asks for one.

They are made from the master, so that their bytes do not depend on who makes them, or when.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime

from django.core.cache import cache
from django.db import IntegrityError, transaction

from profiles.decoding import RenderRequest, get_decoder
from profiles.errors import ExpectedError
from profiles.images.limits import FIRST_SIZES, pick_size
from profiles.jobs import job
from profiles.leases import lease_row
from profiles.models import Rendition, StoredImage
from profiles.outages import outage_of
from profiles.row_queue import queue_due
from profiles.store import objects

logger = logging.getLogger(__name__)

#: Seconds in which one request makes a square for a reader, and none tries again after a failure.
_ONE_AT_A_TIME = 30
#: Seconds that a reader waits for a child of the decoder to be free.
_WAIT_SECONDS = 1.0


def want_all_squares(image: StoredImage, now: datetime) -> None:
    """Let a worker make the squares that an upload did not make. Call it in the transaction that locks the row."""
    first = {min(size, image.sides[-1]) for size in FIRST_SIZES}
    if first.issuperset(image.sides):
        return
    make_all_squares(image, now)


def make_all_squares(image: StoredImage, now: datetime) -> None:
    """Let a worker make every square that is not stored, also the first ones. Call it in the transaction."""
    if image.attempt is None:  # else a worker is at it
        StoredImage.objects.filter(pk=image.pk).update(due_at=now)
        queue_due(make_squares)


@job(rows=StoredImage)
def make_squares(image_id: int, now: datetime) -> int:
    """Make every square that the image lacks. Return how many were made."""
    image = lease_row(StoredImage.objects.filter(pk=image_id), now)
    made = 0
    if image is not None:
        with image.attempting(now):
            made = sum(_make(image, size, still) is not None for size, still in _missing(image))
            image.release()
    return made


def make_for_reader(image_id: int, size: int, *, still: bool) -> Rendition | None:
    """Make and store the square of a picture that serves `size` pixels, for a request that asks for it.

    Return None if the next smaller one must do: another request makes it, a try has just failed, or the decoder, the
    store, the cache or the database can't be used.
    """
    wanted = pick_size(size)
    try:
        if not cache.add(f"square:{image_id}:{wanted}:{still}", 1, timeout=_ONE_AT_A_TIME):
            return None
        image = StoredImage.objects.filter(pk=image_id).first()
        return None if image is None else _make(image, wanted, still, wait_seconds=_WAIT_SECONDS)
    except Exception as error:
        expected = error if isinstance(error, ExpectedError) else outage_of(error)
        if expected is None:
            raise
        logger.warning("A square of %s pixels could not be made for a reader: %s", wanted, expected)
        return None


def _missing(image: StoredImage) -> list[tuple[int, bool]]:
    """Return size and stillness of each missing square."""
    stored = set(image.renditions.values_list("size", "is_still"))
    kinds = (True, False) if image.frames > 1 else (True,)
    return [(pick_size(side), still) for side in image.sides for still in kinds if (side, still) not in stored]


def _make(image: StoredImage, size: int, still: bool, *, wait_seconds: float | None = None) -> Rendition | None:
    """Return the square, made and stored; None if the picture is gone.

    Store the object first: the picture is shown already, and a row without its object would be an error to people.

    The janitor deletes the object if no row follows.
    """
    master = objects.get_if_intact(objects.master_key(image.sha256))
    if master is None:  # the janitor reports it
        return None
    drawn = get_decoder().render(master, RenderRequest(size, still=still), wait_seconds=wait_seconds)
    sha256 = hashlib.sha256(drawn.data).hexdigest()
    objects.put(objects.rendition_key(sha256, objects.EXTENSIONS[drawn.format]), drawn.data)
    key = {"image": image, "size": drawn.width, "format": drawn.format.value, "is_still": still}
    facts = {"sha256": sha256, "byte_count": len(drawn.data)}
    try:
        with transaction.atomic():
            return Rendition.objects.get_or_create(**key, defaults=facts)[0]
    except IntegrityError:  # the image was purged meanwhile
        return None
