"""What a decision changes, and how that is changed back. Both run under the lock of the reported person's profile."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.auth import get_user_model
from django.utils import timezone

from profiles.models import Avatar, Profile, ReportCase, Verdict
from profiles.people.hiding import set_hidden_by_staff
from profiles.pictures.history import remove_avatar
from profiles.pictures.moderation import is_hidden, put_back_avatar
from profiles.pictures.rights import moderate_avatar
from profiles.reports.blocking import block_image, end_block
from profiles.reports.errors import ReportError
from profiles.reports.words import language_of, reason_of
from profiles.sentences import gettext as _

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

Effect = dict[str, object]


def apply_verdict(case: ReportCase, staff: User) -> Effect:
    """Do what the case's verdict says. Return what was changed: nothing that was so before is changed back later."""
    return _APPLY[case.verdict](case, staff)


def revert_verdict(case: ReportCase, reason: str, staff: User) -> None:
    """Change back what `apply_verdict` changed. What is gone meanwhile stays gone."""
    effect = case.effect
    if "picture" in effect:
        _put_back(case, UUID(str(effect["picture"])), reason, staff)
    if effect.get("hid"):
        set_hidden_by_staff(case.profile, is_hidden=False)
    if effect.get("locked"):
        _set_active(case.profile, is_active=True)
    if "block" in effect:
        end_block(int(str(effect["block"])), reason, staff, timezone.now())


def get_offered(case: ReportCase, staff: User) -> list[Verdict]:
    """Return the verdicts that make sense for this case, mildest first."""
    has_picture = case.avatar_id is not None
    offered = [Verdict.KEEP, Verdict.WARN]
    if has_picture:
        offered.append(Verdict.REMOVE)
    if case.image_id is not None:
        offered.append(Verdict.BLOCK)
    offered.append(Verdict.HIDE)
    return [*offered, Verdict.LOCK] if _can_lock(case.profile, staff) else offered


def _nothing(case: ReportCase, staff: User) -> Effect:
    return {}


def _remove(case: ReportCase, staff: User) -> Effect:
    avatar = case.avatar
    if avatar is None:
        return {}
    was_hidden = is_hidden(avatar)
    if avatar.is_locked and not was_hidden:
        raise ReportError(_("This picture was removed already."))
    effect: Effect = {"picture": str(avatar.pk), "was_there": was_hidden or avatar.state != Avatar.State.REMOVED}
    if was_hidden or case.profile.avatar_id == avatar.pk:  # the notice of the removal has the reason
        effect["told"] = True
    with language_of(case.profile):
        moderate_avatar(avatar.pk, reason_of(case), staff)
    return effect


def _put_back(case: ReportCase, avatar_id: UUID, reason: str, staff: User) -> None:
    avatar = Avatar.objects.filter(pk=avatar_id, is_locked=True).first()
    if avatar is None:  # erased, or put back on its own page
        return
    put_back_avatar(avatar_id, reason, staff)
    if not case.effect.get("was_there"):  # its person had removed it before
        remove_avatar(case.profile, avatar_id, staff)


def _block(case: ReportCase, staff: User) -> Effect:
    if case.image is None:
        raise ReportError(_("The picture of this report is gone, so it can’t be blocked."))
    effect = _remove(case, staff)
    block = block_image(case.image, reason_of(case), staff, timezone.now())
    return effect if block is None else effect | {"block": block}


def _hide(case: ReportCase, staff: User) -> Effect:
    if Profile.objects.filter(pk=case.profile_id, is_hidden_by_staff=True).exists():
        return {}
    set_hidden_by_staff(case.profile, is_hidden=True)
    return {"hid": True}


def _lock(case: ReportCase, staff: User) -> Effect:
    if not _can_lock(case.profile, staff):
        raise ReportError(_("Only an owner of this site can lock somebody of its team."))
    return {"locked": _set_active(case.profile, is_active=False)}


def _can_lock(profile: Profile, staff: User) -> bool:
    fields = {field.name for field in get_user_model()._meta.get_fields()}  # noqa: SLF001 - public
    is_team = getattr(profile.user, "is_staff", False) or getattr(profile.user, "is_superuser", False)
    return "is_active" in fields and (not is_team or getattr(staff, "is_superuser", False))


def _set_active(profile: Profile, *, is_active: bool) -> bool:
    """Lock or unlock the user, whose sessions end with the next request. Return whether that changed anything."""
    user = get_user_model().objects.select_for_update().get(pk=profile.user_id)
    if user.is_active == is_active:
        return False
    user.is_active = is_active
    user.save(update_fields=["is_active"])
    return True


_APPLY: dict[str, Callable[[ReportCase, User], Effect]] = {
    Verdict.KEEP: _nothing,
    Verdict.WARN: _nothing,
    Verdict.REMOVE: _remove,
    Verdict.BLOCK: _block,
    Verdict.HIDE: _hide,
    Verdict.LOCK: _lock,
}
