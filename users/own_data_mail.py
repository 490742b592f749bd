"""Mails about a person's own data: their file is ready, they will be deleted, they are deleted."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from users.emails import verified_addresses

log = logging.getLogger(__name__)


def send_export_ready(sender: object, user: User, expires_at: datetime, **_: object) -> None:
    """Receive `profiles.signals.export_ready`."""
    _send_to(user, "export_ready", {"expires_at": expires_at, "page_url": _url("profiles:data")})


def send_deletion_asked(sender: object, user: User, due_at: datetime, **_: object) -> None:
    """Receive `profiles.signals.deletion_asked`."""
    _send_to(user, "deletion_asked", {"due_at": due_at, "page_url": _url("profiles:keep")})


def send_deleted(sender: object, name: str, addresses: Sequence[str], **_: object) -> None:
    """Receive `profiles.signals.account_deleted`: of the person, only this mail is left."""
    _send("account_deleted", addresses, {"name": name})


def _send_to(user: User, template: str, facts: dict[str, object]) -> None:
    _send(template, verified_addresses(user), facts | {"user": user, "name": user.profile.name})


def _send(template: str, addresses: Sequence[str], facts: dict[str, object]) -> None:
    """Send a mail to the first address. A failure is only logged: the page says the same."""
    if not addresses:
        return
    facts |= {"site_name": settings.SITE_NAME, "site_origin": settings.SITE_ORIGIN}
    subject, body = (render_to_string(f"account/email/{template}_{part}.txt", facts) for part in ("subject", "message"))
    try:
        send_mail(" ".join(subject.split()), body, None, [addresses[0]])
    except OSError as error:  # as all of smtplib's are
        log.warning("A mail about a person's own data could not be sent: %s.", type(error).__name__)


def _url(view: str) -> str:
    return settings.SITE_ORIGIN + reverse(view)
