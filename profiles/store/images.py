"""Stored images: decode and store them.

A row is written before its objects and deleted after them, so every stored object is named by a row. A stored image is
visible only through an Avatar. One that nothing uses is deleted by `profiles.store.purge`.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from profiles import settings
from profiles.blocks.matching import check_exact, check_new, digest, image_digests, record_marks
from profiles.decoding import Decoder, get_decoder
from profiles.images.limits import FIRST_SIZES, ImageLimits
from profiles.images.picture import UNCHANGED, DecodeRequest, Edit, NormalizedPicture
from profiles.models import Block, ImageHash, Rendition, StoredImage
from profiles.store import objects
from profiles.store.errors import StorageError


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
    content: bytes,
    *,
    svg_allowed: bool = False,
    edit: Edit = UNCHANGED,
    sizes: tuple[int, ...] = FIRST_SIZES,
    limits: ImageLimits | None = None,
    decoder: Decoder | None = None,
) -> KeptImage:
    """Decode a picture and store it in our own encoding, with squares of `sizes`.

    The same content and `edit` give the same row. The other squares are made once it is a person's picture
    (profiles.store.squares). An SVG becomes pixels, if it is allowed. Raises ImageRefused, PictureBlocked,
    DecoderUnavailable or StorageError. A picture that resembles a blocked one is stored, and marked: whoever uses it
    asks `profiles.blocks.matching`. The row must get a holder soon (`attach_avatar`): without one it is deleted after
    AVATAR_UNUSED_SECONDS. `limits` replaces those of the settings, and `decoder` the one of this process.
    """
    request = settings.decode_request(sizes, svg_allowed=svg_allowed, edit=edit, limits=limits)
    picture, resembled = judge_image(content, request, decoder)
    with transaction.atomic():
        row = _create_rows(picture, digest(content), timezone.now())
        record_marks(resembled, image_digests(row))
    _put_objects(row, picture)
    row.kept_master = picture.image.master.data
    return KeptImage(row, picture)


def judge_image(
    content: bytes, request: DecodeRequest, decoder: Decoder | None = None
) -> tuple[NormalizedPicture, list[Block]]:
    """Decode and check a picture as `keep_image` does, and store nothing. Return it, and the blocks it resembles."""
    check_exact([digest(content)])  # before it is decoded, which costs more
    picture = (decoder or get_decoder()).decode(content, request)
    return picture, check_new(content, picture.image.master.data)


def _create_rows(picture: NormalizedPicture, source: str, now: datetime) -> StoredImage:
    master = picture.image.master
    purge_at = now + settings.current().unused_image_age
    fresh = {"touched_at": now, "purge_at": purge_at, "difference_hash": picture.difference_hash}
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
            sha256=_sha256(master.data), defaults=fresh, create_defaults=facts | fresh | {"source_sha256": source}
        )
        ImageHash.objects.bulk_create(
            [ImageHash(image=image, **ImageHash.columns(picture.difference_hash))], ignore_conflicts=True
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
    wanted = {rendition_key_of(row): fresh[row.sha256] for row in image.renditions.all() if row.sha256 in fresh}
    ends_at = time.monotonic() + settings.current().store_time.total_seconds()
    for key, data in {objects.master_key(image.sha256): picture.image.master.data, **wanted}.items():
        if time.monotonic() > ends_at:
            raise StorageError(
                f"The object store takes longer than {settings.current().store_time.seconds} s for a picture."
            )
        objects.put(key, data)


def rendition_key_of(rendition: Rendition) -> str:
    return objects.rendition_key(rendition.sha256, objects.EXTENSIONS[rendition.format])


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
