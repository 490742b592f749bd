"""When and from where each session was last used, for the list of one's sessions: noted now and then, not each time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.signals import user_logged_in
from allauth.core.internal.httpkit import HTTP_USER_AGENT_MAX_LENGTH
from allauth.usersessions import signals
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.middleware import UserSessionsMiddleware
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare
from redis import RedisError

from profiles.jobs import job
from users.login_methods import WALLET_SESSION

NOTED_EVERY = 300


class SessionActivity(UserSessionsMiddleware):  # type: ignore[misc]
    """allauth's own writes a row for every page somebody looks at. Another address or browser is noted at once."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = (
            self.get_response(request) if _was_just_noted(request) else super().__call__(request)
        )
        return response


def _was_just_noted(request: HttpRequest) -> bool:
    """False without a cache: then each time, as without us."""
    if not request.session.session_key:
        return False
    facts = (request.META.get(name, "") for name in ("REMOTE_ADDR", "HTTP_X_FORWARDED_FOR", "HTTP_USER_AGENT"))
    digest = hashlib.sha256("\n".join([request.session.session_key, *facts]).encode("utf-8", "replace")).hexdigest()
    try:
        return not cache.add(f"session-noted:{digest}", 1, timeout=NOTED_EVERY)
    except (RedisError, OSError):
        return False


# The list of a person's sessions (allauth's), kept at a cost that does not grow with its length.
#
# allauth looks through all of a person's sessions at each of their sign-ins, three statements for each, to drop ended
# ones, and again where it shows them. Here a sign-in only adds its own, and ended ones go when the list is shown, all
# together, or by task.


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
            from nft.accounts.sessions import forget_all

            forget_all(begun)
        stored.delete()
        UserSession.objects.filter(pk__in=[each.pk for each in ended]).delete()


@job(every=timedelta(hours=1))
def forget_ended() -> int:
    """Drops those whose session is no more; how many."""
    standing = Session.objects.filter(session_key=OuterRef("session_key"))
    gone, _ = UserSession.objects.filter(~Exists(standing)).delete()
    return int(gone)
