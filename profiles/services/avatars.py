"""A person's picture and its history: the use cases. How a change is made, and the family AvatarError that all of them
may raise, stand in changing.py; `set_avatar` also raises profiles.images.errors.PictureError and
profiles.storage.StorageError.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q
from django.utils import timezone

from profiles.conf import CLOCK_SKEW
from profiles.images.picture import Crop
from profiles.models import Avatar, AvatarQuerySet, Profile, StoredImage
from profiles.services.audit import record
from profiles.services.changing import (
    AvatarError,
    AvatarNotShowable,
    ImageGone,
    NoSuchAvatar,
    NoSuchProfile,
    change,
    lock_owner_of,
    lock_profile,
    own_avatar,
    settle,
    time_of_choice,
)
from profiles.services.images import keep_image
from profiles.services.notices import close_all, tell_back, tell_lost
from profiles.standing import Standing, standing
from profiles.text import one_line

__all__ = [
    "CLOCK_SKEW",
    "AvatarDetails",
    "AvatarError",
    "AvatarNotShowable",
    "ImageGone",
    "NoSuchAvatar",
    "NoSuchProfile",
    "attach_avatar",
    "attest_avatar",
    "attest_avatars",
    "choose_avatar",
    "doubt_avatars",
    "moderate_avatar",
    "reinstate_avatar",
    "remove_avatar",
    "restore_avatar",
    "set_alt_text",
    "set_avatar",
    "trust_avatars",
    "withdraw_avatar",
]

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
    image = keep_image(content, svg_allowed=source != Avatar.Source.UPLOAD, crop=crop)
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


def moderate_avatar(avatar_id: UUID, reason_sentence: str, actor: AbstractBaseUser) -> Avatar:
    """Remove somebody's picture for the site. `reason_sentence` is required and shown to the person."""
    reason = one_line(reason_sentence)[:300]
    if not reason:
        raise AvatarError("Write why this picture is removed; the person will read it.")
    with lock_owner_of(avatar_id) as (owner, avatar):
        when = avatar.removed_at or timezone.now()
        if owner.avatar_id == avatar.pk:
            tell_lost(owner, avatar, reason, when)
        change(avatar, state=State.REMOVED, removed_at=when, reason=reason, is_locked=True)
        settle(owner, "avatar.moderate", actor, avatar=str(avatar.pk), reason=reason, sha256=avatar.image.sha256)
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


def attest_avatar(avatar_id: UUID, at: datetime, provenance: dict[str, Any] | None = None) -> bool:
    """Renew the right to show a picture, proved at `at`. False where it is withdrawn, an upload or gone.

    Answers may arrive out of order: the time moves back only by more than CLOCK_SKEW, which means that a clock was set
    right. No audit: it happens every few minutes.
    """
    return _attest(Avatar.objects.filter(pk=avatar_id), at, provenance) == 1


def attest_avatars(avatar_ids: Iterable[UUID], at: datetime) -> int:
    """`attest_avatar` for a whole batch in one statement; returns how many of them stand."""
    return _attest(Avatar.objects.filter(pk__in=list(avatar_ids)), at, None)


def doubt_avatars(avatar_ids: Iterable[UUID]) -> None:
    """Their right may just have been lost: the mark goes at once, the picture stays until that is known."""
    Avatar.objects.filter(pk__in=list(avatar_ids)).update(is_doubted=True)


def trust_avatars(avatar_ids: Iterable[UUID]) -> None:
    """The doubt is settled, whichever way: the mark depends on the attestation alone again."""
    Avatar.objects.filter(pk__in=list(avatar_ids), is_doubted=True).update(is_doubted=False)


def withdraw_avatar(
    avatar_id: UUID,
    reason_sentence: str,
    actor: AbstractBaseUser | None = None,
    *,
    lost_at: datetime | None = None,
    is_told: bool = False,
) -> bool:
    """The right to show it was lost: mark off, the most recently chosen picture left takes its place.

    `lost_at`: when it was lost without the person's or the site's doing; then their own wish decides what is shown of
    a picture in use (`profiles.standing`), and they are told. `is_told` tells them of any other loss. Without
    `lost_at`, a picture that was lost before and is still shown by that wish goes, too.
    False where there was nothing to withdraw (already withdrawn, an upload, or gone): calling again does no harm.
    """
    try:
        with lock_owner_of(avatar_id) as (owner, avatar):
            is_kept = avatar.state == State.WITHDRAWN and avatar.lost_at is not None
            if avatar.attested_at is None and not (is_kept and lost_at is None):
                return False
            reason = one_line(reason_sentence)[:300]
            removed, in_use = avatar.state == State.REMOVED, owner.avatar_id == avatar.pk
            gone = {} if removed else {"state": State.WITHDRAWN, "reason": reason}
            change(avatar, attested_at=None, is_offered=False, lost_at=lost_at if in_use else None, **gone)
            if in_use and (lost_at is not None or is_told):
                tell_lost(owner, avatar, reason, lost_at or timezone.now())
            settle(owner, "avatar.withdraw", actor, avatar=str(avatar.pk), reason=reason)
    except NoSuchAvatar:
        return False
    return True


def reinstate_avatar(
    avatar_id: UUID, at: datetime, provenance: dict[str, Any] | None = None, actor: AbstractBaseUser | None = None
) -> bool:
    """The right is back, proved at `at` (a reorg, or the token came home). It is the person's picture again if they
    chose nothing since, or offered to them if they wish to be asked. An entry that stands is attested; a removed one
    stays removed. False for uploads, gone, and pictures of which we lost every square.
    """
    try:
        with lock_owner_of(avatar_id) as (owner, avatar):
            if avatar.source == Avatar.Source.UPLOAD or not avatar.image.renditions.exists():
                return False
            if avatar.attested_at is not None:
                return attest_avatar(avatar_id, at, provenance)
            removed = avatar.state == State.REMOVED
            asks = not owner.returns_by_itself and not _is_shown(owner, avatar, at)
            back = {} if removed else {"state": State.ACTIVE, "reason": "", "is_offered": asks}
            change(avatar, attested_at=at, lost_at=None, provenance=provenance or avatar.provenance, **back)
            settle(owner, "avatar.reinstate", actor, avatar=str(avatar.pk))
            if not removed:
                tell_back(owner, avatar, at, is_shown=_is_shown(owner, avatar, at))
    except NoSuchAvatar:
        return False
    return True


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


def _attest(avatars: AvatarQuerySet, at: datetime, provenance: dict[str, Any] | None) -> int:
    standing = avatars.filter(attested_at__isnull=False)
    fresh = {"attested_at": at} | ({} if provenance is None else {"provenance": provenance})
    standing.filter(Q(attested_at__lt=at) | Q(attested_at__gt=at + CLOCK_SKEW)).update(**fresh)
    return standing.count()


def _why_not(avatar: Avatar) -> str:
    if avatar.is_locked:
        return f"This picture was removed by the site's team: {avatar.reason}"
    if avatar.state == State.REMOVED:
        return "This picture was removed. Undo that first."
    if avatar.state == State.WITHDRAWN:
        return avatar.reason or "The right to show this picture was lost."
    return "Whether you still hold this token could not be checked for too long. We keep trying; try again later."
