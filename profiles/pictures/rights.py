"""A person's picture and its history: the use cases. How a change is made, and the family AvatarError that all of them
may raise, stand in changing.py; `set_avatar` also raises profiles.images.errors.PictureError and
profiles.store.objects.StorageError.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import F, Q
from django.utils import timezone

from profiles import settings
from profiles.jobs import job
from profiles.models import Avatar, AvatarQuerySet, Profile
from profiles.models.rights import OnLoss, Standing, effective, standing
from profiles.pictures.changing import (
    AvatarError,
    NoSuchAvatar,
    change,
    lock_owner_of,
    lock_profile,
    settle,
)
from profiles.pictures.history import State, _is_shown
from profiles.pictures.notices import tell_back, tell_lost
from profiles.settings import CLOCK_SKEW
from profiles.text import one_line


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


def attest_avatar(avatar_id: UUID, at: datetime, provenance: dict[str, Any] | None = None) -> bool:
    """Renew the right to show a picture, proved at `at`. False where it is withdrawn, an upload or gone.

    Answers may arrive out of order: the time moves back only by more than CLOCK_SKEW, which means that a clock was set
    right. No audit: it happens every few minutes.
    """
    return _renew(Avatar.objects.filter(pk=avatar_id), at, provenance) == 1


def attest_avatars(avatar_ids: Iterable[UUID], at: datetime) -> int:
    """`attest_avatar` for a whole batch in one statement; returns how many of them stand."""
    return _renew(Avatar.objects.filter(pk__in=list(avatar_ids)), at, None)


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
    a picture in use (`profiles.models.rights`), and they are told. `is_told` tells them of any other loss. Without
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


def _renew(avatars: AvatarQuerySet, at: datetime, provenance: dict[str, Any] | None) -> int:
    standing = avatars.filter(attested_at__isnull=False)
    fresh = {"attested_at": at} | ({} if provenance is None else {"provenance": provenance})
    standing.filter(Q(attested_at__lt=at) | Q(attested_at__gt=at + CLOCK_SKEW)).update(**fresh)
    return standing.count()


# What a person wants when the right to their picture is lost, and what time alone brings about.

AT_ONCE = 500


def set_on_loss(
    profile: Profile, *, on_loss: str, returns_by_itself: bool, mails_on_loss: bool, actor: AbstractBaseUser | None
) -> None:
    """`on_loss` is what the site does by itself, which is then followed wherever the site goes, or one of its other
    choices. It holds for what is lost already, too."""
    on_loss = "" if on_loss == settings.on_loss() else on_loss
    with lock_profile(profile.pk) as owner:
        owner.on_loss, owner.returns_by_itself, owner.mails_on_loss = on_loss, returns_by_itself, mails_on_loss
        owner.save(update_fields=["on_loss", "returns_by_itself", "mails_on_loss", "updated_at"])
        settle(owner, "profile.on_loss", actor, on_loss=str(effective(on_loss)))


@job(every=timedelta(minutes=1))
def settle_overdue(now: datetime) -> int:
    """Moves the pointer of people whose grace is over to their earlier picture; how many. Pictures are served by the
    same rule before: this only saves a query for each."""
    lost = Avatar.objects.filter(
        state=Avatar.State.WITHDRAWN, lost_at__lte=now - settings.loss_grace(), profile__avatar=F("pk")
    )
    by_person = lost.select_related("profile").order_by("lost_at")
    overdue = [one.profile_id for one in by_person[:AT_ONCE] if effective(one.profile.on_loss) is OnLoss.REVERT]
    for profile_id in overdue:
        with lock_profile(profile_id) as owner:
            if owner.avatar is not None and standing(owner.avatar, owner.on_loss, now) is Standing.EARLIER:
                settle(owner, "avatar.grace_over", None, avatar=str(owner.avatar_id))
    return len(overdue)
