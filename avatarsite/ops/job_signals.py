"""What Celery's signals tell about jobs: ids for the logs, counts and times, and signs of life.

Importing it connects the receivers. Workers, beat, the listener and the web processes all do: each of them queues jobs.
"""

from __future__ import annotations

import logging
import logging.config
import time
from typing import TYPE_CHECKING, Protocol

from celery import bootsteps, signals
from django.conf import settings

from avatarsite.ops import heartbeats
from avatarsite.ops.counters import JOB_SECONDS, JOB_WAIT_SECONDS, JOBS, counters
from avatarsite.ops.ids import get_ids, set_ids
from avatarsite.ops.traces import OFF, Work, tracer

if TYPE_CHECKING:
    from celery import Celery, Task
    from celery.worker.consumer import Consumer

log = logging.getLogger("avatarsite.jobs")

#: Headers of a queued job: the request that queued it, and when it was queued (time.time()).
REQUEST_ID, QUEUED_AT = "request_id", "queued_at"


class _Run:
    """The job that this process runs. A process of a worker runs one at a time."""

    began = 0.0  # time.perf_counter()
    waited: float | None = None  # seconds
    span: Work = OFF


@signals.setup_logging.connect
def _set_up_logging(**_: object) -> None:
    """Use our formats and LOG_LEVEL in Celery's programs, instead of Celery's own."""
    logging.config.dictConfig(settings.LOGGING)


@signals.before_task_publish.connect
def _write_headers(headers: dict[str, object], **_: object) -> None:
    headers[REQUEST_ID] = get_ids().get(REQUEST_ID, "")
    headers[QUEUED_AT] = time.time()
    tracer.write_headers(headers)


@signals.task_prerun.connect
def _begin(task_id: str, task: Task[..., object], **_: object) -> None:
    headers = task.request.headers or {}
    set_ids(job=str(task.name), job_id=task_id, request_id=str(headers.get(REQUEST_ID) or ""))
    _Run.waited = _seconds_waited(headers, task.request.eta)
    _Run.span = tracer.begin_job(str(task.name), headers)
    _Run.began = time.perf_counter()


@signals.task_postrun.connect
def _end(task: Task[..., object], retval: object = None, state: str | None = None, **_: object) -> None:
    seconds, name, queue = time.perf_counter() - _Run.began, str(task.name), _queue_of(task)
    outcome = "ok" if state == "SUCCESS" else _name_failure(retval)
    counters.count(JOBS, name, outcome)
    counters.observe(JOB_SECONDS, seconds, name)
    _Run.span.end_job(failed=outcome != "ok")
    facts: dict[str, object] = {"queue": queue, "outcome": outcome, "duration_ms": round(seconds * 1000, 1)}
    if _Run.waited is not None:
        counters.observe(JOB_WAIT_SECONDS, _Run.waited, queue)
        facts["wait_ms"] = round(_Run.waited * 1000)
    log.info("Job done.", extra=facts)
    set_ids()


@signals.worker_process_shutdown.connect
def _flush(**_: object) -> None:
    """Send what was counted: Celery ends its children without Python's own shutdown."""
    counters.flush()
    tracer.flush()


class Timer(Protocol):
    """What a consumer's timer returns for a repeated call."""

    def cancel(self) -> None: ...


class Heart(bootsteps.StartStopStep):
    """Record that this worker takes jobs, from the loop that takes them. Starts again with each connection."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Consumer, **_: object) -> None:
        self._timer: Timer | None = None

    def start(self, consumer: Consumer) -> None:
        self._beat(consumer)
        self._timer = consumer.timer.call_repeatedly(heartbeats.PERIOD, self._beat, (consumer,))

    def stop(self, consumer: Consumer) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _beat(self, consumer: Consumer) -> None:
        queues = [queue.name for queue in consumer.task_consumer.queues]  # type: ignore[attr-defined]
        heartbeats.record(heartbeats.WORKER, *queues, host=consumer.hostname)


def add_heart(app: Celery) -> None:
    app.steps["consumer"].add(Heart)


def _name_failure(error: object) -> str:
    """Tell a part of the site that is down, after which the job is tried again, from an error of ours."""
    from profiles.outages import Outage  # needs the database's library, which beat does not load

    return "outage" if isinstance(error, Outage) else "failed"


def _seconds_waited(headers: dict[str, object], eta: object) -> float | None:
    """Return how long the job waited for a worker, None for one that was delayed on purpose.

    The clocks of two machines may differ, so it is never below 0.
    """
    queued_at = headers.get(QUEUED_AT)
    return max(0.0, time.time() - queued_at) if isinstance(queued_at, int | float) and not eta else None


def _queue_of(task: Task[..., object]) -> str:
    found = (task.request.delivery_info or {}).get("routing_key")
    return str(found or "unknown")
