"""Notify people that the right to a picture was lost or is back, or that the site's team removed one.

The functions run within the transaction that changes the picture, under the lock of its profile.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from profiles.models import Avatar, Notice, Profile
from profiles.models.display import Display, decide_display
from profiles.notices.kinds import ABOUT_PICTURE
from profiles.notices.recording import NewNotice, mark_read, record_notice
from profiles.sources import describe_mark

# A picture that goes and comes all the time causes one mail in this time.
QUIET = timedelta(hours=24)
Kind = Notice.Kind


def notify_lost(owner: Profile, avatar: Avatar, sentence: str, at: datetime) -> None:
    """Notify of a loss. `owner.avatar` is what the person shows by now: the notice names it."""
    mark_read(owner.pk, at, Q(avatar=avatar))
    was_mailed = avatar.notices.filter(kind=Kind.LOST, mailed_at__gt=at - QUIET).exists()
    facts = _name(avatar) | {"mark": describe_mark(avatar), **_then(owner, avatar, at)}
    new = NewNotice(Kind.LOST, at, str(avatar.pk), avatar, sentence, facts, is_mailed=not was_mailed)
    record_notice(owner.pk, new)


def notify_removed(owner: Profile, avatar: Avatar, reason: str, at: datetime) -> None:
    """Notify that the site's team removed a picture."""
    mark_read(owner.pk, at, Q(avatar=avatar))
    facts = _name(avatar) | _then(owner, avatar, at)
    record_notice(owner.pk, NewNotice(Kind.REMOVED, at, str(avatar.pk), avatar, reason, facts))


def notify_held(owner: Profile, avatar: Avatar, at: datetime) -> None:
    """Notify that a picture is shown to nobody until the site's team decides."""
    mark_read(owner.pk, at, Q(avatar=avatar))
    facts = _name(avatar) | _then(owner, avatar, at)
    record_notice(owner.pk, NewNotice(Kind.HELD, at, str(avatar.pk), avatar, avatar.reason, facts))


def notify_returned(owner: Profile, avatar: Avatar, at: datetime, *, is_shown: bool) -> None:
    """Notify of the return, unless nobody was notified of the loss and the picture is shown again."""
    lost = avatar.notices.filter(kind=Kind.LOST).first()
    was_told = lost is not None and (lost.mailed_at is not None or lost.read_at is not None)
    mark_read(owner.pk, at, Q(avatar=avatar))
    if not is_shown or was_told:
        record_notice(owner.pk, NewNotice(Kind.RETURNED, at, str(avatar.pk), avatar, facts=_name(avatar)))


def notify_put_back(owner: Profile, avatar: Avatar, at: datetime) -> None:
    """Notify that the site's team put back a picture that it had removed."""
    mark_read(owner.pk, at, Q(avatar=avatar))
    facts = _name(avatar) | {"by_staff": "yes"}
    record_notice(owner.pk, NewNotice(Kind.RETURNED, at, str(avatar.pk), avatar, facts=facts))


def answer_all(owner: Profile) -> None:
    """Mark the notices about the person's picture as read: they have chosen one since."""
    if owner.unread_notices:
        mark_read(owner.pk, timezone.now(), Q(kind__in=ABOUT_PICTURE))


def _name(avatar: Avatar) -> dict[str, str]:
    return {"name": avatar.title}


def _then(owner: Profile, avatar: Avatar, at: datetime) -> dict[str, str]:
    """Return what others see from now on: "earlier" with the title as "earlier", "kept", or "drawing"."""
    now = owner.avatar
    if now is not None and now.pk != avatar.pk:
        return {"then": "earlier", "earlier": now.title}
    is_kept = now is not None and decide_display(avatar, owner.on_loss, at) is Display.SHOWN
    return {"then": "kept" if is_kept else "drawing"}
