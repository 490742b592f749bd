"""Rate limits for requests to strangers' hosts: one budget for each host and one for all, shared by every worker.

Both are counted in the cache. Without the cache no request is allowed, as one that can't be counted has no limit.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from nft.clients.transport.errors import HOST_BUSY, FetchError
from profiles.outages import CACHE_ERRORS
from profiles.sentences import gettext as _

POLL_SECONDS = 0.05
MINUTE = 60


class Counter(Protocol):
    """The part of Django's caches that is needed here."""

    def add(self, key: str, value: int, timeout: int) -> bool: ...

    def incr(self, key: str) -> int: ...


@dataclass(frozen=True)
class Budget:
    """`seconds_per_host` between two requests to one host (0: no wait); `per_minute` requests to all hosts together;
    `patience`: seconds to wait for a turn before giving up."""

    seconds_per_host: int = 1
    per_minute: int = 3000
    patience: float = 3.0


class Pace:
    """Counts requests against a budget."""

    def __init__(
        self,
        counter: Counter,
        budget: Budget,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._counter = counter
        self._budget = budget
        self._clock = clock
        self._sleep = sleep

    def wait_for_turn(self, host: str, seconds: float) -> None:
        """Return when `host` may be asked. Raises FetchError, of kind HOST_BUSY, if that is not within `seconds` or the
        budget's patience."""
        busy = FetchError(_("%(host)s is asked by too many at the moment; its turn comes.", host=host), HOST_BUSY)
        try:
            has_turn = self._spend_minute() and self._lease_host(host, min(seconds, self._budget.patience))
        except CACHE_ERRORS as error:
            raise busy from error
        if not has_turn:
            raise busy

    def _spend_minute(self) -> bool:
        key = f"nft:fetches:{int(self._clock()) // MINUTE}"
        self._counter.add(key, 0, 2 * MINUTE)
        try:
            return self._counter.incr(key) <= self._budget.per_minute
        except ValueError:  # flushed between the two
            return True

    def _lease_host(self, host: str, seconds: float) -> bool:
        period = self._budget.seconds_per_host
        if not period:
            return True
        key = f"nft:host:{hashlib.sha256(host.encode()).hexdigest()[:32]}"
        ends_at = self._clock() + seconds
        while not self._counter.add(key, 1, period):
            if self._clock() + POLL_SECONDS > ends_at:
                return False
            self._sleep(POLL_SECONDS)
        return True
