"""The list of a person's sessions (allauth's), kept at a cost that does not grow with its length.

allauth looks through all of a person's sessions at each of their sign-ins, three statements for each, to drop ended
ones. Here a sign-in only adds its own, and ended ones go when the list is shown (allauth does that too) or by task.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.signals import user_logged_in
from allauth.core.internal.httpkit import HTTP_USER_AGENT_MAX_LENGTH
from allauth.usersessions import signals
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.http import HttpRequest


def watch() -> None:
    user_logged_in.disconnect(signals.on_user_logged_in)
    user_logged_in.connect(note_session, dispatch_uid="avatarsite.note_session")


def note_session(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Receiver of allauth's `user_logged_in`."""
    if not request.session.session_key:
        request.session.save()
    row = UserSession(
        user=user,
        session_key=request.session.session_key,
        ip=get_adapter().get_client_ip(request),
        user_agent=request.META.get("HTTP_USER_AGENT", "")[:HTTP_USER_AGENT_MAX_LENGTH],
    )
    UserSession.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["session_key"],
        update_fields=["user", "ip", "user_agent", "last_seen_at"],
    )


def forget_ended() -> int:
    """Drops those whose session is no more; how many."""
    standing = Session.objects.filter(session_key=OuterRef("session_key"))
    gone, _ = UserSession.objects.filter(~Exists(standing)).delete()
    return int(gone)
