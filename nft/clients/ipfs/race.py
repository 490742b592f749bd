"""Fetching one file from several gateways: the next one starts when those before it are slow or have failed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from nft.clients.ipfs.reading import FileFetch
from nft.clients.ipfs.scores import GatewayScores
from nft.clients.transport.deadline import Cancellation
from nft.clients.transport.errors import BAD_RESPONSE, FetchError, host_of
from nft.clients.transport.guard import blaming
from nft.core.errors import InvalidIdentifier
from nft.core.ipfs.errors import BlockMismatch, CarError, DagError
from profiles.errors import ExpectedError
from profiles.sentences import gettext as _

log = logging.getLogger(__name__)

FALSE_DATA = (BlockMismatch, CarError, InvalidIdentifier)
FetchAll = Callable[[str, FileFetch, Cancellation], None]


class Race:
    """Ends when the file is complete, when the verified blocks show that there is none, or when all have failed."""

    def __init__(self, fetch_all: FetchAll, scores: GatewayScores, fetch: FileFetch) -> None:
        self._fetch_all = fetch_all
        self._scores = scores
        self._fetch = fetch
        self._cancellation = Cancellation()
        self._changed = threading.Condition()
        self._running = 0
        self._is_decided = False
        self._error: BaseException | None = None

    def run(self, urls: Sequence[str], delay: float) -> None:
        """Fetch what is missing. Raises IpfsUnavailable at the deadline, or the DagError that the blocks lead to."""
        if len(urls) == 1:
            self._running = 1
            self._attempt(urls[0])
        else:
            self._run_in_parallel(urls, delay)
        if self._error is not None:
            raise self._error
        self._fetch.seconds_left()

    def _run_in_parallel(self, urls: Sequence[str], delay: float) -> None:
        try:
            for url in urls:
                with self._changed:
                    self._running += 1
                    running = self._running
                threading.Thread(target=self._attempt, args=(url,), daemon=True, name="ipfs-gateway").start()
                if self._wait(delay, at_least=running):
                    return
            self._wait(self._fetch.limits.seconds, at_least=1)
        finally:
            self._cancellation.cancel()

    def _wait(self, seconds: float, *, at_least: int) -> bool:
        """Wait up to `seconds` while at least `at_least` fetches run, and return whether the race is decided."""
        ends_at = time.monotonic() + min(seconds, self._fetch.seconds_left())
        with self._changed:
            while not self._is_decided and self._running >= at_least and (left := ends_at - time.monotonic()) > 0:
                self._changed.wait(left)
            return self._is_decided

    def _attempt(self, url: str) -> None:
        is_decided, failure = True, None
        try:
            is_decided = self._ask(url)
        except BaseException as error:  # noqa: BLE001 - a thread must not lose it: a DagError, or a bug
            failure = error
        self._end(is_decided=is_decided, error=failure)

    def _ask(self, url: str) -> bool:
        """Return whether this gateway delivered everything. Raises the DagError that the verified blocks lead to.

        Anything else is the gateway's failure, so that none of them decides for the others.
        """
        began = time.monotonic()
        try:
            with blaming(lambda: FetchError(_("It answered with what can't be used."), BAD_RESPONSE)):
                self._fetch_all(url, self._fetch, self._cancellation)
        except ExpectedError as error:
            if isinstance(error, DagError) and not isinstance(error, BlockMismatch):
                raise
            self._record_failure(url, error, time.monotonic() - began)
            return False
        self._scores.record_speed(url, time.monotonic() - began)
        return True

    def _record_failure(self, url: str, error: Exception, seconds: float) -> None:
        if self._cancellation.is_canceled:
            self._scores.record_speed(url, seconds)  # it was canceled: a lower bound
            return
        log.warning("IPFS gateway %s failed for %s: %s", host_of(url), self._fetch.root, error)
        if isinstance(error, FALSE_DATA):
            self._scores.record_false_data(url)
        else:
            self._scores.record_failure(url)
        self._fetch.drop_unwanted()

    def _end(self, *, is_decided: bool, error: BaseException | None) -> None:
        with self._changed:
            self._running -= 1
            if is_decided and not self._is_decided:
                self._is_decided, self._error = True, error
            self._changed.notify_all()
