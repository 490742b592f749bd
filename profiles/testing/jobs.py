"""Background jobs, run here and now as a worker runs them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import connections
from django.utils import timezone

from profiles import jobs
from profiles.job_runner import periodic_jobs
from profiles.jobs import Job, get_job, seconds_of
from profiles.outages import Outage
from profiles.row_queue import queue_due_rows

#: `jobs.discover` reads every file of the apps: once is enough.
_discover = functools.cache(jobs.discover)
#: Rounds after which jobs that queue each other without end are given up.
ENDLESS = 2000


def run(function: Callable[..., Any], *args: Any) -> None:
    """Run the job that `function` was declared as, with the real clock and the configured clients."""
    get_job(function).run(*args)


def queued_by_sweep(function: Callable[..., Any], now: datetime) -> list[Any]:
    """Let the sweep of due rows queue its jobs; return the keys of the rows it queued for `function`."""
    with mock.patch("profiles.row_queue.enqueue") as enqueue:
        queue_due_rows(now)
    return [call.args[1] for call in enqueue.call_args_list if call.args[0] is function]


@dataclass(frozen=True)
class Waiting:
    """A run that was queued."""

    job: Job
    args: tuple[object, ...]
    at: datetime


@dataclass
class Jobs:
    """The queue of a test. What is queued waits here until the test runs it, and time passes when the test says so.

    An outage that a job meets is no error: as in a worker, its work is found again later. Any other exception of a job
    is raised by the call that ran it.
    """

    waiting: list[Waiting] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    _passed: timedelta = timedelta(0)

    def run(self) -> None:
        """Run what waits and is due, and what that queues in turn, until nothing is left.

        Callbacks of `transaction.on_commit` run first: the transaction of a test is never committed.
        """
        for _ in range(ENDLESS):
            self._commit()
            if not self._run_due():
                queue_due_rows(timezone.now())
                self._commit()
                if not self._run_due():
                    return
        raise AssertionError(f"After {ENDLESS} rounds jobs still queue each other: {self.waiting[:3]}")

    def later(self, **delta: float) -> None:
        """Let so much time pass (`hours=1`), then run the periodic jobs whose period it is, and all that is due."""
        passed = timedelta(**delta)
        self._passed += passed
        _discover()
        for wanted, args in periodic_jobs():
            if wanted.every is not None and seconds_of(wanted.every) <= passed.total_seconds():
                self._run(wanted, args)
        self.run()

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take the place of the queue and of the clock."""
        real_now = timezone.now
        monkeypatch.setattr("profiles.jobs._Sending.queue", self._take)
        monkeypatch.setattr(timezone, "now", lambda: real_now() + self._passed)
        monkeypatch.setattr("profiles.clock.measure_skew", lambda: 0.0)  # the database's clock stands still

    def _take(self, wanted: Job, args: tuple[object, ...], *, delay: float, expires: float | None) -> None:
        self.waiting.append(Waiting(wanted, args, timezone.now() + timedelta(seconds=delay)))

    def _commit(self) -> None:
        for connection in connections.all(initialized_only=True):
            callbacks, connection.run_on_commit = connection.run_on_commit, []
            for callback in callbacks:
                callback[1]()

    def _run_due(self) -> bool:
        now = timezone.now()
        due = [each for each in self.waiting if each.at <= now]
        self.waiting = [each for each in self.waiting if each.at > now]
        for each in due:
            self._run(each.job, each.args)
        return bool(due)

    def _run(self, declared: Job, args: tuple[object, ...]) -> None:
        try:
            declared.run(*args)
        except Outage as outage:
            self.outages.append(outage)
