"""Pictures that the site's team takes away: hide one until it is looked at, remove one everywhere, undo both.

Nobody sees such a picture, and its person can't bring it back. It is kept for AVATAR_MODERATED_DAYS, so that the team
can; then it is erased. `profiles.pictures.rights.moderate_avatar` removes one picture. All may raise AvatarError.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from profiles.models import Avatar, StoredImage
from profiles.pictures.changing import AvatarError, lock_owner_of, refresh_current, update_avatar
from profiles.pictures.history import State
from profiles.pictures.holds import apply_holds
from profiles.pictures.notices import notify_put_back
from profiles.pictures.rights import moderate_avatar
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop, to_english
from profiles.sources import UPLOAD
from profiles.store.squares import make_all_squares
from profiles.text import one_line

#: Pictures that one press removes. There are seldom more than a few of the same bytes.
MOST = 500
_HIDDEN = gettext_noop("Hidden while the site’s team looks at it.")


def hide_avatar(avatar_id: UUID, reason: str, actor: AbstractBaseUser) -> Avatar:
    """Hide a picture from everybody until it is removed or put back.

    The person reads that the team looks at it; staff read the reason.
    """
    reason = _checked(reason)
    with lock_owner_of(avatar_id) as (owner, avatar):
        if avatar.is_locked:
            raise AvatarError(_("This picture is hidden or removed already."))
        hidden = {"state": State.REMOVED, "removed_at": avatar.removed_at or timezone.now(), "is_locked": True}
        update_avatar(avatar, reason=_(_HIDDEN), **hidden)
        refresh_current(owner, "avatar.hide", actor, avatar=str(avatar.pk), reason=reason, sha256=avatar.image.sha256)
    return avatar


def is_hidden(avatar: Avatar) -> bool:
    """Return whether the picture was hidden until the team decides, and neither removed nor put back since."""
    return avatar.is_locked and to_english(avatar.reason) == _HIDDEN


def put_back_avatar(avatar_id: UUID, reason: str, actor: AbstractBaseUser) -> Avatar:
    """Undo the hiding or removal by the team: the picture is in its place of the history again, and in use if it was.

    One whose right was lost meanwhile comes back as withdrawn. The person is notified.
    """
    reason = _checked(reason)
    with lock_owner_of(avatar_id) as (owner, avatar):
        if not avatar.is_locked:
            raise AvatarError(_("This picture was not removed by the site’s team."))
        has_right = avatar.source == UPLOAD or avatar.attested_at is not None
        lost = "" if has_right else _("The right to show it was lost while it was removed.")
        state = State.ACTIVE if has_right else State.WITHDRAWN
        was_hidden_only = is_hidden(avatar)
        update_avatar(avatar, state=state, removed_at=None, is_locked=False, reason=lost)
        apply_holds(avatar)
        make_all_squares(avatar.image, timezone.now())
        refresh_current(owner, "avatar.put_back", actor, avatar=str(avatar.pk), reason=reason)
        if not was_hidden_only:
            notify_put_back(owner, avatar, timezone.now())
    return avatar


def remove_everywhere(image: StoredImage, reason: str, actor: AbstractBaseUser) -> int:
    """Remove every picture of these bytes, whoever shows it. Return how many, MOST at a time."""
    shown = Avatar.objects.filter(image=image, is_locked=False).order_by("pk").values_list("pk", flat=True)
    return sum(moderate_avatar(avatar_id, reason, actor).is_locked for avatar_id in list(shown[:MOST]))


def _checked(reason: str) -> str:
    reason = one_line(reason)[:300]
    if not reason:
        raise AvatarError(_("Write why: the reason stands in the audit."))
    return reason
