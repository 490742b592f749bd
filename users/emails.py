"""Which e-mail addresses people proved to be theirs: allauth knows, profiles asks (AVATAR_VERIFIED_ADDRESSES).

The table itself is watched rather than allauth's own signals: so the admin's and the shell's changes count too, and an
account that is erased takes its names along.
"""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.db.models.signals import post_delete, post_save

from profiles.people import email_names


def verified_addresses(user: Any) -> list[str]:
    return list(EmailAddress.objects.filter(user_id=user.pk, verified=True).values_list("email", flat=True))


def watch_addresses() -> None:
    post_save.connect(_changed, sender=EmailAddress, dispatch_uid="users.emails")
    post_delete.connect(_changed, sender=EmailAddress, dispatch_uid="users.emails")


def _changed(sender: Any, instance: EmailAddress, **kwargs: Any) -> None:
    email_names.sync_user(instance.user_id)
