"""Notify people that the right to a picture was lost or is back.

The functions that take `owner` run within the transaction that changes the picture, under the lock of its profile.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from profiles.jobs import job
from profiles.models import Avatar, Notice, Profile
from profiles.pictures.changing import lock_profile

SHOWN = 3
# A picture that goes and comes all the time causes one mail in this time.
QUIET = timedelta(hours=24)
# How long dismissed notices are kept.
KEPT = timedelta(days=30)
Kind = Notice.Kind


def open_notices(profile: Profile) -> list[Notice]:
    """Return the newest few open notices, for a page."""
    notices = profile.notices.filter(dismissed_at__isnull=True).select_related("avatar__image")
    return list(notices.prefetch_related("avatar__image__renditions")[:SHOWN])


def notify_lost(owner: Profile, avatar: Avatar, sentence: str, at: datetime) -> None:
    """Open a notice of the loss, and have it mailed if the person wants that and QUIET is over."""
    _close(owner, at, avatar=avatar)
    was_mailed = avatar.notices.filter(kind=Kind.LOST, mailed_at__gt=at - QUIET).exists()
    mail_at = at if owner.mails_on_loss and not was_mailed else None
    owner.notices.create(avatar=avatar, kind=Kind.LOST, sentence=sentence, at=at, due_at=mail_at)
    _flag(owner, has_notices=True)


def notify_returned(owner: Profile, avatar: Avatar, at: datetime, *, is_shown: bool) -> None:
    """Open a notice of the return, unless nobody was notified of the loss and the picture is shown again."""
    lost = avatar.notices.filter(kind=Kind.LOST).first()
    was_told = lost is not None and (lost.mailed_at is not None or lost.dismissed_at is not None)
    _close(owner, at, avatar=avatar)
    if not is_shown or was_told:
        owner.notices.create(avatar=avatar, kind=Kind.BACK, at=at)
    _flag(owner, has_notices=owner.notices.filter(dismissed_at__isnull=True).exists())


def dismiss_all(owner: Profile) -> None:
    """Dismiss all notices: the person has chosen a picture since."""
    if owner.has_notices:
        _close(owner, timezone.now())
        _flag(owner, has_notices=False)


def dismiss(profile: Profile, notice_id: UUID, now: datetime) -> bool:
    """Dismiss a notice. Return False if the person has no such notice, or it was dismissed already."""
    with lock_profile(profile.pk) as owner:
        mine = owner.notices.filter(pk=notice_id, dismissed_at__isnull=True)
        found = mine.update(dismissed_at=now, due_at=None, attempt=None) == 1
        _flag(owner, has_notices=owner.notices.filter(dismissed_at__isnull=True).exists())
    return found


@job(every=timedelta(minutes=1))
def forget_old(now: datetime) -> None:
    """Delete notices dismissed longer than KEPT ago."""
    Notice.objects.filter(dismissed_at__lt=now - KEPT).delete()


def _close(owner: Profile, at: datetime, avatar: Avatar | None = None) -> None:
    notices = owner.notices.filter(dismissed_at__isnull=True)
    if avatar is not None:
        notices = notices.filter(avatar=avatar)
    notices.update(dismissed_at=at, due_at=None, attempt=None)


def _flag(owner: Profile, *, has_notices: bool) -> None:
    if owner.has_notices != has_notices:
        owner.has_notices = has_notices
        owner.save(update_fields=["has_notices"])
