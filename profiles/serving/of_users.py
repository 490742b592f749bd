"""The picture of a user of the host project, who may have no profile yet, or of nobody. Nothing is written."""

from __future__ import annotations

from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.db.models import Model, QuerySet
from django.urls import NoReverseMatch, reverse

from profiles.images.fallback import FallbackStyle
from profiles.images.limits import pick_size
from profiles.models import Profile

#: No handle has one character, so this is nobody's picture: a silhouette, the same for all.
NOBODY = "-"
DEFAULT_SIZE = 96
#: What `select_related` must have for a list of users to cost one query.
PICTURE_OF_USER = "avatar_profile__avatar__image"

Person = TypeVar("Person", bound=Model)


def with_pictures(users: QuerySet[Person]) -> QuerySet[Person]:
    """Return the users with what their pictures need, read by the same query."""
    return users.select_related(PICTURE_OF_USER)


def find_owner(who: object) -> Profile | None:
    """Return the profile of a user, or the profile itself. None for guests, None, people without one, and the hidden.

    One query at most for each user, none after `with_pictures`.
    """
    if isinstance(who, Profile):
        return who
    if not isinstance(who, get_user_model()) or who.pk is None:
        return None
    field = _relation()
    if not field.is_cached(who):
        found = Profile.objects.select_related("avatar__image").filter(user_id=who.pk).first()
        field.set_cached_value(who, found)
    profile: Profile | None = field.get_cached_value(who)
    return None if profile is None or profile.is_hidden else profile


def forget_owner(who: object) -> None:
    """Let the next look at this user read their profile again: it has changed."""
    field = _relation()
    if isinstance(who, get_user_model()) and field.is_cached(who):
        field.delete_cached_value(who)


def avatar_url(who: object, size: object = DEFAULT_SIZE, *, still: bool = True) -> str:
    """Return the path of the picture of a user, a profile or nobody. "" where `profiles.urls` is not included.

    Its version makes a change visible at once. It asks for the stored size that serves `size`, which is sent as it is;
    browsers reduce it as well.
    """
    owner, side = find_owner(who), pick_size(parse_size(size))
    try:
        if owner is None:
            path = reverse("profiles:avatar", args=[NOBODY])
            return f"{path}?s={side}&d={FallbackStyle.SILHOUETTE.value}&f=y"
        path = reverse("profiles:avatar", args=[owner.handle])
    except NoReverseMatch:
        return ""
    return f"{path}?s={side}&v={owner.avatar_version}{'&still=1' if still else ''}"


def _relation() -> Any:  # django-stubs don't know this part of it
    return get_user_model()._meta.get_field("avatar_profile")  # noqa: SLF001 - public, whatever its name says


def parse_size(size: object) -> int:
    """Return a number of pixels. DEFAULT_SIZE for what a template may give instead, such as an empty variable."""
    try:
        return max(1, int(str(size)))
    except ValueError:
        return DEFAULT_SIZE
