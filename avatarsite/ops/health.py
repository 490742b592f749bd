"""`/healthz`: this process answers. `/readyz`: the parts that it cannot work without answer too."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from redis import RedisError

log = logging.getLogger(__name__)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    parts = ready_parts()
    return JsonResponse({"ready": all(parts.values()), "parts": parts}, status=200 if all(parts.values()) else 503)


def ready_parts() -> dict[str, bool]:
    """Return whether each part answers, by its name. Where it is and how it failed is only in the log."""
    return {name: _answers(name, check) for name, check in CHECKS.items()}


def _answers(name: str, check: Callable[[], None]) -> bool:
    try:
        check()
    except (DatabaseError, RedisError, OSError) as error:
        log.warning("Not ready: the %s does not answer (%s).", name, error)
        return False
    return True


def _check_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _check_cache() -> None:
    cache.get("readyz")


CHECKS: dict[str, Callable[[], None]] = {"database": _check_database, "cache": _check_cache}
