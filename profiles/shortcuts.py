"""What a host project calls: the documented Python interface (docs/extend/tags.md). The rest may change its place.

`now` and `actor` are filled in. Everything else is as in the use cases behind.
"""

from __future__ import annotations

from typing import IO

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from profiles.models import Avatar, Profile
from profiles.people.profiles import profile_of
from profiles.pictures import history
from profiles.pictures.history import AvatarDetails
from profiles.serving.of_users import avatar_url, find_owner, forget_owner, with_pictures
from profiles.serving.showing import ShownPicture, find_profile, shown_picture
from profiles.sources import UPLOAD

__all__ = [
    "AvatarDetails",
    "avatar_url",
    "clear_avatar",
    "current_picture",
    "profile_of",
    "remove_avatar",
    "resolve",
    "set_avatar",
    "with_pictures",
]


def set_avatar(
    user: AbstractBaseUser,
    content: bytes | IO[bytes],
    *,
    source: str = UPLOAD,
    details: AvatarDetails | None = None,
    actor: AbstractBaseUser | None = None,
) -> Avatar:
    """Make a picture of the bytes the person's, who gets a profile if they have none. Raise ExpectedError.

    `actor`, by default the person, is named in the audit. Nobody's limit is spent.
    """
    read = content if isinstance(content, bytes) else content.read()
    given = details or AvatarDetails()
    avatar = history.set_avatar(profile_of(user), read, source, details=given, actor=actor or user)
    forget_owner(user)
    return avatar


def remove_avatar(user: AbstractBaseUser, *, actor: AbstractBaseUser | None = None) -> Avatar | None:
    """Remove the picture in use; the one chosen before it comes back. Return it, None if there is none."""
    profile = find_owner(user)
    if profile is None or profile.avatar_id is None:
        return None
    removed = history.remove_avatar(profile, profile.avatar_id, actor or user)
    forget_owner(user)
    return removed


def clear_avatar(user: AbstractBaseUser, *, actor: AbstractBaseUser | None = None) -> None:
    """Remove the picture in use, and show none until the person chooses one. Nothing happens if there is none."""
    profile = find_owner(user)
    if profile is not None:
        history.clear_avatar(profile, actor or user)
        forget_owner(user)


def current_picture(user: object) -> ShownPicture | None:
    """Return what is shown of this user now, with its mark; None for people without a profile. It writes nothing."""
    profile = find_owner(user)
    return None if profile is None else shown_picture(profile, timezone.now())


def resolve(identifier: str) -> Profile | None:
    """Return whom `/avatar/<identifier>` shows: by handle, e-mail hash, or what another app registered."""
    return find_profile(identifier)
