"""Stop waiting for a PostgreSQL server that accepts connections and statements but does not reply.

The server's own `statement_timeout` can't help if the server is frozen, and TCP's timers can't if its kernel is alive.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock, get_ident
from typing import Any, TypeVar

from psycopg import Connection, OperationalError
from psycopg.abc import PQGen

RV = TypeVar("RV")
# After a time-out, nobody asks the server again for so many seconds.
PAUSE = 1.0


class Silence:
    """What the threads of a process know about a server that does not reply.

    Without it every request would wait for the time-out itself, and behind them all requests that no thread has taken
    yet. One thread at a time tries again, and all others fail at once until it succeeds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._until = 0.0
        self._asking: int | None = None

    def check(self, patience: float) -> None:
        """Raise OperationalError while the server is known not to reply.

        After PAUSE, return to one thread, which has `patience` seconds to find out.
        """
        if not self._until:
            return
        with self._lock:
            now, thread = self._clock(), get_ident()
            if now < self._until and thread != self._asking:
                raise OperationalError("the database does not reply; it is asked again in a moment")
            if self._until and thread != self._asking:
                self._asking, self._until = thread, now + patience

    def begin(self) -> None:
        with self._lock:
            self._asking, self._until = None, self._clock() + PAUSE

    def end(self) -> None:
        """Record that the server replied, if only to refuse."""
        if self._until:
            with self._lock:
                self._asking, self._until = None, 0.0


silence = Silence()


class PatientConnection(Connection[Any]):
    """A connection that closes itself when a reply takes longer than `patience` seconds (None: it waits forever)."""

    patience: float | None = None

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Raise OperationalError after `patience` seconds.

        The connection can't be used again then: the reply may still come, and would be taken for that of the next
        statement.
        """
        if self.patience is None or timeout is not None:
            return super().wait(gen, interval, timeout)
        silence.check(self.patience)
        started_at = time.monotonic()
        try:
            reply = super().wait(gen, interval, self.patience)
        except OperationalError:
            if time.monotonic() - started_at >= self.patience:
                silence.begin()
                self.pgconn.finish()
            raise
        silence.end()
        return reply
