"""Total time limits of requests, enforced on their sockets from outside."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

from nft.clients.transport.errors import TIMED_OUT, UNREACHABLE, FetchError
from profiles.sentences import gettext as _


class Deadline:
    """The time one request has, from name look-up to the last byte. At its end the request's sockets are shut down.

    A socket's own timeout starts anew with each byte, so a server that drips its answer would never meet it. Leaving
    the context stops the clock; the sockets stay as they are.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._ends_at = time.monotonic() + seconds
        self._is_canceled = False
        self._handles: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._shut_down)
        self._timer.daemon = True
        self._timer.start()

    def __enter__(self) -> Deadline:
        return self

    def __exit__(self, *failure: object) -> None:
        self._timer.cancel()
        with self._lock:
            for handle in self._handles:
                handle.close()
            self._handles.clear()

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._ends_at

    def remaining(self, host: str) -> float:
        """Return the seconds left. Raises FetchError if there are none, or the request was canceled."""
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise self.timeout_of(host)
        if self._is_canceled:
            raise FetchError(_("%(host)s is no longer needed.", host=host), UNREACHABLE)
        return left

    def timeout_of(self, host: str) -> FetchError:
        return FetchError(
            _("%(host)s did not finish within %(seconds)s seconds.", host=host, seconds=f"{self.seconds:g}"), TIMED_OUT
        )

    def watch(self, sock: socket.socket) -> None:
        """Shut `sock` down at the end, also if TLS wraps it later or its owner closes it.

        A duplicate of its descriptor is kept for that, as urllib3 and ssl hand the socket on to objects of their own.
        """
        with self._lock:
            self._handles.append(socket.fromfd(sock.fileno(), sock.family, sock.type))
        if self.is_over or self._is_canceled:
            self._shut_down()

    def cancel(self) -> None:
        """End whatever still connects or reads, from any thread."""
        self._is_canceled = True
        self._shut_down()

    def _shut_down(self) -> None:
        with self._lock:
            for handle in self._handles:
                with contextlib.suppress(OSError):  # not connected yet, or closed by the other side
                    handle.shutdown(socket.SHUT_RDWR)


class Cancellation:
    """Cancels requests whose answers nobody waits for any more."""

    def __init__(self) -> None:
        self.is_canceled = False
        self._deadlines: list[Deadline] = []
        self._lock = threading.Lock()

    def watch(self, deadline: Deadline) -> None:
        with self._lock:
            self._deadlines.append(deadline)
        if self.is_canceled:
            deadline.cancel()

    def cancel(self) -> None:
        with self._lock:
            self.is_canceled = True
            deadlines = list(self._deadlines)
        for deadline in deadlines:
            deadline.cancel()
