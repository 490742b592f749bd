"""Stored images: decode and store them, and delete them once nobody uses them.

A row is written before its objects and deleted after them, so every stored object is named by a row. A stored image is
visible only through an Avatar. One that no Avatar uses is deleted by the purge.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import PROTECT, Exists, ForeignObjectRel, OuterRef, Q, QuerySet
from django.utils import timezone

from profiles import settings
from profiles.audit import record
from profiles.decoding import get_decoder
from profiles.images.limits import FIRST_SIZES
from profiles.images.picture import Crop, NormalizedPicture
from profiles.jobs import job
from profiles.models import Avatar, Rendition, StoredImage
from profiles.store import objects
from profiles.store.errors import StorageError

logger = logging.getLogger(__name__)

_BATCH = 200
#: Consecutive failures after which the store is taken to be down.
_MAX_FAILURES = 5


@dataclass(frozen=True)
class KeptImage:
    """A stored image's row, and the picture it was made from, still in memory."""

    row: StoredImage
    picture: NormalizedPicture

    @property
    def master(self) -> bytes:
        """The bytes that the row's sha256 names, of the type that its `mime` says."""
        return self.picture.image.master.data


def keep_image(
    content: bytes, *, svg_allowed: bool = False, crop: Crop | None = None, sizes: tuple[int, ...] = FIRST_SIZES
) -> KeptImage:
    """Decode a picture and store it in our own encoding, with squares of `sizes`.

    The same content and `crop` give the same row. The other squares are made once it is a person's picture
    (profiles.store.squares). An SVG becomes pixels, if it is allowed. Raises ImageRefused, DecoderUnavailable or
    StorageError. The row must get a holder soon (`attach_avatar`): without one it is deleted after
    AVATAR_UNUSED_SECONDS.
    """
    picture = get_decoder().decode(content, settings.decode_request(sizes, svg_allowed=svg_allowed, crop=crop))
    row = _create_rows(picture, timezone.now())
    _put_objects(row, picture)
    return KeptImage(row, picture)


# Removed pictures can be brought back for 10 minutes and are gone from every store after 15.
@job(every=timedelta(minutes=2))
def purge_unreferenced_images(now: datetime, *, seconds: float = 60.0) -> int:
    """Delete removed pictures past their undo time, then every stored image without holder; return how many images.

    Idempotent, and safe to run concurrently. A picture that can't be deleted does not block the others. After several
    consecutive failures the last StorageError is raised, and the next run tries all of them again.
    """
    ends_at = time.monotonic() + seconds
    while _delete_removed_avatars(now) == _BATCH and time.monotonic() < ends_at:
        pass
    deleted, failures = 0, 0
    for image_id in _unused(now):
        try:
            deleted += _purge(image_id, now)
            failures = 0
        except StorageError as error:
            failures += 1
            logger.warning("A stored picture could not be deleted yet: %s", error)
            if failures == _MAX_FAILURES:
                raise
        if time.monotonic() > ends_at:
            break
    return deleted


def _create_rows(picture: NormalizedPicture, now: datetime) -> StoredImage:
    master = picture.image.master
    fresh = {"touched_at": now, "difference_hash": picture.difference_hash}
    facts = {
        "mime": master.format.content_type,
        "width": master.width,
        "height": master.height,
        "frames": picture.image.frames,
        "byte_count": len(master.data),
        "source_format": picture.image.source_format.value,
    }
    with transaction.atomic():
        image, _ = StoredImage.objects.update_or_create(
            sha256=_sha256(master.data), defaults=fresh, create_defaults=facts | fresh
        )
        Rendition.objects.bulk_create(_rendition_rows(image, picture), ignore_conflicts=True)
    return image


def _rendition_rows(image: StoredImage, picture: NormalizedPicture) -> list[Rendition]:
    """Return one row per distinct square, with its real side: a small picture serves many sizes with one square."""
    squares = {(each.image.width, each.image.animated): each for each in picture.renditions}
    return [
        Rendition(
            image=image,
            size=each.image.width,
            format=each.image.format.value,
            is_still=not each.image.animated,
            sha256=_sha256(each.image.data),
            byte_count=len(each.image.data),
        )
        for each in squares.values()
    ]


