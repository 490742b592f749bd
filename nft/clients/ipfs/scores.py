"""The order of gateways: those that recently sent false data come last, before them those that failed, then by speed.

Scores are kept in the cache, which all workers share. They are hints: without the cache the configured order is used.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.core.cache.backends.locmem import LocMemCache
from redis import RedisError

log = logging.getLogger(__name__)

LIE_REMEMBERED = 24 * 3600
FAILURE_REMEMBERED = 300
SPEED_REMEMBERED = 3600
_KINDS = ("lies", "failures", "seconds")
_NEW_SHARE = 0.3  # of the last fetch in the running mean of seconds
_NOTICEABLE = 0.25
"""Differences in seconds below this count as equal, and the configured order decides."""


class Memory(Protocol):
    """The part of Django's caches that is needed here."""

    def get_many(self, keys: Sequence[str]) -> dict[str, Any]: ...

    def add(self, key: str, value: float, timeout: int) -> bool: ...

    def incr(self, key: str) -> int: ...

    def set(self, key: str, value: float, timeout: int) -> None: ...


@dataclass(frozen=True)
class Score:
    """`lies` of a day, `failures` of five minutes, and how many `seconds` a whole file takes."""

    lies: int = 0
    failures: int = 0
    seconds: float = 0.0

    @property
    def rank(self) -> tuple[int, int, int]:
        """Smaller is better."""
        return self.lies, self.failures, int(self.seconds / _NOTICEABLE)


class GatewayScores:
    def __init__(self, memory: Memory | None = None) -> None:
        """`memory`: by default one that only this object uses."""
        self._memory: Memory = memory or LocMemCache(f"gateways-{uuid.uuid4()}", {})

    def in_order(self, urls: Sequence[str]) -> list[str]:
        scores = self.read(urls)
        return sorted(urls, key=lambda url: scores[url].rank)

    def read(self, urls: Iterable[str]) -> dict[str, Score]:
        urls = list(urls)
        try:
            found = self._memory.get_many([_key(url, what) for url in urls for what in _KINDS])
        except (RedisError, OSError):
            log.warning("The scores of IPFS gateways can't be read.", exc_info=True)
            found = {}
        return {url: Score(*(found.get(_key(url, what), 0) for what in _KINDS)) for url in urls}

    def record_lie(self, url: str) -> None:
        """Record that it sent bytes that do not hash to their CID."""
        self._count(_key(url, "lies"), LIE_REMEMBERED)

    def record_failure(self, url: str) -> None:
        self._count(_key(url, "failures"), FAILURE_REMEMBERED)

    def record_speed(self, url: str, seconds: float) -> None:
        """Record how long it took, or how long it had been at work when another was faster."""
        before = self.read([url])[url].seconds
        mean = before + _NEW_SHARE * (seconds - before) if before else seconds
        try:
            self._memory.set(_key(url, "seconds"), mean, SPEED_REMEMBERED)
        except (RedisError, OSError):
            log.warning("The speed of an IPFS gateway can't be kept.", exc_info=True)

    def _count(self, key: str, timeout: int) -> None:
        try:
            self._memory.add(key, 0, timeout)
            self._memory.incr(key)
        except ValueError:  # expired between the two
            return
        except (RedisError, OSError):
            log.warning("The score of an IPFS gateway can't be kept.", exc_info=True)


@functools.cache
def _key(url: str, what: str) -> str:
    return f"nft:gateway:{hashlib.sha256(url.encode()).hexdigest()[:32]}:{what}"
