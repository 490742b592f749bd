"""Find people by what they type to sign in or to get a new password.

Each look-up takes the same statements whether it finds somebody or not, so the time of an answer tells nobody who has
an account here.
"""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User


def find_by_login(login: str) -> User | None:
    """Return the one person who signs in by this name or e-mail address; None if there is none or more than one.

    An address comes before a name. Names of people who signed up are in small letters; those that an operator made are
    found as they were written.
    """
    at_address = find_by_address(login)
    names = User.objects.filter(username__in={login, login.lower()})
    named = sorted(names, key=lambda user: user.username != login)
    found = at_address or named[:1]
    return found[0] if len(found) == 1 else None


def find_by_address(address: str) -> list[User]:
    """Return who confirmed this e-mail address; if nobody did, the people for whom an operator entered it."""
    address = address.lower()
    rows = list(EmailAddress.objects.filter(email=address).select_related("user"))
    entered = list(User.objects.filter(email=address))
    confirmed = [row.user for row in rows if row.verified]
    return confirmed or list({user.pk: user for user in [*entered, *(row.user for row in rows)]}.values())
