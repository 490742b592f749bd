"""What is kept of a person's ways in, for their export and their deletion."""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType

from profiles.own_data.parts import Part, get_parts, leave_out, register_eraser, register_part
from profiles.sentences import gettext_noop
from users.sessions import SessionsAdapter

Person = get_user_model()
# Django's usual columns; a host project's own stay out until it registers a `Part` of its own.
COLUMNS = ("username", "email", "first_name", "last_name", "date_joined", "last_login", "is_staff", "is_superuser")
SECRET = gettext_noop("It lets in whoever has it.")
STATE = gettext_noop("The account works while you read this.")


def register() -> None:
    existing = {field.name for field in Person._meta.concrete_fields}  # noqa: SLF001 - Django documents it as public
    columns = tuple(name for name in COLUMNS if name in existing)
    left_out = {"password": SECRET, "is_active": STATE}
    register_part(Part(Person, "pk", "account", gettext_noop("Your account."), columns, left_out))
    register_part(
        Part(
            EmailAddress,
            "user",
            "email_addresses",
            gettext_noop("Your e-mail addresses."),
            ("email", "verified", "primary"),
        )
    )
    register_part(
        Part(
            Authenticator,
            "user",
            "second_steps",
            gettext_noop("Your passkeys, authenticator app and recovery codes, without their secrets."),
            ("type", "created_at", "last_used_at"),
            {"data": SECRET},
        )
    )
    register_part(
        Part(
            UserSession,
            "user",
            "sessions",
            gettext_noop("Where you are signed in."),
            ("created_at", "last_seen_at", "ip", "user_agent"),
            {"session_key": SECRET, "data": gettext_noop("It is empty.")},
        )
    )
    leave_out(EmailConfirmation, "No link is stored: its key holds all of it, signed.")
    leave_out(LogEntry, "What staff did in the admin is about the rows that they changed.")
    register_eraser(f"{__name__}.{erase.__name__}")


def erase(user: User, now: datetime) -> None:
    """End all sessions, and take the person's names out of the admin's log. The rows go with the user."""
    del now
    SessionsAdapter().end_sessions(UserSession.objects.filter(user=user))
    for part in get_parts():
        entries = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(part.model))
        logged = list(entries.values_list("object_id", flat=True).distinct())
        if logged:
            mine = [str(pk) for pk in part.rows_of(user).filter(pk__in=logged).values_list("pk", flat=True)]
            entries.filter(object_id__in=mine).update(object_repr="", change_message="")
