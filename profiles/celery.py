"""Run the jobs with Celery: one call gives an app of the project their tasks, queues and schedule, on any broker."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection
from datetime import timedelta
from typing import Any, NotRequired, TypedDict

from celery import Celery
from celery.signals import import_modules
from kombu.exceptions import KombuError, OperationalError

from profiles.jobs import Job, discover, get_jobs, queue_with, seconds_of
from profiles.outages import Outage

log = logging.getLogger(__name__)

#: The soft time limit ends this much earlier, so that the job can still record why it ended.
SOFT_LIMIT_MARGIN = timedelta(seconds=20)
#: Seconds to skip the broker after a failed connection (circuit breaker): each connection in vain takes seconds.
BROKER_PAUSE = 30.0
#: Celery's own name of the queue that workers read by default.
CELERY_QUEUE = "celery"


class SendOptions(TypedDict):
    """How beat sends a run. Beat does not load the jobs, so it must be told the queue."""

    queue: str
    expires: NotRequired[float]


class PeriodicRun(TypedDict):
    """An entry of Celery's beat schedule; `schedule` is its period in seconds."""

    task: str
    schedule: float
    options: SendOptions
    args: NotRequired[list[object]]


class CeleryQueue:
    """Queue runs with `app`. After a failed connection nobody waits for the broker again for BROKER_PAUSE."""

    def __init__(self, app: Celery, queues: Collection[str]) -> None:
        self.app, self.queues, self.skip_until = app, queues, 0.0

    def __call__(self, wanted: Job, args: tuple[object, ...], *, delay: float, expires: float | None) -> None:
        if time.monotonic() < self.skip_until:
            return
        queue, countdown = queue_of(wanted, self.queues, default_queue(self.app)), delay or None
        try:
            self.app.send_task(
                wanted.name, args=list(args), queue=queue, retry=False, countdown=countdown, expires=expires
            )
        except (KombuError, OperationalError, OSError) as error:
            self.skip_until = time.monotonic() + BROKER_PAUSE
            log.warning("The queue takes no work (%s); %s %s is queued again later.", error, wanted.name, *args[:1])


def configure(app: Celery, queues: Collection[str] = ()) -> CeleryQueue:
    """Let `app` run the jobs, and this process queue them with it. Call it where the app is made.

    queues: those that a worker of the project reads (docs/operate/processes.md). Jobs of all others go to the app's
    default queue. Workers and beat load the jobs once Django is set up; other processes only send their names.
    """
    queue = CeleryQueue(app, queues)
    queue_with(queue)

    def load(**_: object) -> None:
        discover()
        register(app, queues)

    import_modules.connect(load, sender=app, weak=False, dispatch_uid="profiles.celery")
    return queue


def register(app: Celery, queues: Collection[str] = ()) -> None:
    """Make a task of each declared job, and set their queues and the schedule of the periodic ones."""
    for declared in get_jobs():
        # Celery logs what it must expect without a traceback.
        options: dict[str, object] = {"name": declared.name, "throws": (Outage,)}
        if declared.time_limit is not None:
            options["time_limit"] = declared.time_limit.total_seconds()
            options["soft_time_limit"] = (declared.time_limit - SOFT_LIMIT_MARGIN).total_seconds()
        app.task(declared.run, **options)
    default = default_queue(app)
    app.conf.task_routes = _added(app.conf.task_routes, routes(queues, default))
    app.conf.beat_schedule = {**app.conf.beat_schedule, **schedule(queues, default)}


def routes(queues: Collection[str], default: str = CELERY_QUEUE) -> dict[str, dict[str, str]]:
    """Return each job's queue as Celery takes it."""
    return {declared.name: {"queue": queue_of(declared, queues, default)} for declared in get_jobs()}


def schedule(queues: Collection[str], default: str = CELERY_QUEUE) -> dict[str, PeriodicRun]:
    """Return the periodic runs as Celery's beat takes them."""
    entries: dict[str, PeriodicRun] = {}
    for declared in get_jobs():
        if declared.every is None:
            continue
        options: SendOptions = {"queue": queue_of(declared, queues, default)}
        if declared.expires is not None:
            options["expires"] = seconds_of(declared.expires)
        entry: PeriodicRun = {"task": declared.name, "schedule": seconds_of(declared.every), "options": options}
        if declared.each is None:
            entries[declared.name] = entry
        else:
            entries |= {f"{declared.name}({first})": {**entry, "args": [first]} for first in declared.each()}
    return entries


def queue_of(wanted: Job, queues: Collection[str], default: str) -> str:
    return wanted.queue if wanted.queue in queues else default


def default_queue(app: Celery) -> str:
    return str(app.conf.task_default_queue)


def _added(given: Any, ours: dict[str, dict[str, str]]) -> object:  # what Celery takes as routes
    """Return the project's own routes, in whatever form Celery takes them, and ours."""
    if not given or isinstance(given, dict):
        return {**(given or {}), **ours}
    return [*(given if isinstance(given, list | tuple) else [given]), ours]
