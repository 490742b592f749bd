"""Hide people from everybody: while their user is disabled, and from when they ask to be deleted.

`Profile.is_hidden` is derived from both, so that ending one cause brings the person back exactly if the other is not
there. Whatever shows people to others starts from `visible_profiles`, or reads the column with the person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Exists, OuterRef, QuerySet, Value
from django.db.models.expressions import Combinable

from profiles.models import AccountDeletion, Profile

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User


def visible_profiles() -> QuerySet[Profile]:
    """Return the people whom others may see."""
    return Profile.objects.filter(is_hidden=False)


def is_hidden(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Return whether this user's profile is hidden. No query if the profile was read together with the user."""
    if not user.is_authenticated:
        return False
    field = get_user_model()._meta.get_field("profile")  # noqa: SLF001 - public, whatever its name says
    if field.is_cached(user):
        profile = field.get_cached_value(user)
        return isinstance(profile, Profile) and profile.is_hidden
    return Profile.objects.filter(user_id=user.pk, is_hidden=True).exists()


def refresh_hidden(user_id: int | str) -> None:
    """Recompute the column of this user's profile, within the transaction of what it depends on. One or two queries."""
    user = get_user_model().objects.get(pk=user_id)
    hidden: Combinable = Value(True) if not user.is_active else Exists(_deletions())
    Profile.objects.filter(user_id=user_id).update(is_hidden=hidden)


def follow_user(
    sender: object, instance: User, *, created: bool, update_fields: frozenset[str] | None, **_: object
) -> None:
    """Receive `post_save` of the user model: `is_active` may have changed."""
    if not created and (update_fields is None or "is_active" in update_fields):
        hidden: Combinable = Value(True) if not instance.is_active else Exists(_deletions())
        Profile.objects.filter(user_id=instance.pk).update(is_hidden=hidden)


def _deletions() -> QuerySet[AccountDeletion]:
    return AccountDeletion.objects.filter(profile=OuterRef("pk"))
