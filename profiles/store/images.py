"""Stored images: bytes in, rows and objects out, and away again when nobody uses them.

The row comes before its objects and goes after them, so nothing is ever stored that no row names. A stored image is
visible only through an Avatar; until one points at it, it is scaffolding that the purge takes down.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import PROTECT, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from profiles import settings
from profiles.audit import record
from profiles.decoding import get_decoder
from profiles.images.picture import Crop, NormalisedPicture
from profiles.models import Avatar, Rendition, StoredImage
from profiles.store import objects

logger = logging.getLogger(__name__)

_BATCH = 200
#: The store is taken to be down after so many in a row.
_FAILURES = 5


def keep_image(content: bytes, *, svg_allowed: bool = False, crop: Crop | None = None) -> StoredImage:
    """Decode, and store what we encoded. The same content and `crop` twice give the same row. SVG becomes pixels, if
    allowed.

    Raises ImageRefused, DecoderUnavailable or storage.StorageError. Give it a holder (`attach_avatar`) soon:
    unheld, it goes after `conf.unused_image_age()`.
    """
    picture = get_decoder().decode(content, settings.decode_request(svg_allowed=svg_allowed, crop=crop))
    image = _write_rows(picture, timezone.now())
    _put_objects(image, picture)
    return image


def purge_unreferenced_images(now: datetime, *, seconds: float = 60.0) -> int:
    """Erase removed pictures past their undo time, then every stored image without holder. Returns images erased.

    Safe to run at any time, twice at once, and after a crash of itself. One picture that can't be deleted holds up no
    other; where several in a row fail it raises the last storage.StorageError, and the next run tries them all again.
    """
    ends_at = time.monotonic() + seconds
    while _erase_removed_avatars(now) == _BATCH and time.monotonic() < ends_at:
        pass
    erased, failures = 0, 0
    for image_id in _unused(now):
        try:
            erased += _purge(image_id, now)
            failures = 0
        except objects.StorageError as error:
            failures += 1
            logger.warning("A stored picture could not be deleted yet: %s", error)
            if failures == _FAILURES:
                raise
        if time.monotonic() > ends_at:
            break
    return erased


def _write_rows(picture: NormalisedPicture, now: datetime) -> StoredImage:
    master = picture.image.master
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
            sha256=_sha256(master.data), defaults={"touched_at": now}, create_defaults=facts | {"touched_at": now}
        )
        Rendition.objects.bulk_create(_rendition_rows(image, picture), ignore_conflicts=True)
    return image


def _rendition_rows(image: StoredImage, picture: NormalisedPicture) -> list[Rendition]:
    """Each square once, under the side it really has: a small picture serves many sizes with one."""
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


def _put_objects(image: StoredImage, picture: NormalisedPicture) -> None:
    """Only what a row names: after a change of encoder the rows of an older upload stand, and so do their objects."""
    fresh = {_sha256(each.image.data): each.image.data for each in picture.renditions}
    wanted = {_rendition_key(row): fresh[row.sha256] for row in image.renditions.all() if row.sha256 in fresh}
    ends_at = time.monotonic() + settings.current().store_time.total_seconds()
    for key, data in {objects.master_key(image.sha256): picture.image.master.data, **wanted}.items():
        if time.monotonic() > ends_at:
            raise objects.StorageError(
                f"The object store takes longer than {settings.current().store_time.seconds} s for a picture."
            )
        objects.put(key, data)


def _unused(now: datetime) -> Iterator[int]:
    """In the order of their ids, so that what can't be deleted now is passed over."""
    old = StoredImage.objects.filter(touched_at__lt=now - settings.current().unused_image_age)
    unused = old.exclude(_is_held()).order_by("pk")
    after = 0
    while batch := list(unused.filter(pk__gt=after).values_list("pk", flat=True)[:_BATCH]):
        yield from batch
        after = batch[-1]


def _erase_removed_avatars(now: datetime) -> int:
    with transaction.atomic():
        past = Avatar.objects.filter(state=Avatar.State.REMOVED, removed_at__lt=now - settings.current().undo_time)
        doomed = list(past.select_for_update().select_related(None).order_by("pk")[:_BATCH])
        for avatar in doomed:
            record(avatar.profile, "avatar.erase", None, avatar=str(avatar.pk), reason=avatar.reason)
        Avatar.objects.filter(pk__in=[avatar.pk for avatar in doomed]).delete()
    return len(doomed)


def _purge(image_id: int, now: datetime) -> bool:
    """Objects first, rows after, under the row's lock: whoever stores the same picture now waits, then starts anew."""
    with transaction.atomic():
        image = _lock_unused(image_id, now)
        if image is None:
            return False
        shared_with_none = _unshared_renditions(image)
        copies = {rendition.sha256: _copy(rendition) for rendition in shared_with_none}
        for key in [objects.master_key(image.sha256), *(_rendition_key(each) for each in shared_with_none)]:
            objects.delete(key)
        image.delete()
    _put_back_if_wanted(copies)
    return True


def _lock_unused(image_id: int, now: datetime) -> StoredImage | None:
    image = StoredImage.objects.select_for_update().filter(pk=image_id).first()
    if image is None or image.touched_at >= now - settings.current().unused_image_age:
        return None
    return None if StoredImage.objects.filter(_is_held(), pk=image_id).exists() else image


def _is_held() -> Q:
    """Whatever row protects an image holds it, of this app or another."""
    held = Q()
    for relation in StoredImage._meta.related_objects:  # noqa: SLF001 - documented for others
        if relation.on_delete is PROTECT:
            rows: QuerySet[Any] = QuerySet(relation.related_model).filter(**{relation.field.name: OuterRef("pk")})
            held |= Q(Exists(rows))
    return held


def _unshared_renditions(image: StoredImage) -> list[Rendition]:
    """Those no other image has: two plain pictures may shrink to the same bytes."""
    own = {rendition.sha256: rendition for rendition in image.renditions.all()}
    elsewhere = Rendition.objects.exclude(image=image).filter(sha256__in=own)
    shared = set(elsewhere.values_list("sha256", flat=True))
    return [rendition for sha256, rendition in own.items() if sha256 not in shared]


def _copy(rendition: Rendition) -> tuple[str, bytes] | None:
    key = _rendition_key(rendition)
    try:
        return key, objects.get(key)
    except objects.StorageError:  # absent or damaged: nothing to keep; a store that is down fails the delete next
        return None


def _put_back_if_wanted(copies: dict[str, tuple[str, bytes] | None]) -> None:
    """Another picture may have begun to share an object between our look and our delete; no lock covers both."""
    wanted = Rendition.objects.filter(sha256__in=copies).values_list("sha256", flat=True)
    for copy in _present(copies[sha256] for sha256 in set(wanted)):
        objects.put(*copy)


def _present(copies: Iterable[tuple[str, bytes] | None]) -> list[tuple[str, bytes]]:
    return [copy for copy in copies if copy is not None]


def _rendition_key(rendition: Rendition) -> str:
    return objects.rendition_key(rendition.sha256, objects.EXTENSIONS[rendition.format])


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
