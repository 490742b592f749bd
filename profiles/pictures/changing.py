"""Helpers shared by all changes to a person's history: locks, pointer, audit.

Each change is one transaction under the lock of the Profile row: it recomputes the pointer, writes an audit entry and
the event for webhooks, and sends `signals.avatar_changed` after the commit. Until then the old picture is shown (V6).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from profiles.audit import record
from profiles.errors import ExpectedError, Kind
from profiles.images.errors import PictureError
from profiles.models import Avatar, Profile
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop
from profiles.signals import avatar_changed
from profiles.webhooks.recording import record_picture_change

NO_PICTURE = Kind("no-picture", gettext_noop("No picture"), 404)


class AvatarError(ExpectedError):
    """A person's picture or its history can't be changed so."""

    kind = PictureError.kind


class AvatarNotShowable(AvatarError):
    """The picture was withdrawn or removed, or not attested recently enough."""

    kind = Kind("picture-not-showable", gettext_noop("The picture can't be shown"), 409)


class NoSuchAvatar(AvatarError):
    """The picture is not in this person's history."""

    kind = Kind("no-such-picture", gettext_noop("No such picture"), 404)

    def __init__(self) -> None:
        super().__init__(_("This picture is not in your history. It may have been removed for good."))


@contextmanager
def lock_profile(profile_id: int) -> Iterator[Profile]:
    """Lock the profile in a transaction. Raise AvatarError if it is gone.

    The key is not locked: rows that refer to the profile, such as audit entries, can be written meanwhile. So whoever
    locks the user (signing in, unlinking) and whoever locks the profile never wait for each other.
    """
    with transaction.atomic():
        profile = Profile.objects.select_for_update(no_key=True).filter(pk=profile_id).first()
        if profile is None:
            raise AvatarError(_("This account no longer exists."))
        yield profile


@contextmanager
def lock_owner_of(avatar_id: UUID) -> Iterator[tuple[Profile, Avatar]]:
    """Lock the profile, then its entry, in the one order that avoids deadlocks. Raise NoSuchAvatar."""
    owner_id = Avatar.objects.filter(pk=avatar_id).values_list("profile_id", flat=True).first()
    if owner_id is None:
        raise NoSuchAvatar
    with lock_profile(owner_id) as owner:
        yield owner, own_avatar(owner, avatar_id)


def own_avatar(owner: Profile, avatar_id: UUID) -> Avatar:
    """Return the entry of a locked profile, locked too. Raise NoSuchAvatar."""
    avatar = (
        owner.avatars.select_for_update(of=("self",), no_key=True).select_related("image").filter(pk=avatar_id).first()
    )
    if avatar is None:
        raise NoSuchAvatar
    return avatar


def time_of_choice(owner: Profile) -> datetime:
    """Return now, or just after the last choice if the clock is behind it: choices must sort in their order."""
    latest = owner.avatars.aggregate(latest=Max("chosen_at"))["latest"]
    now = timezone.now()
    return now if latest is None or latest < now else latest + timedelta(microseconds=1)


def update_avatar(avatar: Avatar, **columns: object) -> None:
    for name, value in columns.items():
        setattr(avatar, name, value)
    avatar.save(update_fields=list(columns))


def refresh_current(profile: Profile, action: str, actor: AbstractBaseUser | None, **detail: object) -> None:
    """Recompute `profile.avatar`, bump its version if what is shown may differ, write the audit entry."""
    before = profile.avatar_id
    profile.avatar = profile.avatars.in_use(profile.on_loss, timezone.now()).first()
    if profile.avatar_id != before or detail.get("avatar") == str(profile.avatar_id):
        profile.avatar_version += 1
        profile.save(update_fields=["avatar", "avatar_version", "updated_at"])
        facts = {"profile_id": profile.pk, "avatar_id": profile.avatar_id, "version": profile.avatar_version}
        transaction.on_commit(lambda: avatar_changed.send(Profile, **facts, action=action), robust=True)
        record_picture_change(profile, timezone.now())
    record(profile, action, actor, **detail)
