"""Hold pictures, so that nobody sees them, and release them.

A picture is HELD while it has a Hold: for each block that covers it, or for the classifier. Each cause ends alone, so
that ending a block brings back exactly what it hid. A picture that its person or the site removed stays removed, and is
held once it is restored. The locks are those of `profiles.pictures.changing`; all functions may raise AvatarError.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from profiles.blocks.matching import PictureBlocked, avatar_digests, describe_block, describe_hold, marks_of
from profiles.models import Avatar, Block, BlockMark, Hold, Profile
from profiles.pictures.changing import (
    AvatarError,
    NoSuchAvatar,
    lock_owner_of,
    refresh_current,
    update_avatar,
)
from profiles.pictures.notices import notify_held, notify_removed
from profiles.sentences import clean_sentence
from profiles.sentences import gettext as _
from profiles.sources import UPLOAD
from profiles.webhooks.recording import record_removal

State = Avatar.State


@dataclass(frozen=True)
class Cause:
    """Why a picture is held. `block` None: the classifier. `waits`: a person must decide."""

    reason: str
    block: Block | None = None
    waits: bool = False


def hold_avatar(avatar_id: UUID, cause: Cause, actor: AbstractBaseUser | None) -> bool:
    """Show a picture to nobody. Return whether anybody may have seen it until now; False if it is gone or held."""
    try:
        with lock_owner_of(avatar_id) as (owner, avatar):
            was_shown = avatar.state in {State.ACTIVE, State.WITHDRAWN}
            if not add_hold(avatar, cause):
                return False
            was_in_use = owner.avatar_id == avatar.pk
            apply_holds(avatar)
            refresh_current(
                owner, "avatar.hold", actor, avatar=str(avatar.pk), reason=cause.reason, sha256=avatar.image.sha256
            )
            if was_shown:
                _notify(owner, avatar, cause, was_in_use=was_in_use)
                if not cause.waits:
                    record_removal(owner, avatar, cause.reason, timezone.now(), was_shown=was_in_use)
    except NoSuchAvatar:
        return False
    return was_shown


def release_avatar(avatar_id: UUID, block: Block | None, actor: AbstractBaseUser | None, reason: str) -> bool:
    """End one cause: that of a block, or None for the classifier's. Return whether the picture may be shown again."""
    try:
        with lock_owner_of(avatar_id) as (owner, avatar):
            ended, _rows = avatar.holds.filter(block=block).delete()
            if not ended:
                return False
            apply_holds(avatar)
            refresh_current(owner, "avatar.release", actor, avatar=str(avatar.pk), reason=reason)
    except NoSuchAvatar:
        return False
    return avatar.state != State.HELD


def add_hold(avatar: Avatar, cause: Cause) -> bool:
    """Record a cause, in the transaction that locks the picture. Return whether it is new."""
    _hold, is_new = Hold.objects.get_or_create(
        avatar=avatar,
        block=cause.block,
        defaults={"reason": cause.reason[:300], "waits": cause.waits, "created_at": timezone.now()},
    )
    return is_new


def apply_holds(avatar: Avatar) -> None:
    """Set the state that follows from the picture's holds, unless it is removed. Its owner is locked."""
    if avatar.state == State.REMOVED:
        return
    hold = avatar.holds.order_by("waits", "pk").first()
    if hold is not None:
        update_avatar(avatar, state=State.HELD, reason=_describe(hold))
    elif avatar.state == State.HELD:
        has_right = avatar.source == UPLOAD or avatar.attested_at is not None
        reason = "" if has_right else _("The right to show it was lost while it was held.")
        update_avatar(avatar, state=State.ACTIVE if has_right else State.WITHDRAWN, reason=reason)


def hold_marked(avatar: Avatar, extra: Cause | None = None) -> None:
    """Hold a picture that is about to be used, if what is kept of it is blocked or must be decided. Owner is locked.

    `extra`: one more cause. Raise PictureBlocked if a block covers it exactly: then nothing of it is used.
    """
    marks = list(marks_of(avatar_digests(avatar)))
    exact = next((mark for mark in marks if not mark.is_similar), None)
    if exact is not None:
        raise PictureBlocked(describe_block(exact.block.reason))
    for mark in marks:
        add_hold(avatar, cause_of(mark))
    if extra is not None:
        add_hold(avatar, extra)
    apply_holds(avatar)


def cause_of(mark: BlockMark) -> Cause:
    return Cause(mark.block.reason, mark.block, waits=mark.is_similar)


def take_down(avatar_id: UUID, reason_sentence: str, actor: AbstractBaseUser | None) -> Avatar:
    """Remove somebody's picture for the site. `actor` None: the site itself. The person reads the reason."""
    reason = clean_sentence(reason_sentence)
    if not reason:
        raise AvatarError(_("Write why this picture is removed; the person will read it."))
    with lock_owner_of(avatar_id) as (owner, avatar):
        when, was_in_use = avatar.removed_at or timezone.now(), owner.avatar_id == avatar.pk
        must_know = was_in_use or avatar.is_locked or avatar.state == State.HELD
        update_avatar(avatar, state=State.REMOVED, removed_at=when, reason=reason, is_locked=True)
        refresh_current(
            owner, "avatar.moderate", actor, avatar=str(avatar.pk), reason=reason, sha256=avatar.image.sha256
        )
        if must_know:
            notify_removed(owner, avatar, reason, when)
        record_removal(owner, avatar, reason, timezone.now(), was_shown=was_in_use)
    return avatar


def _describe(hold: Hold) -> str:
    return describe_hold() if hold.waits else describe_block(hold.reason)


def _notify(owner: Profile, avatar: Avatar, cause: Cause, *, was_in_use: bool) -> None:
    if not was_in_use:
        return
    if cause.waits:
        notify_held(owner, avatar, timezone.now())
    else:
        notify_removed(owner, avatar, cause.reason, timezone.now())
