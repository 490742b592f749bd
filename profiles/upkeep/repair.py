"""Repair rows whose object is missing: draw it again, or withdraw the picture if nothing is left to draw from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from enum import StrEnum

from profiles.decoding import RenderRequest, get_decoder
from profiles.images.formats import OutputFormat
from profiles.images.limits import pick_size
from profiles.images.picture import EncodedImage
from profiles.models import Avatar, Rendition, StoredImage
from profiles.pictures.changing import AvatarError, lock_owner_of, refresh_current, update_avatar
from profiles.sentences import gettext as _
from profiles.store import objects
from profiles.store.errors import ObjectMissing

LOST = _("The stored picture was lost on our side. Please set it again.")


class Outcome(StrEnum):
    """The result for a row without its object."""

    NOT_NEEDED = "not needed"
    DRAWN = "drawn anew"
    DROPPED = "size dropped"
    MASTER_MISSING = "master missing"
    LOST = "picture lost"


def is_there(key: str, byte_count: int) -> bool:
    """Return whether the store has an object of this size. Raise StorageError if it doesn't answer."""
    try:
        return objects.size(key) == byte_count
    except ObjectMissing:
        return False


def repair_rendition(rendition_id: int) -> Outcome:
    """Draw a missing square from the master, or else from a larger square.

    If neither works, the row is deleted. A picture without any square left is withdrawn, so that the person learns of
    it and the earlier one is shown. Raise StorageError and PictureError; then nothing changed.
    """
    row = Rendition.objects.select_related("image").filter(pk=rendition_id, image__avatars__isnull=False).first()
    if row is None:  # deleted meanwhile, or about to be
        return Outcome.NOT_NEEDED
    drawn = _draw(row)
    if drawn is None:
        row.delete()
        return _withdraw_if_no_squares(row.image)
    sha256 = hashlib.sha256(drawn.data).hexdigest()
    named = {"sha256": sha256, "byte_count": len(drawn.data)}
    Rendition.objects.filter(pk=row.pk).update(**named)  # before the object, which can then be found by it
    objects.put(objects.rendition_key(sha256, objects.EXTENSIONS[row.format]), drawn.data)
    return Outcome.DRAWN


def handle_missing_master(image_id: int) -> Outcome:
    """Report a missing master, which can't be made again. Withdraw the picture if no square is left either.

    While squares are left the picture is shown as before; an operator may restore the master from a backup.
    """
    image = StoredImage.objects.filter(pk=image_id, avatars__state=Avatar.State.ACTIVE).first()
    if image is None:
        return Outcome.NOT_NEEDED
    return Outcome.MASTER_MISSING if image.renditions.exists() else _withdraw_if_no_squares(image)


def _draw(row: Rendition) -> EncodedImage | None:
    wanted = RenderRequest(pick_size(row.size), OutputFormat(row.format), row.is_still)
    for source in _sources(row):
        drawn = get_decoder().render(source, wanted)
        if (drawn.width, drawn.animated) == (row.size, not row.is_still):
            return drawn
    return None


def _sources(row: Rendition) -> Iterator[bytes]:
    """Yield the master, then larger squares, smallest first. All are our own WebP."""
    larger = row.image.renditions.filter(size__gt=row.size, format="webp", is_still=row.is_still).order_by("size")
    names = [objects.rendition_key(each.sha256, objects.EXTENSIONS[each.format]) for each in larger]
    for key in [objects.master_key(row.image.sha256), *names]:
        if content := objects.get_if_intact(key):
            yield content


def _withdraw_if_no_squares(image: StoredImage) -> Outcome:
    if image.renditions.exists():
        return Outcome.DROPPED
    for avatar in image.avatars.filter(state=Avatar.State.ACTIVE):
        _withdraw(avatar)
    return Outcome.LOST


def _withdraw(avatar: Avatar) -> None:
    try:
        with lock_owner_of(avatar.pk) as (owner, held):
            if held.state == Avatar.State.ACTIVE:
                update_avatar(held, state=Avatar.State.WITHDRAWN, attested_at=None, reason=LOST)
                refresh_current(owner, "avatar.lost", None, avatar=str(held.pk), sha256=held.image.sha256)
    except AvatarError:  # the entry or its person is gone
        return
