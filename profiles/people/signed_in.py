from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from profiles.models import Profile
from profiles.people.people import profile_of

_KEPT = "_own_profile"


def signed_in(request: HttpRequest) -> AbstractBaseUser:
    """The user of a view behind login_required, as a type that is never the anonymous one."""
    user = request.user
    if not isinstance(user, AbstractBaseUser) or not user.is_authenticated:
        raise PermissionDenied
    return user


def own_profile(request: HttpRequest) -> Profile:
    """The profile of who is signed in: read once for a request, however many parts of its page show it."""
    profile: Profile | None = getattr(request, _KEPT, None)
    if profile is None:
        user = signed_in(request)
        profile = profile_of(user)
        profile.user = user  # type: ignore[assignment]  # another query less; the stubs know one user model only
        setattr(request, _KEPT, profile)
    return profile
