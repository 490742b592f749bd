"""Hide people from everybody: while their user is disabled or staff hid them, and from when they ask to be deleted.

`Profile.is_hidden` is derived from these, so that ending one cause brings the person back exactly if no other is there.
Whatever shows people to others starts from `visible_profiles`, or reads the column with the person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Case, Exists, OuterRef, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.utils import timezone

from profiles.models import AccountDeletion, Profile
from profiles.webhooks.recording import record_picture_change

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User


def visible_profiles() -> QuerySet[Profile]:
    """Return the people whom others may see."""
    return Profile.objects.filter(is_hidden=False)


def is_hidden(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Return whether this user's profile is hidden. No query if the profile was read together with the user."""
    if not user.is_authenticated:
        return False
    field = get_user_model()._meta.get_field("avatar_profile")  # noqa: SLF001 - public, whatever its name says
    if field.is_cached(user):
        profile = field.get_cached_value(user)
        return isinstance(profile, Profile) and profile.is_hidden
    return Profile.objects.filter(user_id=user.pk, is_hidden=True).exists()


def is_leaving(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Return whether this user asked to be deleted. One query, of hidden people only."""
    if not user.is_authenticated or not is_hidden(user):
        return False
    return AccountDeletion.objects.filter(profile__user=user.pk).exists()


def set_hidden_by_staff(profile: Profile, *, is_hidden: bool) -> None:
    """Hide a person, or end that, within the transaction of the decision."""
    Profile.objects.filter(pk=profile.pk).update(is_hidden_by_staff=is_hidden)
    refresh_hidden(profile.user_id)


def refresh_hidden(user_id: int | str) -> None:
    """Recompute the column of this user's profile, within the transaction of what it depends on. One or two queries."""
    user = get_user_model().objects.get(pk=user_id)
    _refresh(user_id, is_active=user.is_active)


def follow_user(
    sender: object, instance: User, *, created: bool, update_fields: frozenset[str] | None, **_: object
) -> None:
    """Receive `post_save` of the user model: `is_active` may have changed."""
    if not created and (update_fields is None or "is_active" in update_fields):
        _refresh(instance.pk, is_active=instance.is_active)


def _refresh(user_id: int | str, *, is_active: bool) -> None:
    by_themselves = Case(When(is_hidden_by_staff=True, then=Value(True)), default=Exists(_deletions()))
    hidden: Combinable = by_themselves if is_active else Value(True)
    if Profile.objects.filter(user_id=user_id).exclude(is_hidden=hidden).update(is_hidden=hidden):
        record_picture_change(Profile.objects.get(user_id=user_id), timezone.now())


def _deletions() -> QuerySet[AccountDeletion]:
    return AccountDeletion.objects.filter(profile=OuterRef("pk"))
