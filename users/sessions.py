"""A person's sessions: when each was last used, which are active, and how they end.

allauth looks through all sessions of a person at each of their sign-ins, with three statements for each, to delete
ended ones, and again where it lists them. Here a sign-in only adds its own session; ended ones are deleted when the
list is shown, all together, or by a job. When and from where a session was last used is recorded every RECORDED_EVERY
seconds, not with each page.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.adapter import get_adapter
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.middleware import UserSessionsMiddleware
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare
from redis import RedisError

from profiles.jobs import job
from profiles.walks import walk
from users.login_methods import WALLET_SESSION

RECORDED_EVERY = 300
LONGEST_USER_AGENT: int = UserSession._meta.get_field("user_agent").max_length  # noqa: SLF001 - it is Django's public name
#: For how many seconds a process remembers a use without asking the cache again, and how many uses.
REMEMBERED_FOR, REMEMBERED = 60.0, 4096
_recorded_until: dict[str, float] = {}  # by digest of the use, in seconds of time.monotonic()
# Rows that one step of the walk reads.
PAGE = 50


class SessionActivity(UserSessionsMiddleware):  # type: ignore[misc]
    """Record a session's last use. Another address or browser is recorded at once.

    allauth's own middleware writes a row for every page.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = (
            self.get_response(request) if _was_just_recorded(request) else super().__call__(request)
        )
        return response


def _was_just_recorded(request: HttpRequest) -> bool:
    """Return False without a cache, so that each use is recorded, as by allauth."""
    if not request.session.session_key:
        return False
    facts = (request.META.get(name, "") for name in ("REMOTE_ADDR", "HTTP_X_FORWARDED_FOR", "HTTP_USER_AGENT"))
    digest = hashlib.sha256("\n".join([request.session.session_key, *facts]).encode("utf-8", "replace")).hexdigest()
    now = time.monotonic()
    if _recorded_until.get(digest, 0) > now:
        return True
    try:
        was_recorded = not cache.add(f"session-noted:{digest}", 1, timeout=RECORDED_EVERY)
    except (RedisError, OSError):
        return False
    if len(_recorded_until) >= REMEMBERED:
        _recorded_until.clear()
    _recorded_until[digest] = now + REMEMBERED_FOR
    return was_recorded


def record_session(sender: object, request: HttpRequest, user: User, **_: object) -> None:
    """Receive allauth's `user_logged_in`."""
    if not request.session.session_key:
        request.session.save()
    row = UserSession(
        user=user,
        session_key=request.session.session_key,
        ip=get_adapter().get_client_ip(request),
        user_agent=request.META.get("HTTP_USER_AGENT", "")[:LONGEST_USER_AGENT],
    )
    UserSession.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["session_key"],
        update_fields=["user", "ip", "user_agent", "last_seen_at"],
    )


@dataclass(frozen=True)
class ActiveSession:
    """A session in which a person is signed in, and its decoded data."""

    row: UserSession
    data: dict[str, object]


def get_active_sessions(user: User, now: datetime) -> list[ActiveSession]:
    """Return the sessions in which this person is signed in, and delete the rows of ended ones.

    Takes three statements at most.
    """
    rows = list(UserSession.objects.filter(user=user))
    stored = Session.objects.filter(session_key__in=[row.session_key for row in rows], expire_date__gt=now)
    data = {session.session_key: session.get_decoded() for session in stored}
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    found = [ActiveSession(row, data.get(row.session_key, {})) for row in rows]
    ended = [each.row.pk for each in found if not _is_of(each.data, user, hashes)]
    if ended:
        UserSession.objects.filter(pk__in=ended).delete()
    return [each for each in found if each.row.pk not in set(ended)]


def _is_of(data: dict[str, object], user: User, hashes: list[str]) -> bool:
    """Decide as `django.contrib.auth.get_user` does: a new password ends the sessions of the old one."""
    proof = str(data.get(HASH_SESSION_KEY, ""))
    return data.get(SESSION_KEY) == str(user.pk) and any(constant_time_compare(proof, each) for each in hashes)


class SessionsAdapter(DefaultUserSessionsAdapter):  # type: ignore[misc]  # allauth has no types
    """USERSESSIONS_ADAPTER: end sessions all at once, with the signatures by which wallets began them."""

    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        ended = list(sessions)
        stored = Session.objects.filter(session_key__in=[each.session_key for each in ended])
        begun = [key for key in (session.get_decoded().get(WALLET_SESSION) for session in stored) if key]
        if begun and apps.is_installed("nft"):
            from nft.accounts.sessions import delete_sessions

            delete_sessions(begun)
        stored.delete()
        UserSession.objects.filter(pk__in=[each.pk for each in ended]).delete()


def end_all_sessions() -> int:
    """Sign everybody out, as after a restore: which sessions were ended since the dump, nobody knows."""
    if apps.is_installed("nft"):
        from nft.accounts.sessions import delete_all_sessions

        delete_all_sessions()
    UserSession.objects.all().delete()
    ended, _ = Session.objects.all().delete()
    return ended


@job(every=timedelta(minutes=5))
def forget_ended(*, seconds: float = 0.05) -> None:
    """Delete the rows whose session is gone, in a walk through all over many runs."""
    walk("ended-sessions", _forget_page, seconds=seconds)


def _forget_page(after: int | None) -> int | None:
    rows = UserSession.objects.filter(pk__gt=after or 0).order_by("pk")
    page = list(rows.values_list("pk", "session_key")[:PAGE])
    stored = Session.objects.filter(session_key__in=[key for _, key in page])
    kept = set(stored.values_list("session_key", flat=True))
    UserSession.objects.filter(pk__in=[pk for pk, key in page if key not in kept]).delete()
    return page[-1][0] if page else None
