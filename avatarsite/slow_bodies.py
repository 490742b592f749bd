"""Keep threads free for pages and pictures while bodies of other requests are slow to arrive.

The server hands a request to a thread as soon as its headers are there, and the thread waits for the body for as long
as the client wants. nginx buffers bodies whole, so behind it none is slow. Without such a proxy, four clients that send
three bytes and then nothing would stop a server of four threads.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

#: The variable by which `avatarsite.web` tells its server process how many threads it has.
THREADS = "AVATARSITE_WEB_THREADS"
# Threads that no unfinished body may have, and the seconds a request waits for one of the others.
SPARE, PATIENCE = 2, 1.0
_RETRY_AFTER = 5
_SENTENCE = "Too many uploads are on their way at the moment. Please try again in a few seconds."
_PROBLEM = {"type": "/problems/temporarily-unavailable", "title": "A part of this site is down", "status": 503}
_HEADERS = [
    ("Content-Type", "application/problem+json"),
    ("Cache-Control", "private, no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Retry-After", str(_RETRY_AFTER)),
]


class SlowBodies:
    """A WSGI layer: all but SPARE of the threads at most wait for bodies; further requests with one get 503."""

    def __init__(self, application: WSGIApplication, threads: int) -> None:
        self._application = application
        self._places = threading.BoundedSemaphore(max(1, threads - SPARE))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not _has_body(environ):
            return self._application(environ, start_response)
        if not self._places.acquire(timeout=PATIENCE):
            return _refuse(start_response)
        body = _Body(environ["wsgi.input"], _length_of(environ), self._places.release)
        environ["wsgi.input"] = body
        try:
            return self._application(environ, start_response)
        finally:
            body.end()


class _Body:
    """A body that gives its place back as soon as all of it was read."""

    def __init__(self, stream: InputStream, length: int | None, release: Callable[[], None]) -> None:
        self._stream = stream
        self._left = length
        self._release: Callable[[], None] | None = release

    def read(self, size: int = -1, /) -> bytes:
        return self._counted(self._stream.read(size))

    def readline(self, size: int = -1, /) -> bytes:
        return self._counted(self._stream.readline(size))

    def readlines(self, hint: int = -1, /) -> list[bytes]:
        lines = self._stream.readlines(hint)
        self.end()
        return lines

    def __iter__(self) -> Iterable[bytes]:
        return iter(self.readline, b"")

    def end(self) -> None:
        """Give the place back, once."""
        release, self._release = self._release, None
        if release is not None:
            release()

    def _counted(self, content: bytes) -> bytes:
        if self._left is not None:
            self._left -= len(content)
        if not content or (self._left is not None and self._left <= 0):
            self.end()
        return content


def threads_of_server(default: int) -> int:
    return int(os.environ.get(THREADS, default))


def _has_body(environ: WSGIEnvironment) -> bool:
    return environ.get("CONTENT_LENGTH") not in {None, "", "0"} or "HTTP_TRANSFER_ENCODING" in environ


def _length_of(environ: WSGIEnvironment) -> int | None:
    length = environ.get("CONTENT_LENGTH", "")
    return int(length) if length.isascii() and length.isdecimal() else None


def _refuse(start_response: StartResponse) -> Iterable[bytes]:
    content = json.dumps(_PROBLEM | {"detail": _SENTENCE}).encode()
    start_response("503 Service Unavailable", [*_HEADERS, ("Content-Length", str(len(content)))])
    return [content]
