"""The person who is signed in, and their profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from profiles.models import Profile
from profiles.people.profiles import profile_of

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

_CACHED_AS = "_own_profile"


def signed_in(request: HttpRequest) -> User:
    """Return the user of a view that lets nobody else in. Raise PermissionDenied for a visitor who isn't signed in."""
    user = request.user
    if not isinstance(user, AbstractBaseUser) or not user.is_authenticated:
        raise PermissionDenied
    return user


def own_profile(request: HttpRequest) -> Profile:
    """Return the profile of the signed-in person, read once a request however many parts of a page show it."""
    profile: Profile | None = getattr(request, _CACHED_AS, None)
    if profile is None:
        user = signed_in(request)
        profile = profile_of(user)
        profile.user = user  # saves a query
        setattr(request, _CACHED_AS, profile)
    return profile
