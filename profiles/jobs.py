"""Background jobs: declared where they are written, queued after commit, run by Celery's workers or by `run_jobs`.

The database is the truth and the queue only a hint: `profiles.row_queue` queues lost jobs again, so a broker that is
down never fails the request that wanted the work done. Nothing here imports Celery: see `profiles.celery`.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Protocol, TypeVar

from django.apps import apps
from django.core.cache import cache
from django.db import transaction
from django.db.models import Model
from django.utils.module_loading import import_string

from profiles import clock
from profiles.outages import CACHE_ERRORS, outage_of

log = logging.getLogger(__name__)

AnyFunction = Callable[..., object]
Function = TypeVar("Function", bound=AnyFunction)
Period = timedelta | Callable[[], timedelta]

DEFAULT_QUEUE = "default"
#: A periodic job that no worker took for so long is dropped: its next run does all that it would have done.
STALE_AFTER = timedelta(seconds=60)
#: A run that waits longer than this may be lost: another may be queued beside it.
WAITS_AT_MOST = timedelta(seconds=30)


@dataclass(frozen=True)
class Job:
    """One declared job. `name` is its Celery task name: the dotted path of the function."""

    name: str
    function: AnyFunction
    queue: str
    every: Period | None
    each: Callable[[], Iterable[object]] | None
    expires: Period | None
    time_limit: timedelta | None
    rows: type[Model] | None
    once: bool

    def run(self, *args: object) -> None:
        """Call the function with `args`, the present time as `now`, and what `provide` registered.

        Raise Outage where a part of the site is down: a periodic run comes again, and due rows are found again.
        """
        if self.once:
            _forget_waiting(self, args)  # first: what becomes due from here on needs another run
        wanted = signature(self.function).parameters
        given: dict[str, object] = {name: import_string(path)() for name, path in _PROVIDERS.items() if name in wanted}
        try:
            if "now" in wanted:
                given["now"] = clock.now()
            self.function(*args, **given)
            if self.rows is not None:
                for follow in _AFTER_ROWS:
                    follow(self)
        except Exception as error:
            outage = outage_of(error)
            if outage is None:
                raise
            log.error("%s ended early: %s", self.name, outage)  # noqa: TRY400 - the sentence says it all
            raise outage from None


_JOBS: dict[str, Job] = {}
_PROVIDERS: dict[str, str] = {}
_AFTER_ROWS: list[Callable[[Job], object]] = []


class Queue(Protocol):
    """What takes runs of jobs, to be made in another process or later. It raises nothing: the database is the truth."""

    def __call__(self, wanted: Job, args: tuple[object, ...], *, delay: float, expires: float | None) -> None: ...


class _Sending:
    queue: Queue | None = None


def queue_with(queue: Queue | None) -> None:
    """Let this process queue its runs with `queue`: with Celery (`profiles.celery`), or with that of `run_jobs`.

    Without one, `enqueue` queues nothing. Whatever runs jobs finds the due rows in the database by itself.
    """
    _Sending.queue = queue


def get_queue() -> Queue | None:
    return _Sending.queue


def job(
    *,
    queue: str = DEFAULT_QUEUE,
    every: Period | None = None,
    each: Callable[[], Iterable[object]] | None = None,
    expires: Period | None = STALE_AFTER,
    time_limit: timedelta | None = None,
    rows: type[Model] | None = None,
    once: bool = False,
) -> Callable[[Function], Function]:
    """Declare a function as a background job. The function itself stays as it is and can be called directly.

    every: the period of a periodic job; a callable is evaluated when the schedule is built (settings).
    each: first arguments of a periodic job, one scheduled run for each of them.
    expires: how long a periodic run may wait for a worker; None for ever.
    time_limit: replaces the site's limits for one run.
    rows: the model whose due rows this job works on, one by one: its argument is the primary key, and
    `profiles.row_queue.queue_due_rows` queues what was lost or must be retried.
    once: `enqueue` queues no run while another with the same arguments waits: for a job that finds its own work.
    """

    def declare(function: Function) -> Function:
        name = _name_of(function)
        _JOBS[name] = Job(name, function, queue, every, each, expires, time_limit, rows, once)
        return function

    return declare


def provide(name: str, path: str) -> None:
    """Pass the result of the function at the dotted `path` to every job that has a parameter called `name`."""
    _PROVIDERS[name] = path


def after_rows(follow: Callable[[Job], object]) -> None:
    """Call `follow` after each run of a job for single rows, with the job."""
    _AFTER_ROWS.append(follow)


def get_job(function: AnyFunction) -> Job:
    """Return the job that `function` was declared as. Raise KeyError."""
    return _JOBS[_name_of(function)]


def get_jobs() -> list[Job]:
    """Return every job declared so far. Complete only after `discover`."""
    return list(_JOBS.values())


def enqueue(function: AnyFunction, *args: object, delay: float = 0, expires: float | None = None) -> None:
    """Run a job once the current transaction is committed, at the earliest after `delay` seconds.

    args: JSON values and UUIDs. expires: seconds after which the job is useless.
    """

    get_job(function)  # raises here, not after the commit

    def send() -> None:  # a function with a name, which Django logs if it fails
        send_now(function, *args, delay=delay, expires=expires)

    transaction.on_commit(send, robust=True)


def send_now(function: AnyFunction, *args: object, delay: float = 0, expires: float | None = None) -> None:
    """Like `enqueue`, at once: for rows that are committed already."""
    wanted, queue = get_job(function), _Sending.queue
    if queue is not None and (not wanted.once or _set_waiting(wanted, args, delay)):
        queue(wanted, args, delay=delay, expires=expires)


def _waiting_key(wanted: Job, args: tuple[object, ...], delay: float = 0) -> str:
    """Return the key of a run in the cache. Delayed runs that are due in the same seconds share one."""
    due = f":{int(time.time() + delay) // 2}" if delay else ""
    return f"job:{wanted.name}:{json.dumps(args, default=str, separators=(',', ':'))}{due}"


def _set_waiting(wanted: Job, args: tuple[object, ...], delay: float) -> bool:
    """Return False if such a run waits already. Without a cache nobody knows, and one more does no harm."""
    try:
        return bool(cache.add(_waiting_key(wanted, args, delay), 1, delay + WAITS_AT_MOST.total_seconds()))
    except CACHE_ERRORS:
        return True


def _forget_waiting(wanted: Job, args: tuple[object, ...]) -> None:
    try:
        cache.delete(_waiting_key(wanted, args))
    except CACHE_ERRORS:
        log.warning("The cache is down: a run of %s may begin up to half a minute late.", wanted.name)


def discover() -> None:
    """Import every module of the installed apps that declares a job, and no other: some must not be in a worker.

    Workers and beat do this once at their start. A web process only sends names, and imports no job it doesn't use.
    A declaration is found by its text, `@job(` at the start of a line, in a module that imports it by name.
    """
    for config in apps.get_app_configs():
        root = Path(config.path)
        for path in sorted(root.rglob("*.py")):
            text = path.read_text("utf-8")
            if "\n@job(" in text and "from profiles.jobs import" in text:
                import_module(".".join((config.name, *path.relative_to(root).with_suffix("").parts)))


def _name_of(function: AnyFunction) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def seconds_of(period: Period) -> float:
    return (period if isinstance(period, timedelta) else period()).total_seconds()
