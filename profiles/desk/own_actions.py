"""What staff may do to people and pictures without knowing of any other app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext_lazy, ngettext

from profiles.app_labels import PROFILES
from profiles.audit import record_as_staff
from profiles.desk.parts import PersonAction, PictureAction
from profiles.errors import ExpectedError
from profiles.models import Avatar, Profile
from profiles.pictures.moderation import MOST, hide_avatar, is_hidden, put_back_avatar, remove_everywhere
from profiles.pictures.rights import moderate_avatar
from profiles.sentences import gettext as _
from profiles.sentences import join_sentences

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

MODERATE, LOCK = f"{PROFILES}.change_avatar", f"{PROFILES}.lock_profile"


def hide(avatar: Avatar, staff: User, reason: str) -> str:
    hide_avatar(avatar.pk, reason, staff)
    return _("The picture is hidden from everybody. Remove it, or put it back.")


def remove(avatar: Avatar, staff: User, reason: str) -> str:
    moderate_avatar(avatar.pk, reason, staff)
    return _("The picture is removed, and its person is told.")


def put_back(avatar: Avatar, staff: User, reason: str) -> str:
    put_back_avatar(avatar.pk, reason, staff)
    return _("The picture is back where it was.")


def remove_all(avatar: Avatar, staff: User, reason: str) -> str:
    count = remove_everywhere(avatar.image, reason, staff)
    said = ngettext("%(count)s picture is removed.", "%(count)s pictures are removed.", count) % {"count": count}
    return join_sentences(said, _("Press again for the rest.")) if count >= MOST else said


def lock(profile: Profile, staff: User, reason: str) -> str:
    """Disable the user: they are signed out, and nobody sees them (profiles.people.hiding), until they are unlocked."""
    if profile.user_id == staff.pk:
        raise ExpectedError(_("You can’t lock yourself."))
    _set_active(profile, staff, reason, is_active=False)
    return _("They are locked: signed out, and their page, pictures and marks are gone.")


def unlock(profile: Profile, staff: User, reason: str) -> str:
    _set_active(profile, staff, reason, is_active=True)
    return _("They are unlocked: what they showed is back.")


def _set_active(profile: Profile, staff: User, reason: str, *, is_active: bool) -> None:
    with transaction.atomic():
        user = get_user_model().objects.select_for_update().get(pk=profile.user_id)
        if getattr(user, "is_superuser", False) and not staff.is_superuser:
            raise ExpectedError(_("Only an owner can lock or unlock an owner."))
        if user.is_active == is_active:
            raise ExpectedError(_("They are unlocked already.") if is_active else _("They are locked already."))
        user.is_active = is_active
        user.save(update_fields=["is_active"])
        record_as_staff(profile, "person.unlock" if is_active else "person.lock", staff, reason=reason)


PICTURE_ACTIONS = (
    PictureAction(
        "hide",
        gettext_lazy("Hide"),
        MODERATE,
        gettext_lazy("Nobody sees it from now on. Its person is not told why until you remove it or put it back."),
        hide,
        is_open=lambda avatar: not avatar.is_locked,
        is_danger=True,
        position=10,
    ),
    PictureAction(
        "remove",
        gettext_lazy("Remove"),
        MODERATE,
        gettext_lazy("Nobody sees it from now on, and its person can’t bring it back. They read the reason."),
        remove,
        is_open=lambda avatar: not avatar.is_locked or is_hidden(avatar),
        is_danger=True,
        position=20,
    ),
    PictureAction(
        "put-back",
        gettext_lazy("Put back"),
        MODERATE,
        gettext_lazy("It is shown again where it was. If it had been removed, its person is told."),
        put_back,
        is_open=lambda avatar: avatar.is_locked,
        position=30,
    ),
    PictureAction(
        "remove-everywhere",
        gettext_lazy("Remove everywhere"),
        MODERATE,
        gettext_lazy("Every picture of the same bytes is removed, whoever shows it. Each person reads the reason."),
        remove_all,
        is_danger=True,
        position=60,
    ),
)
PERSON_ACTIONS = (
    PersonAction(
        "lock",
        gettext_lazy("Lock"),
        LOCK,
        gettext_lazy(
            "They are signed out and can’t sign in. Their page, pictures and marks are gone within 5 seconds."
        ),
        lock,
        is_open=lambda profile: profile.user.is_active,
        is_danger=True,
        position=10,
    ),
    PersonAction(
        "unlock",
        gettext_lazy("Unlock"),
        LOCK,
        gettext_lazy("They can sign in again, and what they showed is back."),
        unlock,
        is_open=lambda profile: not profile.user.is_active,
        position=10,
    ),
)
