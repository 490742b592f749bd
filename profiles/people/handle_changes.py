"""Which handles are free, and what becomes of one that its person left.

For AVATAR_HANDLE_KEPT_SECONDS it leads to their new one, and nobody else gets it: what points at the old one must not
show somebody else's picture. Nobody gets another person's sign-in name either, whatever user model the project has.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.template.defaultfilters import date
from django.utils.timezone import localtime

from profiles import settings
from profiles.jobs import job
from profiles.models import FormerHandle, Profile
from profiles.people.handles import HANDLE_TAKEN, HANDLE_TOO_SOON, MAX_HANDLE, HandleError, check_handle, retired_among
from profiles.sentences import gettext as _
from profiles.signals import handle_changed

# How many variants of a taken handle are tried: lena-2 to lena-9.
_VARIANTS = range(2, 10)
# Expired rows that one run of the job deletes.
_PAGE = 500


def find_renamed(handle: str, now: datetime) -> Profile | None:
    """Return who had this handle, while it is kept for them."""
    kept = FormerHandle.objects.filter(handle=handle.lower(), kept_until__gt=now).select_related("profile").first()
    return kept.profile if kept and not kept.profile.is_hidden else None


def check_free(handle: str, now: datetime, *, owner: Profile | None = None) -> None:
    """Raise HandleError unless `owner`, or a newcomer, can have this handle."""
    check_handle(handle)
    if _taken({handle}, now, owner):
        raise taken(handle)


def find_free_variant(handle: str, now: datetime) -> str:
    """Return a free handle like this one, "" if the nearest are all taken, or if this is nothing to go by."""
    stem = handle[: MAX_HANDLE - 2].strip("-_")
    if not stem:
        return ""
    variants = [f"{stem}-{number}" for number in _VARIANTS]
    not_free = _taken(set(variants), now, None)
    return next((each for each in variants if each not in not_free), "")


def check_pace(profile: Profile, now: datetime) -> None:
    """Raise HandleError if this person changed their handle too often: each change keeps a handle from others."""
    ours = settings.current()
    since = now - ours.handle_change_time
    left = list(profile.former_handles.filter(left_at__gt=since).order_by("left_at").values_list("left_at", flat=True))
    if len(left) < ours.handle_changes:
        return
    again_at = left[-ours.handle_changes] + ours.handle_change_time
    day = date(localtime(again_at + timedelta(days=1)), _("j F Y"))
    raise HandleError(
        _("You changed your handle a few times lately. You can change it again on %(day)s.", day=day), HANDLE_TOO_SOON
    )


def complete_change(profile: Profile, left: str, now: datetime) -> None:
    """Keep the handle that was `left`, after the new one was stored in the same transaction. Raise HandleError.

    The handle is checked after it was stored: who left it at the same moment has committed by then.
    """
    if _taken({profile.handle}, now, profile):
        raise taken(profile.handle)
    FormerHandle.objects.filter(handle=profile.handle).delete()
    facts = {"profile": profile, "left_at": now, "kept_until": now + settings.current().handle_kept_time}
    FormerHandle.objects.update_or_create(handle=left, defaults=facts)
    handle_changed.send(sender=Profile, profile=profile, former=left)


def taken(handle: str) -> HandleError:
    return HandleError(_("The handle %(handle)s is taken. Please choose another.", handle=handle), HANDLE_TAKEN)


@job(every=timedelta(hours=1), expires=None)
def forget_former_handles(now: datetime) -> None:
    """Give free the handles whose time is over. They are free before; this only deletes their rows."""
    over = FormerHandle.objects.filter(kept_until__lte=now).order_by("kept_until").values_list("pk", flat=True)
    FormerHandle.objects.filter(pk__in=list(over[:_PAGE])).delete()


def _taken(handles: set[str], now: datetime, owner: Profile | None) -> set[str]:
    """Return which of these others have, left lately, or sign in with, and which deleted people had."""
    people = Profile.objects.filter(handle__in=handles)
    former = FormerHandle.objects.filter(handle__in=handles, kept_until__gt=now)
    model = get_user_model()
    users = model._default_manager.filter(**{f"{model.USERNAME_FIELD}__in": handles})  # noqa: SLF001 - documented
    if owner is not None:
        people, former = people.exclude(pk=owner.pk), former.exclude(profile=owner)
        users = users.exclude(pk=owner.user_id)
    names = (people.values_list("handle"), former.values_list("handle"), users.values_list(model.USERNAME_FIELD))
    return {name for rows in names for (name,) in rows} | retired_among(handles)
