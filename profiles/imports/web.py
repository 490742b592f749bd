"""Fetch pictures of the web politely, through the fetcher that an app registered (`profiles.sources`).

One request to a host at a time, with a pause after it; a host that says when to come again is left alone until then.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from urllib.parse import urlsplit

from profiles.errors import ExpectedError
from profiles.imports.entries import Outcome, Stopped, Unusable
from profiles.outages import outage_of
from profiles.sources import NOT_THERE, can_fetch_pictures, fetch_picture

#: Tries for one picture, and hosts that are asked at once: fetchers of a site have few places.
TRIES, AT_ONCE = 3, 2


class PoliteWeb:
    """Safe for use by several threads. `pause` is in seconds between two requests to a host."""

    def __init__(
        self,
        pause: float,
        patience: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`patience`: the most seconds that a host may ask to wait, before the import stops until later."""
        self._pause, self._patience = pause, patience
        self._clock, self._sleep = clock, sleep
        self._turns: dict[str, float] = {}
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._places = threading.BoundedSemaphore(AT_ONCE)

    def fetch(self, address: str) -> bytes | None:
        """Return the picture at an address, None if the host says that there is none.

        Raise Unusable if it can't be had, and Stopped if the host asks to wait for longer than our patience.
        """
        if not can_fetch_pictures():
            raise Unusable(Outcome.REFUSED, "No app that fetches pictures is installed (register_picture_fetcher).")
        host = _host_of(address)
        sentence = ""
        for attempt in range(TRIES):
            try:
                return self._ask(host, address)
            except ExpectedError as error:
                if error.is_a(NOT_THERE):
                    return None
                if error.permanent:
                    raise Unusable(Outcome.REFUSED, str(error)) from error
                if outage_of(error) is not None:
                    raise
                sentence = str(error)
                self._leave_alone(host, error.retry_after or self._pause * 4**attempt)
        raise Unusable(Outcome.UNREACHABLE, sentence)

    def _ask(self, host: str, address: str) -> bytes:
        with self._locks[host]:
            wait = self._turns.get(host, 0) - self._clock()
            if wait > self._patience:
                raise Stopped(f"{host} asks to wait {wait:.0f} seconds.")
            if wait > 0:
                self._sleep(wait)
            with self._places:
                try:
                    return fetch_picture(address)
                finally:
                    self._turns[host] = self._clock() + self._pause

    def _leave_alone(self, host: str, seconds: float) -> None:
        self._turns[host] = max(self._turns.get(host, 0), self._clock() + seconds)


def _host_of(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        raise Unusable(Outcome.REFUSED, "This is no web address.") from None
