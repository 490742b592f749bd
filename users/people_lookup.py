"""Find people by what they type to sign in or to get a new password.

Each look-up takes the same statements whether it finds somebody or not, so the time of an answer tells nobody who has
an account here.
"""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User

from profiles.models import FormerHandle
from profiles.people.handles import suggest_handle


def find_by_login(login: str, now: datetime) -> User | None:
    """Return the one person who signs in by this name or e-mail address; None if there is none or more than one.

    An address comes before a name, and only a confirmed one or one that an operator entered counts.
    """
    confirmed, entered = (_find_confirmed(login), _find_entered(login)) if "@" in login else ([], [])
    named = _find_named(login, now)  # in any case: the time of an answer tells nothing
    found = confirmed or entered or named[:1]
    return found[0] if len(found) == 1 else None


def _find_named(login: str, now: datetime) -> list[User]:
    """Return people by name as typed, else by handle, by one they left, or by the handle nearest to what was typed.

    The last is what the sign-up made of a name like "Jörg". Names that an operator gave are found as they were written.
    """
    small, near = login.lower(), suggest_handle(login)
    named = list(User.objects.filter(username__in={login, small, near} - {""}))
    handled = list(User.objects.filter(avatar_profile__handle=small))
    kept = FormerHandle.objects.filter(handle=small, kept_until__gt=now)
    left = User.objects.filter(avatar_profile__former_handles__in=kept)
    as_typed = sorted((user for user in named if user.username != near), key=lambda user: user.username != login)
    return [*as_typed, *handled, *left, *named]


def find_by_address(address: str) -> list[User]:
    """Return who confirmed this e-mail address; if nobody did, the people for whom it was entered.

    What is done for them must be told to the mailbox only.
    """
    confirmed, entered = _find_confirmed(address), _find_entered(address)
    rows = EmailAddress.objects.filter(email=address.lower(), verified=False).select_related("user")
    unconfirmed = {user.pk: user for user in [*entered, *(row.user for row in rows)]}
    return confirmed or list(unconfirmed.values())


def _find_confirmed(address: str) -> list[User]:
    rows = EmailAddress.objects.filter(email=address.lower(), verified=True).select_related("user")
    return [row.user for row in rows]


def _find_entered(address: str) -> list[User]:
    """Return the people for whom an operator entered this address: at most one is expected."""
    return list(User.objects.filter(email=address.lower())[:2])
