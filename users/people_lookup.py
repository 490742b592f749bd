"""Find people by what they type to sign in or to get a new password.

Each look-up takes the same statements whether it finds somebody or not, so the time of an answer tells nobody who has
an account here.
"""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User


def find_by_login(login: str) -> User | None:
    """Return the one person who signs in by this name or e-mail address; None if there is none or more than one.

    An address comes before a name, and only a confirmed one or one that an operator entered counts. Names of people who
    signed up are in small letters; those that an operator made are found as they were written.
    """
    confirmed, entered = (_find_confirmed(login), _find_entered(login)) if "@" in login else ([], [])
    names = User.objects.filter(username__in={login, login.lower()})
    named = sorted(names, key=lambda user: user.username != login)
    found = confirmed or entered or named[:1]
    return found[0] if len(found) == 1 else None


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
