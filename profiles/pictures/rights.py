"""Renew, doubt, withdraw and reinstate the right to show a picture; remove one for the site; apply loss policies.

All functions that change one picture may raise AvatarError.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import F, Q
from django.utils import timezone

from profiles import settings
from profiles.jobs import job
from profiles.models import Avatar, AvatarQuerySet, Profile
from profiles.models.display import Display, OnLoss, decide_display, resolve_policy
from profiles.pictures.changing import (
    NoSuchAvatar,
    lock_owner_of,
    lock_profile,
    refresh_current,
    update_avatar,
)
from profiles.pictures.history import State, is_shown
from profiles.pictures.holds import take_down
from profiles.pictures.notices import notify_lost, notify_returned
from profiles.sentences import clean_sentence
from profiles.settings import CLOCK_SKEW
from profiles.sources import UPLOAD

# States that only a person or the site's team end.
_STAY = frozenset({State.REMOVED, State.HELD})
# People whose pointer one run of `revert_after_grace` moves.
MAX_AT_ONCE = 500


def moderate_avatar(avatar_id: UUID, reason_sentence: str, actor: AbstractBaseUser) -> Avatar:
    """Remove somebody's picture for the site. The person reads `reason_sentence`, which is required."""
    return take_down(avatar_id, reason_sentence, actor)


def attest_avatar(avatar_id: UUID, at: datetime, provenance: Mapping[str, object] | None = None) -> bool:
    """Record that the right to show a picture was proved at `at`. False if it is withdrawn, an upload or gone.

    Answers may arrive out of order: the time moves back only by more than CLOCK_SKEW, which means that a clock was set
    right. No audit entry: this happens every few minutes.
    """
    attested = Avatar.objects.filter(pk=avatar_id, attested_at__isnull=False)
    _renew(attested, at, provenance)
    return attested.exists()


def attest_avatars(avatar_ids: Iterable[UUID], at: datetime) -> int:
    """Attest a batch in one statement. Return how many times moved."""
    return _renew(Avatar.objects.filter(pk__in=list(avatar_ids)), at, None)


def expire_marks(now: datetime) -> int:
    """Hide every mark until its right is attested again. The pictures stay, as after an outage of that length."""
    then = now - settings.current().mark_max_age
    return Avatar.objects.filter(attested_at__gt=then).update(attested_at=then)


def doubt_avatars(avatar_ids: Iterable[UUID]) -> None:
    """Hide the mark at once: the right may just have been lost. The picture stays until that is known."""
    Avatar.objects.filter(pk__in=list(avatar_ids)).update(is_doubted=True)


def trust_avatars(avatar_ids: Iterable[UUID]) -> None:
    """End the doubt, whatever its outcome: the mark depends on the attestation alone again."""
    Avatar.objects.filter(pk__in=list(avatar_ids), is_doubted=True).update(is_doubted=False)


def withdraw_avatar(
    avatar_id: UUID,
    reason_sentence: str,
    actor: AbstractBaseUser | None = None,
    *,
    lost_at: datetime | None = None,
    notify: bool = False,
) -> bool:
    """Record that the right to show a picture was lost: remove its mark, and apply the person's policy.

    `lost_at`: when it was lost without the person's or the site's doing. Then the person's policy decides what is shown
    of a picture in use (`profiles.models.display`), and they are notified. `notify` notifies them of any other loss.
    Without `lost_at`, a picture that was lost before and is still shown by policy goes, too. Idempotent: False if there
    was nothing to withdraw (already withdrawn, an upload, or gone).
    """
    try:
        with lock_owner_of(avatar_id) as (owner, avatar):
            is_kept = avatar.state == State.WITHDRAWN and avatar.lost_at is not None
            if avatar.attested_at is None and not (is_kept and lost_at is None):
                return False
            reason = clean_sentence(reason_sentence)
            stays, in_use = avatar.state in _STAY, owner.avatar_id == avatar.pk
            gone = {} if stays else {"state": State.WITHDRAWN, "reason": reason}
            update_avatar(avatar, attested_at=None, lost_at=lost_at if in_use else None, **gone)
            refresh_current(owner, "avatar.withdraw", actor, avatar=str(avatar.pk), reason=reason)
            if in_use and (lost_at is not None or notify):
                notify_lost(owner, avatar, reason, lost_at or timezone.now())
    except NoSuchAvatar:
        return False
    return True


