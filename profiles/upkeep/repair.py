"""Rows whose object is gone: drawn anew where anything is left to draw from, else said to be lost."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from enum import StrEnum

from profiles.decoding import RenderRequest, get_decoder
from profiles.images.formats import OutputFormat
from profiles.images.limits import pick_size
from profiles.images.picture import EncodedImage
from profiles.models import Avatar, Rendition, StoredImage
from profiles.pictures.changing import NoSuchAvatar, NoSuchProfile, change, lock_owner_of, settle
from profiles.store import objects

LOST = "The stored picture was lost on our side. Please set it again."


class Outcome(StrEnum):
    """What became of a row without its object."""

    NOT_NEEDED = "not needed"
    DRAWN = "drawn anew"
    DROPPED = "size dropped"
    MASTER_MISSING = "master missing"
    LOST = "picture lost"


def is_there(key: str, byte_count: int) -> bool:
    """Raises storage.StorageError where that can't be told."""
    try:
        return objects.size(key) == byte_count
    except objects.ObjectMissing:
        return False


def repair_rendition(rendition_id: int) -> Outcome:
    """Draw a missing square from the master, or else from a larger square. What can be drawn from neither is no longer
    offered; a picture without any square left is withdrawn, so that the person learns of it and the earlier one shows.

    Raises storage.StorageError and profiles.images.errors.PictureError; then nothing changed.
    """
    row = Rendition.objects.select_related("image").filter(pk=rendition_id, image__avatars__isnull=False).first()
    if row is None:  # erased meanwhile, or about to be
        return Outcome.NOT_NEEDED
    drawn = _draw(row)
    if drawn is None:
        row.delete()
        return _withdraw_if_bare(row.image)
    sha256 = hashlib.sha256(drawn.data).hexdigest()
    named = {"sha256": sha256, "byte_count": len(drawn.data)}
    Rendition.objects.filter(pk=row.pk).update(**named)  # the row first, as always: the object can be found by it
    objects.put(objects.rendition_key(sha256, objects.EXTENSIONS[row.format]), drawn.data)
    return Outcome.DRAWN


def judge_missing_master(image_id: int) -> Outcome:
    """A master can't be made again. While squares are left the picture is shown as before: that is for a person to
    mend, from a backup."""
    image = StoredImage.objects.filter(pk=image_id, avatars__state=Avatar.State.ACTIVE).first()
    if image is None:
        return Outcome.NOT_NEEDED
    return Outcome.MASTER_MISSING if image.renditions.exists() else _withdraw_if_bare(image)


def _draw(row: Rendition) -> EncodedImage | None:
    wish = RenderRequest(pick_size(row.size), OutputFormat(row.format), row.is_still)
    for source in _sources(row):
        drawn = get_decoder().render(source, wish)
        if (drawn.width, drawn.animated) == (row.size, not row.is_still):
            return drawn
    return None


def _sources(row: Rendition) -> Iterator[bytes]:
    """The master, then larger squares, smallest first. All WebP of our own making."""
    larger = row.image.renditions.filter(size__gt=row.size, format="webp", is_still=row.is_still).order_by("size")
    names = [objects.rendition_key(each.sha256, objects.EXTENSIONS[each.format]) for each in larger]
    for key in [objects.master_key(row.image.sha256), *names]:
        if content := objects.get_if_intact(key):
            yield content


def _withdraw_if_bare(image: StoredImage) -> Outcome:
    if image.renditions.exists():
        return Outcome.DROPPED
    for avatar in image.avatars.filter(state=Avatar.State.ACTIVE):
        _withdraw(avatar)
    return Outcome.LOST


def _withdraw(avatar: Avatar) -> None:
    try:
        with lock_owner_of(avatar.pk) as (owner, held):
            if held.state == Avatar.State.ACTIVE:
                change(held, state=Avatar.State.WITHDRAWN, attested_at=None, reason=LOST)
                settle(owner, "avatar.lost", None, avatar=str(held.pk), sha256=held.image.sha256)
    except (NoSuchAvatar, NoSuchProfile):
        return
