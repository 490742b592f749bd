"""Wait for what is down, and stop the import if it stays down: an outage says nothing about a picture."""

from __future__ import annotations

import threading
import time
from base64 import b64decode
from collections.abc import Callable
from typing import TypeVar

from django.db import connections

from profiles.decoding import Decoder, DecoderUnavailable
from profiles.errors import ExpectedError
from profiles.imports.entries import Outcome, Stopped, Unusable
from profiles.outages import outage_of
from profiles.settings import decode_request

#: Seconds between two tries: the first, and the most.
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
#: Tries for an entry that fails for now although nothing is down.
_TRIES = 3
#: A picture that every decoder can decode.
_PROBE = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
T = TypeVar("T")


class Patience:
    """`seconds` for which one outage may last. `stop` ends all waits at once."""

    def __init__(self, seconds: float, decoder: Decoder) -> None:
        self._seconds, self._decoder = seconds, decoder
        self._stopped = threading.Event()

    @property
    def is_over(self) -> bool:
        return self._stopped.is_set()

    def stop(self) -> None:
        self._stopped.set()

    def call(self, work: Callable[[], T]) -> T:
        """Return what `work` returns, tried again while something is down.

        Raise Stopped after too long an outage, and Unusable if nothing is down and it still fails for now. Other errors
        of `work` are raised as they are. It must be safe to repeat.
        """
        ends_at, pause, tries = time.monotonic() + self._seconds, _FIRST_PAUSE, 0
        while True:
            try:
                return work()
            except Exception as error:
                reason, is_down = self._judge(error)
                tries += 1
                if not is_down and tries >= _TRIES:
                    raise Unusable(Outcome.FAILED, reason) from error
                if is_down and time.monotonic() > ends_at:
                    raise Stopped(reason) from error
            if self._stopped.wait(pause):
                raise Stopped("The import was ended.")
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _judge(self, error: Exception) -> tuple[str, bool]:
        """Return why to try again, and whether something is down. Raise the error if trying again is pointless."""
        outage = outage_of(error)
        if outage is not None and not outage.permanent:
            _drop_connections()
            return str(outage), True
        if isinstance(error, ExpectedError) and not error.permanent:
            return str(error), isinstance(error, DecoderUnavailable) and not self._decodes()
        raise error

    def _decodes(self) -> bool:
        """Return whether pictures can be decoded at all: a picture that stops its decoder must not stop the import."""
        try:
            self._decoder.decode(_PROBE, decode_request((), svg_allowed=False))
        except DecoderUnavailable:
            return False
        return True


def _drop_connections() -> None:
    """Let the next try connect anew, unless a transaction of our caller's is open."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
