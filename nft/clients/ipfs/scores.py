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
from typing import Protocol

from django.core.cache.backends.locmem import LocMemCache

from profiles.outages import CACHE_ERRORS

log = logging.getLogger(__name__)

FALSE_DATA_SECONDS = 24 * 3600
FAILURE_SECONDS = 300
SPEED_SECONDS = 3600
_PARTS = ("false-data", "failures", "seconds")
_NEW_SHARE = 0.3  # of the last fetch in the running mean of seconds
_NOTICEABLE = 0.25
"""Differences in seconds below this count as equal, and the configured order decides."""


class ScoreCache(Protocol):
    """The part of Django's caches that is needed here."""

    def get_many(self, keys: Sequence[str]) -> dict[str, float]: ...

    def add(self, key: str, value: float, timeout: int) -> bool: ...

    def incr(self, key: str) -> int: ...

    def set(self, key: str, value: float, timeout: int) -> None: ...


@dataclass(frozen=True)
class Score:
    """False answers of a day, failures of five minutes, and how many seconds a whole file takes."""

    false_data: int = 0
    failures: int = 0
    seconds: float = 0.0

    @property
    def rank(self) -> tuple[int, int, int]:
        """Smaller is better."""
        return self.false_data, self.failures, int(self.seconds / _NOTICEABLE)


class GatewayScores:
    def __init__(self, cache: ScoreCache | None = None) -> None:
        """`cache`: by default one that only this object uses."""
        self._cache: ScoreCache = cache or LocMemCache(f"gateways-{uuid.uuid4()}", {})

    def in_order(self, urls: Sequence[str]) -> list[str]:
        scores = self.read(urls)
        return sorted(urls, key=lambda url: scores[url].rank)

    def read(self, urls: Iterable[str]) -> dict[str, Score]:
        urls = list(urls)
        try:
            found = self._cache.get_many([_key(url, what) for url in urls for what in _PARTS])
        except CACHE_ERRORS:
            log.warning("The scores of IPFS gateways can't be read.", exc_info=True)
            found = {}
        scores = {}
        for url in urls:
            false_data, failures, seconds = (found.get(_key(url, what), 0) for what in _PARTS)
            scores[url] = Score(int(false_data), int(failures), seconds)
        return scores

    def record_false_data(self, url: str) -> None:
        """Record that it sent bytes that do not hash to their CID."""
        self._count(_key(url, "false-data"), FALSE_DATA_SECONDS)

    def record_failure(self, url: str) -> None:
        self._count(_key(url, "failures"), FAILURE_SECONDS)

    def record_speed(self, url: str, seconds: float) -> None:
        """Record how long it took, or how long it had been at work when another was faster."""
        before = self.read([url])[url].seconds
        mean = before + _NEW_SHARE * (seconds - before) if before else seconds
        try:
            self._cache.set(_key(url, "seconds"), mean, SPEED_SECONDS)
        except CACHE_ERRORS:
            log.warning("The speed of an IPFS gateway can't be stored.", exc_info=True)

    def _count(self, key: str, timeout: int) -> None:
        try:
            self._cache.add(key, 0, timeout)
            self._cache.incr(key)
        except ValueError:  # expired between the two
            return
        except CACHE_ERRORS:
            log.warning("The score of an IPFS gateway can't be stored.", exc_info=True)


@functools.cache
def _key(url: str, what: str) -> str:
    return f"nft:gateway:{hashlib.sha256(url.encode()).hexdigest()[:32]}:{what}"
