"""Mails about a deletion: a person will be deleted, or is deleted."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.translation import override

from profiles.models import Profile
from users.emails import verified_addresses
from users.mails import Mail, build_message

log = logging.getLogger(__name__)


def send_deletion_asked(sender: object, user: User, due_at: datetime, **_: object) -> None:
    """Receive `profiles.signals.deletion_asked`."""
    facts = {"due_at": due_at, "path": reverse("profiles:keep")}
    _send("deletion_asked", verified_addresses(user), facts, user.avatar_profile)


def send_deleted(sender: object, name: str, addresses: Sequence[str], language: str = "", **_: object) -> None:
    """Receive `profiles.signals.account_deleted`: of the person, only this mail is left."""
    with override(language or settings.LANGUAGE_CODE):
        _send("account_deleted", addresses, {"name": name})


def _send(template: str, addresses: Sequence[str], facts: dict[str, object], reader: Profile | None = None) -> None:
    """Send a mail to the first address. A failure is only logged: the page says the same."""
    if not addresses:
        return
    try:
        build_message(Mail(f"account/email/{template}", addresses[0], facts, reader)).send()
    except OSError as error:  # as all of smtplib's are
        log.warning("A mail about a person's own data could not be sent: %s.", type(error).__name__)
