"""The headers of what other sites' pages embed: pictures, receipts, and their errors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from math import inf
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from profiles import settings
from profiles.serving.origins import open_to_origins, preflight
from profiles.serving.places import PUBLIC_VIEWS
from profiles.serving.response_cache import FRESH_FOR, cache_control

P = ParamSpec("P")
IMMUTABLE = "public, max-age=31536000, immutable"
_EXPOSED = "ETag, RateLimit, RateLimit-Policy, Retry-After"


def public_media(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Decorate a view that answers GET and HEAD: any page may embed or read the answer, none can use it as our page.

    A client of the API may send its token here, too, and browsers then ask before they do.
    """
    safe = require_safe(view)

    @wraps(view)
    def with_headers(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.method == "OPTIONS":
            return preflight("HEAD, GET, OPTIONS")
        response = open_to_origins(safe(request, *args, **kwargs), _EXPOSED)
        response.headers.setdefault("Cache-Control", short_cache_control())
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "DENY"
        return response

    PUBLIC_VIEWS.add(with_headers)
    return with_headers


def short_cache_control() -> str:
    """Return Cache-Control for addresses that name a person: the picture behind them may change at any moment."""
    return cache_control(settings.current().avatar_max_age)


def limit_caching(request: HttpRequest, response: HttpResponse, end: datetime | None, now: datetime) -> None:
    """Set Cache-Control so that no cache keeps the response longer than AVATAR_CACHE_SECONDS or past `end`.

    This holds for `FastPath` too.
    """
    request.META[FRESH_FOR], response.headers["Cache-Control"] = lifetime(end, now)


def lifetime(end: datetime | None, now: datetime) -> tuple[float, str]:
    """Return for how many seconds an answer of `now` may be kept, and the Cache-Control that says so.

    While we are down, a cache that knows `stale-if-error` may answer until `end`.
    """
    left = inf if end is None else max(0.0, (end - now).total_seconds() - settings.CACHE_SLACK)
    seconds = min(float(settings.current().avatar_max_age), left)
    return seconds, cache_control(seconds, min(float(settings.current().outage_seconds), left - seconds))


def wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"
