"""Run jobs without Celery, in this process: periodic ones when their time comes, and due rows from the database.

Several runners may work beside each other, and beside Celery's workers: rows are leased, a period's run is made by
whoever is first where the cache is shared, and every job may be repeated.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event

from django.core.cache import cache
from django.db import close_old_connections
from django.utils import timezone

from profiles.jobs import Job, discover, get_jobs, get_queue, queue_with, seconds_of
from profiles.outages import CACHE_ERRORS, Outage, outage_of
from profiles.row_queue import queue_due_rows

log = logging.getLogger(__name__)

#: Seconds between two looks for due rows.
LOOK_EVERY = 1.0
#: After an error outside of a job, such as a database that is down, in seconds.
PAUSE = 5.0


@dataclass(order=True)
class Run:
    """A run that waits. `at` and `until` are of time.monotonic(); after `until` it is useless."""

    at: float
    number: int
    wanted: Job = field(compare=False)
    args: tuple[object, ...] = field(compare=False)
    until: float | None = field(compare=False)

    def __str__(self) -> str:
        return " ".join([self.wanted.name, *map(str, self.args)])


@dataclass
class Periodic:
    """A periodic job, and when its next period begins (time.time())."""

    wanted: Job
    args: tuple[object, ...]
    at: float = 0.0

    def begins(self) -> bool:
        """Return True once in each period, to one of several runners that share a cache.

        Periods are aligned to the clock, and so the same in all runners. Without a shared cache each makes its own run.
        """
        now, period = time.time(), seconds_of(self.wanted.every) if self.wanted.every else 1.0
        if now < self.at:
            return False
        number = int(now // period)
        self.at = (number + 1) * period
        try:
            return bool(cache.add(f"run:{self.wanted.name}:{'-'.join(map(str, self.args))}:{number}", 1, period + 1))
        except CACHE_ERRORS:
            return True


class Runner:
    """Runs are queued here too while it works. `say` takes a line for each run that did not just find nothing to do."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say
        self._waiting: list[Run] = []
        self._numbers = itertools.count()
        self._stop = Event()

    def stop(self) -> None:
        """Let the run that is under way end, and begin no other."""
        self._stop.set()

    def run_once(self) -> int:
        """Make one run of each periodic job, and all that is due. Return how many runs failed."""
        with self._queueing():
            for wanted, args in periodic_jobs():
                self._put(wanted, args)
            failed = self._run_waiting()
            while not self._stop.is_set() and queue_due_rows(timezone.now()):
                failed += self._run_waiting()
        return failed

    def run_forever(self) -> None:
        """Run what is due until `stop` is called. An outage is waited for."""
        with self._queueing():
            periodic = [Periodic(wanted, args) for wanted, args in periodic_jobs()]
            while not self._stop.is_set():
                try:
                    for each in periodic:
                        if each.begins():
                            self._put(each.wanted, each.args)
                    queue_due_rows(timezone.now())
                    self._run_waiting()
                    self._stop.wait(LOOK_EVERY)
                except Exception as error:
                    outage = outage_of(error)
                    if outage is None:
                        raise
                    self._say(f"{outage} We try again.")
                    self._stop.wait(PAUSE)

    @contextmanager
    def _queueing(self) -> Iterator[None]:
        """Take what this process queues, until the work ends."""
        discover()
        before = get_queue()
        queue_with(self._queue)
        try:
            yield
        finally:
            queue_with(before)

    def _queue(self, wanted: Job, args: tuple[object, ...], *, delay: float, expires: float | None) -> None:
        self._put(wanted, args, delay, expires)

    def _put(self, wanted: Job, args: tuple[object, ...], delay: float = 0, expires: float | None = None) -> None:
        at = time.monotonic() + delay
        until = None if expires is None else at + expires
        heapq.heappush(self._waiting, Run(at, next(self._numbers), wanted, args, until))

    def _run_waiting(self) -> int:
        """Make the runs whose time has come, those too that they queue. Return how many failed."""
        failed = 0
        while self._waiting and self._waiting[0].at <= time.monotonic() and not self._stop.is_set():
            run = heapq.heappop(self._waiting)
            if run.until is None or run.until > time.monotonic():
                failed += not self._make(run)
        return failed

    def _make(self, run: Run) -> bool:
        close_old_connections()
        began = time.monotonic()
        try:
            run.wanted.run(*run.args)
        except Outage:
            self._say(f"{run}: a part of the site is down; it is tried again.")
            return False
        except Exception:
            log.exception("%s failed", run)
            self._say(f"{run}: failed; the log says why.")
            return False
        finally:
            close_old_connections()
        if run.wanted.every is None:
            self._say(f"{run}: {time.monotonic() - began:.1f} s")
        return True


def periodic_jobs() -> Iterator[tuple[Job, tuple[object, ...]]]:
    """Return each run of a period, with its arguments, of all jobs declared so far."""
    for wanted in get_jobs():
        if wanted.every is not None and wanted.function is not queue_due_rows:  # the runner calls that by itself
            yield from ((wanted, (first,)) for first in wanted.each()) if wanted.each else [(wanted, ())]
