"""What people are called, and the names by which they sign in.

People sign in by their handle: it is stored as the name of their user, and follows when they change it. A name that an
operator gave stays as it is.
"""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from profiles.models import Profile, is_neutral_handle
from profiles.people.handle_changes import taken


def sign_in_name(user: User) -> str:
    """Return what messages and mails call this person (ACCOUNT_USER_DISPLAY), "" until they have chosen a handle.

    It takes no query: whether a mail is sent must not show in the time that an answer takes.
    """
    name = str(user.get_username())
    return "" if is_neutral_handle(name) else name


def follow_handle(sender: object, profile: Profile, former: str, **_: object) -> None:
    """Receive `handle_changed`. Raise HandleError if somebody took the name at the same moment."""
    try:
        with transaction.atomic():
            User.objects.filter(pk=profile.user_id, username=former).update(username=profile.handle)
    except IntegrityError as error:
        raise taken(profile.handle) from error
