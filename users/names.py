"""What people are called, and the names by which they sign in.

People sign in by their handle: it is stored as the name of their user, and follows when they change it. A name that an
operator gave stays as it is.
"""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from profiles.models import Profile, is_neutral_handle
from profiles.people.handle_changes import taken
from profiles.people.profiles import profile_of


def display_name(user: User) -> str:
    """Return what pages call this person (ACCOUNT_USER_DISPLAY), "" if they have chosen no name yet."""
    profile = profile_of(user)
    return profile.display_name or ("" if is_neutral_handle(profile.handle) else profile.handle)


def mail_name(user: User) -> str:
    """Return what mails call this person, without a query: whether one is sent must not show in the time it takes."""
    name = str(user.get_username())
    return "" if is_neutral_handle(name) else name


def follow_handle(sender: object, profile: Profile, former: str, **_: object) -> None:
    """Receive `handle_changed`. Raise HandleError if somebody took the name at the same moment."""
    try:
        with transaction.atomic():
            User.objects.filter(pk=profile.user_id, username=former).update(username=profile.handle)
    except IntegrityError as error:
        raise taken(profile.handle) from error
