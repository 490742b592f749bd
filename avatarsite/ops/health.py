"""`/healthz`: this process answers. `/readyz`: what it needs answers too. `/readyz/<role>`: what else must run.

The page of a role speaks of the whole site, and any web process answers it: the heartbeats of workers and beat are in
Redis, the watchers' state is in the database. Nothing here takes longer than SECONDS, whatever hangs.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import timedelta
from threading import Lock, Thread

from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from redis import RedisError

from avatarsite.ops import heartbeats
from avatarsite.ops.redis_client import get_redis
from avatarsite.queues import QUEUES
from profiles.errors import ExpectedError
from profiles.store import objects

log = logging.getLogger(__name__)

#: A part that has not answered after so many seconds is not ready.
SECONDS = 2.0
#: Asking the store costs money at some providers: its answer counts for so many seconds.
STORE_SECONDS = 10.0
#: Beat queues a job every few seconds.
BEAT_SECONDS = 60.0


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest, role: str = "") -> JsonResponse:
    """Answer 200 if every part of the role is ready, else 503."""
    if role and role not in ROLES:
        raise Http404
    parts = ready_parts(role)
    return JsonResponse({"ready": all(parts.values()), "parts": parts}, status=200 if all(parts.values()) else 503)


def ready_parts(role: str = "") -> dict[str, bool]:
    """Return whether each part answers, by its name. Where it is and how it failed is only in the log."""
    return ROLES[role]()


class Part:
    """A server that the site needs. It is asked in a thread, because not every client can be told to give up."""

    def __init__(self, name: str, check: Callable[[], object], keep: float = 0.0) -> None:
        """`check` raises if the server does not work; that it works counts for `keep` seconds."""
        self._name, self._check, self._keep = name, check, keep
        self._lock = Lock()
        self._answer: Future[float] | None = None  # of the time.monotonic() at which it answered

    def is_ready(self) -> bool:
        try:
            self._ask().result(SECONDS)
        except (DatabaseError, RedisError, ExpectedError, OSError) as error:  # also TimeoutError
            log.warning("Not ready: the %s does not answer (%s).", self._name, type(error).__name__)
            return False
        return True

    def _ask(self) -> Future[float]:
        """Return the kept answer, the one that is awaited already, or that of a new thread: never two at once."""
        with self._lock:
            answer = self._answer
            if answer is None or (answer.done() and not self._is_kept(answer)):
                answer = self._answer = Future()
                Thread(target=self._run, args=(answer,), name=f"ready-{self._name}", daemon=True).start()
            return answer

    def _is_kept(self, answer: Future[float]) -> bool:
        return answer.exception() is None and time.monotonic() < answer.result() + self._keep

    def _run(self, answer: Future[float]) -> None:
        try:
            self._check()
        except Exception as error:  # noqa: BLE001 - handed to who waits for the answer
            answer.set_exception(error)
        else:
            answer.set_result(time.monotonic())


def _check_database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()  # the thread's own


def _check_cache() -> None:
    cache.get("readyz")


DATABASE, CACHE = Part("database", _check_database), Part("cache", _check_cache)
STORE = Part("store", objects.probe, keep=STORE_SECONDS)


def _process() -> dict[str, bool]:
    return {"database": DATABASE.is_ready(), "cache": CACHE.is_ready()}


def _web() -> dict[str, bool]:
    return {**_process(), "store": STORE.is_ready()}


def _worker() -> dict[str, bool]:
    alive = {sign.subject for sign in _signs(heartbeats.WORKER, heartbeats.GONE)}
    return {queue: queue in alive for queue in QUEUES}


def _beat() -> dict[str, bool]:
    return {"beat": any(_signs(heartbeats.BEAT, BEAT_SECONDS))}


def _watcher() -> dict[str, bool]:
    """Return by chain whether its watcher saw the newest block lately."""
    if not apps.is_installed("nft"):
        return {}
    from nft.models import WatchedChain
    from nft.settings.chains import chains

    if not DATABASE.is_ready():
        return {"database": False}
    since = timezone.now() - timedelta(seconds=max(120, 10 * settings.NFT_WATCH_PERIOD))
    seen = set(WatchedChain.objects.filter(head_at__gt=since).values_list("chain_id", flat=True))
    return {str(chain_id): chain_id in seen for chain_id in chains()}


def _signs(part: str, most: float) -> Iterator[heartbeats.Heartbeat]:
    try:
        yield from (sign for sign in heartbeats.read(get_redis()) if sign.part == part and sign.age < most)
    except (RedisError, OSError):
        log.warning("The heartbeats can't be read.")


ROLES: dict[str, Callable[[], dict[str, bool]]] = {
    "": _process,
    "web": _web,
    "worker": _worker,
    "beat": _beat,
    "watcher": _watcher,
}
