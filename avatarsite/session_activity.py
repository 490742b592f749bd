"""When and from where each session was last used, for the list of one's sessions: noted now and then, not each time."""

from __future__ import annotations

import hashlib

from allauth.usersessions.middleware import UserSessionsMiddleware
from django.core.cache import cache
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from redis import RedisError

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
