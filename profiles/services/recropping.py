"""Another part of an upload that is kept whole, or a smaller part of one that is not."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser

from profiles import storage
from profiles.images.picture import MIDDLE, Crop
from profiles.models import Avatar, Profile
from profiles.services.avatars import AvatarDetails, choose_avatar, set_avatar
from profiles.services.changing import NoSuchAvatar


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
    return storage.get(storage.master_key(avatar.image.sha256))


def crop_again(profile: Profile, avatar_id: UUID, crop: Crop, actor: AbstractBaseUser | None) -> Avatar:
    """The part `crop` of what we keep becomes the person's picture, as an entry of its own; the old one stays.

    Raises NoSuchAvatar, storage.StorageError, and what `set_avatar` raises.
    """
    avatar = croppable(profile, avatar_id)
    if crop == MIDDLE:  # which is what the entry shows
        return choose_avatar(profile, avatar_id, actor)
    details = AvatarDetails(title=avatar.title, alt_text=avatar.alt_text)
    return set_avatar(profile, kept_bytes(avatar), avatar.source, details=details, actor=actor, crop=crop)
