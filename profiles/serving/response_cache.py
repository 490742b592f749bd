"""A WSGI layer before Django that answers known, fresh avatar addresses from memory, and stored pictures directly.

A view offers an answer by FRESH_FOR; this layer keeps it that long, in this process only. So a change is seen at most
FRESH_FOR later than from Django, and nothing outlives its attestation (V1). It caches answers to a GET with status 200
or 304, without cookies. `Cache-Control` has the remaining time, so that this cache and the reader's own never
add up.

What Django's middleware checks and adds (the host, https, security headers) depends on the origin only. It is learned
from Django's answers, origin by origin, before a picture of that origin is sent without Django.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from django.utils.http import parse_etags

from profiles.serving.accept import parse_accept
from profiles.serving.places import avatar_prefix

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from profiles.serving.direct import Picture

# The key of the request's environment for the seconds that a view's answer is fresh. No header can set it.
FRESH_FOR = "profiles.fresh_for"
# What Django's answer may depend on besides `Accept`: the address, and what the checks of host and https read.
_ADDRESS = ("PATH_INFO", "QUERY_STRING")
_ORIGIN = (
    "SCRIPT_NAME",
    "HTTP_HOST",
    "SERVER_NAME",
    "SERVER_PORT",
    "HTTP_X_FORWARDED_PROTO",
    "wsgi.url_scheme",
)
_MAX_KEY = 600
_LIMIT_BYTES = 16 * 1024 * 1024
# Bytes that an entry takes besides its body: key, headers, and Python's own.
_OVERHEAD = 4096
_KEPT = ("200 ", "304 ")
_AGE = re.compile(r"(?<=max-age=)[0-9]+")
_BODY_HEADERS = frozenset({"content-type", "content-length"})
# Headers of one picture; all others of an answer are alike for every picture of an origin.
_OWN_HEADERS = _BODY_HEADERS | {"etag", "cache-control", "vary"}
_MAX_ORIGINS = 64

Headers = list[tuple[str, str]]
Key = tuple[object, ...]
Find = Callable[["WSGIEnvironment"], "Picture | None"]


def cache_control(seconds: float, spare: float = 0) -> str:
    """Return Cache-Control for addresses that name a person. Rounded down.

    `spare`: for how many seconds more a cache may answer while we can't. Most caches don't, because of
    `must-revalidate` (RFC 9111 §5.2.2.2); nginx honors it.
    """
    lasting = f"public, max-age={max(0, int(seconds))}, must-revalidate"
    return f"{lasting}, stale-if-error={int(spare)}" if spare >= 1 else lasting


class _Entry(NamedTuple):
    """A cached answer. `until` is in the clock's seconds.

    The headers lack Cache-Control, which depends on the moment; `control` is what stands before and after the seconds
    of its max-age. `body` is None after a 304.
    """

    until: float
    headers: Headers
    headers_of_304: Headers
    control: tuple[str, str]
    etag: str
    body: bytes | None


class FastPath:
    """The cache, a WSGI application. `limit` bounds its bytes. Reading takes no lock: dict lookups are atomic.

    `find` finds a picture without Django; without it, Django answers whatever is not cached.
    """

    def __init__(
        self,
        application: WSGIApplication,
        find: Find | None = None,
        *,
        limit: int = _LIMIT_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._application = application
        self._find = find
        self._origins: dict[Key, Headers] = {}
        self._limit = limit
        self._clock = clock
        self._entries: dict[Key, _Entry] = {}
        self._size = 0
        self._writing = Lock()

    @property
    def size(self) -> int:
        """Return the cached bytes, overhead included."""
        return self._size

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        key = _key_of(environ)
        if key is None:
            return self._application(environ, start_response)
        now = self._clock()
        entry = self._entries.get(key)
        if entry is None or now >= entry.until:
            entry = self._find_directly(key, now, environ)
        if entry is not None:
            before, after = entry.control
            control = ("Cache-Control", f"{before}{int(entry.until - now)}{after}")
            if _names(environ.get("HTTP_IF_NONE_MATCH", ""), entry.etag):
                start_response("304 Not Modified", [*entry.headers_of_304, control])
                return []
            if entry.body is not None:
                start_response("200 OK", [*entry.headers, control])
                return [] if environ["REQUEST_METHOD"] == "HEAD" else [entry.body]
        return self._ask(key, now, environ, start_response)

    def _find_directly(self, key: Key, now: float, environ: WSGIEnvironment) -> _Entry | None:
        shared = self._origins.get(_origin_in(key))
        if shared is None or self._find is None:
            return None
        picture = self._find(environ)
        if picture is None:
            return None
        lasting = [*shared, ("ETag", picture.etag)]
        if picture.depends_on_accept:
            lasting.append(("Vary", "Accept"))
        headers = [*lasting, ("Content-Type", picture.content_type), ("Content-Length", str(len(picture.body)))]
        entry = _Entry(
            now + picture.seconds, headers, lasting, _around_age(picture.control), picture.etag, picture.body
        )
        self._keep(key, entry)
        return entry

    def _ask(self, key: Key, began: float, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        seen: list[tuple[str, Headers]] = []

        def note(status: str, headers: Headers, exc_info: OptExcInfo | None = None) -> Callable[[bytes], object]:
            seen.append((status, headers))
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        response = self._application(environ, note)
        # The time counts from before Django looked: what changed since then may not be in the answer.
        until = began + float(environ.get(FRESH_FOR, 0))
        if seen and until > began and environ["REQUEST_METHOD"] == "GET":
            entry = _entry_of(response, *seen[-1], until)
            if entry is not None:
                self._keep(key, entry)
                self._learn(_origin_in(key), entry)
        return response

    def _learn(self, origin: Key, entry: _Entry) -> None:
        if origin not in self._origins and len(self._origins) < _MAX_ORIGINS:
            self._origins[origin] = [(name, value) for name, value in entry.headers if name.lower() not in _OWN_HEADERS]

    def _keep(self, key: Key, entry: _Entry) -> None:
        size, now = _size_of(entry), self._clock()
        if size > self._limit // 8:
            return
        with self._writing:
            self._drop(key)
            self._entries[key] = entry
            self._size += size
            while self._size > self._limit:
                self._drop(next(iter(self._entries)))  # the oldest, which has the least time left
            # Two that have expired go for one that comes, so that only fresh ones take memory.
            for oldest in [oldest for oldest, kept in islice(self._entries.items(), 2) if kept.until <= now]:
                self._drop(oldest)

    def _drop(self, key: Key) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._size -= _size_of(entry)


def _key_of(environ: WSGIEnvironment) -> Key | None:
    """Return the key, None if Django must answer: another method or address, or a condition only Django checks."""
    if not environ.get("PATH_INFO", "").startswith(avatar_prefix()) or environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
        return None
    if "HTTP_IF_MATCH" in environ or "HTTP_IF_UNMODIFIED_SINCE" in environ:
        return None
    parts = [environ.get(name, "") for name in _ADDRESS + _ORIGIN]
    if len("".join(parts)) > _MAX_KEY:
        return None
    return (parse_accept(environ.get("HTTP_ACCEPT", "*/*")), *parts)


def _origin_in(key: Key) -> Key:
    return key[-len(_ORIGIN) :]


def _entry_of(response: object, status: str, headers: Headers, until: float) -> _Entry | None:
    named = {name.lower(): value for name, value in headers}
    body, etag, control = getattr(response, "content", None), named.get("etag"), named.get("cache-control", "")
    if "max-age=" not in control:
        return None
    if not status.startswith(_KEPT) or "set-cookie" in named or not isinstance(body, bytes) or not etag:
        return None
    lasting = [(name, value) for name, value in headers if name.lower() != "cache-control"]
    of_304 = [(name, value) for name, value in lasting if name.lower() not in _BODY_HEADERS]
    known = body if status.startswith("200 ") else None
    return _Entry(until, lasting, of_304, _around_age(control), etag, known)


@lru_cache(maxsize=256)
def _around_age(control: str) -> tuple[str, str]:
    before, after = _AGE.split(control, maxsplit=1)
    return before, after


def _names(wanted: str, etag: str) -> bool:
    """Compare If-None-Match weakly (RFC 9110 §13.1.2)."""
    if wanted in {"", etag}:
        return wanted == etag
    etags = parse_etags(wanted)
    return etags == ["*"] or etag.removeprefix("W/") in {each.removeprefix("W/") for each in etags}


def _size_of(entry: _Entry) -> int:
    return len(entry.body or b"") + _OVERHEAD
