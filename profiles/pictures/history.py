"""A person's picture and its history: the use cases. How a change is made, and the family AvatarError that all of them
may raise, stand in changing.py; `set_avatar` also raises profiles.images.errors.PictureError and
profiles.store.objects.StorageError.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from profiles.audit import record
from profiles.images.picture import MIDDLE, Crop
from profiles.models import Avatar, Profile, StoredImage
from profiles.models.rights import Standing, standing
from profiles.pictures.changing import (
    AvatarNotShowable,
    ImageGone,
    NoSuchAvatar,
    change,
    lock_profile,
    own_avatar,
    settle,
    time_of_choice,
)
from profiles.pictures.notices import close_all
from profiles.store import objects
from profiles.store.images import keep_image
from profiles.text import one_line

State = Avatar.State


@dataclass(frozen=True)
class AvatarDetails:
    """What is known of a picture beside its pixels. All texts are cleaned and cut to their columns.

    `attested_at` is needed for every source but uploads: when the right to show it was last proved.
    """

    title: str = ""
    alt_text: str = ""
    attested_at: datetime | None = None
    provenance: dict[str, Any] | None = None

    @property
    def reference(self) -> str:
        """Tells pictures of the same pixels apart: two tokens of one person may share an image, never an entry."""
        return str((self.provenance or {}).get("asset_id", ""))

    def columns(self) -> dict[str, Any]:
        return {
            "title": one_line(self.title)[:200],
            "alt_text": one_line(self.alt_text)[:300],
            "attested_at": self.attested_at,
            "provenance": self.provenance,
        }


def set_avatar(
    profile: Profile,
    content: bytes,
    source: str,
    *,
    details: AvatarDetails,
    actor: AbstractBaseUser | None,
    crop: Crop | None = None,
) -> Avatar:
    """Make `content` the person's picture: decoded in a child, stored, then shown. Uploads and tokens alike. With a
    `crop`, nothing outside of it is kept.

    The same part of the same picture from the same source again is chosen again, not doubled. Where anything raises,
    the earlier picture stands and nothing visible was stored. Read `profile` anew afterwards: the instance passed is
    not changed.
    """
    image = keep_image(content, svg_allowed=source != Avatar.Source.UPLOAD, crop=crop).row
    return attach_avatar(profile, image, source, details=details, actor=actor)


def attach_avatar(
    profile: Profile, image: StoredImage, source: str, *, details: AvatarDetails, actor: AbstractBaseUser | None
) -> Avatar:
    """`set_avatar` for an image we hold already, as one cached for another holder: no second decode."""
    with lock_profile(profile.pk) as owner:
        held = _lock_image(image.pk)
        avatar = _enter(owner, held, source, details)
        close_all(owner)
        settle(owner, "avatar.set", actor, avatar=str(avatar.pk), source=source, sha256=held.sha256)
    return avatar


def choose_avatar(profile: Profile, avatar_id: UUID, actor: AbstractBaseUser | None) -> Avatar:
    """Use an entry of the history again. Raises NoSuchAvatar or AvatarNotShowable."""
    with lock_profile(profile.pk) as owner:
        avatar = own_avatar(owner, avatar_id)
        if not avatar.is_showable(timezone.now()):
            raise AvatarNotShowable(_why_not(avatar))
        change(avatar, chosen_at=time_of_choice(owner), is_offered=False)
        close_all(owner)
        settle(owner, "avatar.choose", actor, avatar=str(avatar.pk))
    return avatar


def remove_avatar(profile: Profile, avatar_id: UUID, actor: AbstractBaseUser | None) -> Avatar:
    """Take an entry out of the history; the most recently chosen one left takes its place.

    `restore_avatar` brings it back within `conf.undo_time()`; then row and bytes are erased.
    """
    with lock_profile(profile.pk) as owner:
        avatar = own_avatar(owner, avatar_id)
        if avatar.state != State.REMOVED:
            change(avatar, state=State.REMOVED, removed_at=timezone.now())
            settle(owner, "avatar.remove", actor, avatar=str(avatar.pk))
    return avatar


def restore_avatar(profile: Profile, avatar_id: UUID, actor: AbstractBaseUser | None) -> Avatar:
    """Undo `remove_avatar`. An entry whose right was lost meanwhile comes back as withdrawn."""
    with lock_profile(profile.pk) as owner:
        avatar = own_avatar(owner, avatar_id)
        if avatar.is_locked:
            raise AvatarNotShowable(_why_not(avatar))
        if avatar.state == State.REMOVED:
            stands = avatar.source == Avatar.Source.UPLOAD or avatar.attested_at is not None
            reason = "" if stands else avatar.reason or "The right to show it was lost while it was removed."
            change(avatar, state=State.ACTIVE if stands else State.WITHDRAWN, removed_at=None, reason=reason)
            settle(owner, "avatar.restore", actor, avatar=str(avatar.pk))
    return avatar


def set_alt_text(profile: Profile, avatar_id: UUID, alt_text: str, actor: AbstractBaseUser | None) -> Avatar:
    with lock_profile(profile.pk) as owner:
        avatar = own_avatar(owner, avatar_id)
        change(avatar, alt_text=one_line(alt_text)[:300])
        record(owner, "avatar.alt", actor, avatar=str(avatar.pk))
    return avatar


def _is_shown(owner: Profile, avatar: Avatar, now: datetime) -> bool:
    return owner.avatar_id == avatar.pk and standing(avatar, owner.on_loss, now) is Standing.SHOWN


def _lock_image(image_id: int) -> StoredImage:
    """Holds off the purge until the entry that keeps the image is committed."""
    image = StoredImage.objects.select_for_update().filter(pk=image_id).first()
    if image is None:
        raise ImageGone
    return image


def _enter(owner: Profile, image: StoredImage, source: str, details: AvatarDetails) -> Avatar:
    avatar = owner.avatars.filter(image=image, source=source, reference=details.reference).first()
    if avatar is None:
        return owner.avatars.create(
            image=image,
            source=source,
            reference=details.reference,
            chosen_at=time_of_choice(owner),
            **details.columns(),
        )
    if avatar.is_locked:
        raise AvatarNotShowable(_why_not(avatar))
    new = details.columns()
    kept = {name: getattr(avatar, name) for name in ("title", "alt_text") if not new[name]}
    fresh = {"state": State.ACTIVE, "removed_at": None, "reason": "", "lost_at": None, "is_offered": False}
    change(avatar, chosen_at=time_of_choice(owner), **(fresh | new | kept))
    return avatar


def _why_not(avatar: Avatar) -> str:
    if avatar.is_locked:
        return f"This picture was removed by the site's team: {avatar.reason}"
    if avatar.state == State.REMOVED:
        return "This picture was removed. Undo that first."
    if avatar.state == State.WITHDRAWN:
        return avatar.reason or "The right to show this picture was lost."
    return "Whether you still hold this token could not be checked for too long. We keep trying; try again later."


# Another part of an upload that is kept whole, or a smaller part of one that is not.


def croppable(profile: Profile, avatar_id: UUID) -> Avatar:
    """An entry of which another part may be shown: an upload that stands. Raises NoSuchAvatar. A token's picture is
    what its creator made, and the proof speaks of that."""
    uploads = profile.avatars.active().filter(source=Avatar.Source.UPLOAD)
    avatar = uploads.select_related("image").filter(pk=avatar_id).first()
    if avatar is None:
        raise NoSuchAvatar
    return avatar


def kept_bytes(avatar: Avatar) -> bytes:
    """What we keep of the picture, for its owner's eyes. Raises storage.StorageError."""
    return objects.get(objects.master_key(avatar.image.sha256))


def crop_again(profile: Profile, avatar_id: UUID, crop: Crop, actor: AbstractBaseUser | None) -> Avatar:
    """The part `crop` of what we keep becomes the person's picture, as an entry of its own; the old one stays.

    Raises NoSuchAvatar, storage.StorageError, and what `set_avatar` raises.
    """
    avatar = croppable(profile, avatar_id)
    if crop == MIDDLE:  # which is what the entry shows
        return choose_avatar(profile, avatar_id, actor)
    details = AvatarDetails(title=avatar.title, alt_text=avatar.alt_text)
    return set_avatar(profile, kept_bytes(avatar), avatar.source, details=details, actor=actor, crop=crop)
