"""The e-mail addresses that people proved to be theirs: allauth stores them, profiles asks for them.

Signals of the table are received instead of allauth's own, so that changes by the admin and the shell count too, and
an erased account takes its names along.
"""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.contrib.auth.base_user import AbstractBaseUser

from profiles.people import email_names


def verified_addresses(user: AbstractBaseUser) -> list[str]:
    """Return the confirmed addresses of `user` (AVATAR_VERIFIED_ADDRESSES)."""
    return list(EmailAddress.objects.filter(user_id=user.pk, verified=True).values_list("email", flat=True))


def update_names(sender: object, instance: EmailAddress, **_: object) -> None:
    """Receive `post_save` and `post_delete` of EmailAddress."""
    email_names.sync_user(instance.user_id)