def reinstate_avatar(
    avatar_id: UUID, at: datetime, provenance: Mapping[str, object] | None = None, actor: AbstractBaseUser | None = None
) -> bool:
    """Record that the right to show a picture is back, proved at `at`.

    It is the person's picture again if they chose nothing since, or offered to them if they want to be asked or wanted
    no picture. An entry that was not withdrawn is attested; a removed or held one stays so. False if it is an upload,
    gone, or has no stored square left.
    """
    try:
        with lock_owner_of(avatar_id) as (owner, avatar):
            if avatar.source == UPLOAD or not avatar.image.renditions.exists():
                return False
            if avatar.attested_at is not None:
                return attest_avatar(avatar_id, at, provenance)
            stays = avatar.state in _STAY
            asks = avatar.is_offered or (not owner.returns_by_itself and not is_shown(owner, avatar, at))
            back = {} if stays else {"state": State.ACTIVE, "reason": "", "is_offered": asks}
            update_avatar(avatar, attested_at=at, lost_at=None, provenance=provenance or avatar.provenance, **back)
            refresh_current(owner, "avatar.reinstate", actor, avatar=str(avatar.pk))
            if not stays:
                notify_returned(owner, avatar, at, is_shown=is_shown(owner, avatar, at))
    except NoSuchAvatar:
        return False
    return True


def _renew(avatars: AvatarQuerySet, at: datetime, provenance: Mapping[str, object] | None) -> int:
    """Renew those that are attested. Return how many were."""
    fresh = {"attested_at": at} | ({} if provenance is None else {"provenance": provenance})
    return avatars.filter(Q(attested_at__lt=at) | Q(attested_at__gt=at + CLOCK_SKEW)).update(**fresh)


def set_on_loss(profile: Profile, *, on_loss: str, returns_by_itself: bool, actor: AbstractBaseUser | None) -> None:
    """Store the person's policy for lost pictures. It applies to pictures lost before, too.

    The site's own default is stored as "", so that the person follows it when it changes.
    """
    on_loss = "" if on_loss == settings.current().on_loss else on_loss
    with lock_profile(profile.pk) as owner:
        owner.on_loss, owner.returns_by_itself = on_loss, returns_by_itself
        owner.save(update_fields=["on_loss", "returns_by_itself", "updated_at"])
        refresh_current(owner, "profile.on_loss", actor, on_loss=str(resolve_policy(on_loss)))


@job(every=timedelta(minutes=1))
def revert_after_grace(now: datetime) -> int:
    """Move the pointer of people whose grace is over to their earlier picture. Return how many were looked at.

    Pictures are served by the same rule before that: this saves a query for each.
    """
    # The pictures of people with another policy stay where they are, and must not hide the rest.
    reverting = [policy for policy in ("", *OnLoss.values) if resolve_policy(policy) is OnLoss.REVERT]
    lost = Avatar.objects.filter(
        state=Avatar.State.WITHDRAWN,
        lost_at__lte=now - settings.current().loss_grace,
        profile__avatar=F("pk"),
        profile__on_loss__in=reverting,
    )
    overdue = list(lost.order_by("lost_at").values_list("profile_id", flat=True)[:MAX_AT_ONCE])
    for profile_id in overdue:
        with lock_profile(profile_id) as owner:
            if owner.avatar is not None and decide_display(owner.avatar, owner.on_loss, now) is Display.EARLIER:
                refresh_current(owner, "avatar.grace_over", None, avatar=str(owner.avatar_id))
    return len(overdue)
