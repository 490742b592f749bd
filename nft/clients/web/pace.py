"""How often strangers' hosts are asked: one budget for each host and one for all, shared by every worker.

Both are kept in the cache. Without it nobody may ask: a budget that can't be counted would be none at all.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from redis import RedisError

from nft.clients.web.errors import HostBusy

POLL_SECONDS = 0.05
MINUTE = 60


class Counter(Protocol):
    """The part of Django's caches that is needed here."""

    def add(self, key: str, value: int, timeout: int) -> bool: ...

    def incr(self, key: str) -> int: ...


@dataclass(frozen=True)
class Budget:
    """`seconds_per_host` between two requests to one host (0: none); `per_minute` requests to all hosts together;
    `patience`: seconds to wait for a turn before it is put off."""

    seconds_per_host: int = 1
    per_minute: int = 3000
    patience: float = 3.0


class Pace:
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
        """Returns when `host` may be asked; raises HostBusy where that is not within `seconds` or our patience."""
        try:
            self._spend_minute(host)
            self._take_host(host, min(seconds, self._budget.patience))
        except (RedisError, OSError) as error:
            raise HostBusy(host) from error

    def _spend_minute(self, host: str) -> None:
        key = f"nft:fetches:{int(self._clock()) // MINUTE}"
        self._counter.add(key, 0, 2 * MINUTE)
        try:
            spent = self._counter.incr(key)
        except ValueError:  # flushed between the two
            return
        if spent > self._budget.per_minute:
            raise HostBusy(host)

    def _take_host(self, host: str, seconds: float) -> None:
        period = self._budget.seconds_per_host
        if not period:
            return
        key = f"nft:host:{hashlib.sha256(host.encode()).hexdigest()[:32]}"
        ends_at = self._clock() + seconds
        while not self._counter.add(key, 1, period):
            if self._clock() + POLL_SECONDS > ends_at:
                raise HostBusy(host)
            self._sleep(POLL_SECONDS)