def _put_objects(image: StoredImage, picture: NormalizedPicture) -> None:
    """Store the objects that rows name. After a change of encoder, the rows and objects of an older upload stay."""
    fresh = {_sha256(each.image.data): each.image.data for each in picture.renditions}
    wanted = {_rendition_key(row): fresh[row.sha256] for row in image.renditions.all() if row.sha256 in fresh}
    ends_at = time.monotonic() + settings.current().store_time.total_seconds()
    for key, data in {objects.master_key(image.sha256): picture.image.master.data, **wanted}.items():
        if time.monotonic() > ends_at:
            raise StorageError(
                f"The object store takes longer than {settings.current().store_time.seconds} s for a picture."
            )
        objects.put(key, data)


def _unused(now: datetime) -> Iterator[int]:
    """Yield ids in ascending order, so that an image that can't be deleted now is passed over."""
    old = StoredImage.objects.filter(touched_at__lt=now - settings.current().unused_image_age)
    unused = old.exclude(_is_held()).order_by("pk")
    after = 0
    while batch := list(unused.filter(pk__gt=after).values_list("pk", flat=True)[:_BATCH]):
        yield from batch
        after = batch[-1]


def _delete_removed_avatars(now: datetime) -> int:
    with transaction.atomic():
        past = Avatar.objects.filter(state=Avatar.State.REMOVED, removed_at__lt=now - settings.current().undo_time)
        removed = list(past.select_for_update().select_related(None).order_by("pk")[:_BATCH])
        for avatar in removed:
            record(avatar.profile, "avatar.erase", None, avatar=str(avatar.pk), reason=avatar.reason)
        Avatar.objects.filter(pk__in=[avatar.pk for avatar in removed]).delete()
    return len(removed)


def _purge(image_id: int, now: datetime) -> bool:
    """Delete objects, then rows, under the row's lock: an upload of the same picture waits and starts anew."""
    with transaction.atomic():
        image = _lock_unused(image_id, now)
        if image is None:
            return False
        unshared = {_rendition_key(each): each.sha256 for each in _unshared_renditions(image)}
        copies = {key: objects.get_if_intact(key) for key in unshared}
        for key in [objects.master_key(image.sha256), *unshared]:
            objects.delete(key)
        image.delete()
    # No lock covers an object that another picture begins to share between our check and our delete.
    wanted = set(Rendition.objects.filter(sha256__in=unshared.values()).values_list("sha256", flat=True))
    for key, copy in copies.items():
        if copy is not None and unshared[key] in wanted:
            objects.put(key, copy)
    return True


def _lock_unused(image_id: int, now: datetime) -> StoredImage | None:
    image = StoredImage.objects.select_for_update().filter(pk=image_id).first()
    if image is None or image.touched_at >= now - settings.current().unused_image_age:
        return None
    return None if StoredImage.objects.filter(_is_held(), pk=image_id).exists() else image


def _is_held() -> Q:
    """Match images that any row with on_delete=PROTECT points at, of this app or another.

    `related_objects` would leave out those with related_name="+".
    """
    held = Q()
    for relation in StoredImage._meta.get_fields(include_hidden=True):  # noqa: SLF001 - Django documents it as public
        if isinstance(relation, ForeignObjectRel) and relation.on_delete is PROTECT:
            rows: QuerySet[models.Model] = QuerySet(relation.related_model).filter(
                **{relation.field.name: OuterRef("pk")}
            )
            held |= Q(Exists(rows))
    return held


def _unshared_renditions(image: StoredImage) -> list[Rendition]:
    """Return the renditions that no other image has: two plain pictures may shrink to the same bytes."""
    own = {rendition.sha256: rendition for rendition in image.renditions.all()}
    elsewhere = Rendition.objects.exclude(image=image).filter(sha256__in=own)
    shared = set(elsewhere.values_list("sha256", flat=True))
    return [rendition for sha256, rendition in own.items() if sha256 not in shared]


def _rendition_key(rendition: Rendition) -> str:
    return objects.rendition_key(rendition.sha256, objects.EXTENSIONS[rendition.format])


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
