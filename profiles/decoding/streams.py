"""Exact reads and whole writes on a pair of pipe ends, with one deadline over all of them."""

import os
import select
import time

from .messages import ProtocolError

_CHUNK = 1024 * 1024


class Expired(Exception):
    """The deadline passed before the other side had read or answered."""


class PipeStream:
    """Reads one file descriptor and writes another; both may be blocking, as every call is preceded by a poll.

    The writing end must be non-blocking if a deadline is to hold while the other side does not read.
    """

    def __init__(self, reading: int, writing: int) -> None:
        self._reading = reading
        self._writing = writing
        self._deadline: float | None = None

    def expire_in(self, seconds: float | None) -> None:
        """Raise `Expired` from any later call past ``seconds`` from now; None lifts the deadline."""
        self._deadline = None if seconds is None else time.monotonic() + seconds

    def wait_readable(self, seconds: float) -> bool:
        return bool(_poll(self._reading, select.POLLIN, seconds))

    def read_exactly(self, count: int) -> bytes:
        parts: list[bytes] = []
        while count:
            self._wait(self._reading, select.POLLIN)
            part = os.read(self._reading, min(count, _CHUNK))
            if not part:
                raise ProtocolError("the other side closed")
            parts.append(part)
            count -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            self._wait(self._writing, select.POLLOUT)
            rest = rest[os.write(self._writing, rest[:_CHUNK]) :]

    def _wait(self, descriptor: int, event: int) -> None:
        if self._deadline is None:
            return
        remaining = self._deadline - time.monotonic()
        if remaining <= 0 or not _poll(descriptor, event, remaining):
            raise Expired


def _poll(descriptor: int, event: int, seconds: float) -> list[tuple[int, int]]:
    poll = select.poll()
    poll.register(descriptor, event)
    return poll.poll(seconds * 1000)
