"""The list of a person's sessions (allauth's), kept at a cost that does not grow with its length.

allauth looks through all of a person's sessions at each of their sign-ins, three statements for each, to drop ended
ones, and again where it shows them. Here a sign-in only adds its own, and ended ones go when the list is shown, all
together, or by task.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.signals import user_logged_in
from allauth.core.internal.httpkit import HTTP_USER_AGENT_MAX_LENGTH
from allauth.usersessions import signals
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from avatarsite.login_methods import WALLET_SESSION


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


@dataclass(frozen=True)
class Standing:
    """A session somebody is signed in by, and what is kept in it."""

    row: UserSession
    kept: dict[str, Any]


def standing(user: User, now: datetime) -> list[Standing]:
    """The sessions this person is signed in by, in three statements at most; forgets those that ended."""
    rows = list(UserSession.objects.filter(user=user))
    stored = Session.objects.filter(session_key__in=[row.session_key for row in rows], expire_date__gt=now)
    kept = {session.session_key: session.get_decoded() for session in stored}
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    found = [Standing(row, kept.get(row.session_key, {})) for row in rows]
    ended = [each.row.pk for each in found if not _is_of(each.kept, user, hashes)]
    if ended:
        UserSession.objects.filter(pk__in=ended).delete()
    return [each for each in found if each.row.pk not in set(ended)]


def _is_of(kept: dict[str, Any], user: User, hashes: list[str]) -> bool:
    """As `django.contrib.auth.get_user` decides it: a new password ends the sessions of the old one."""
    proof = str(kept.get(HASH_SESSION_KEY, ""))
    return kept.get(SESSION_KEY) == str(user.pk) and any(constant_time_compare(proof, each) for each in hashes)


class SessionsAdapter(DefaultUserSessionsAdapter):  # type: ignore[misc]  # allauth has no types
    """USERSESSIONS_ADAPTER: ends them all at once, and what a wallet signed for them goes too."""

    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        ended = list(sessions)
        stored = Session.objects.filter(session_key__in=[each.session_key for each in ended])
        begun = [key for key in (session.get_decoded().get(WALLET_SESSION) for session in stored) if key]
        if begun and apps.is_installed("nft"):
            from nft.services.wallet_sessions import forget_all

            forget_all(begun)
        stored.delete()
        UserSession.objects.filter(pk__in=[each.pk for each in ended]).delete()


def forget_ended() -> int:
    """Drops those whose session is no more; how many."""
    standing = Session.objects.filter(session_key=OuterRef("session_key"))
    gone, _ = UserSession.objects.filter(~Exists(standing)).delete()
    return int(gone)
