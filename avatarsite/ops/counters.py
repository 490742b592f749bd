"""Counters and histograms of requests and jobs, of all processes together.

A process counts in its memory, and a thread of it adds what was counted to one hash in Redis every PERIOD seconds. So
any web process answers `/metrics` for the whole site, on however many machines, and counting costs a request a few
microseconds. A process that is killed loses at most its last PERIOD seconds. If Redis loses the hash, all counters
start again at 0, which Prometheus recognizes as a reset.
"""

from __future__ import annotations

import json
import logging
import os
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock, Thread
from typing import cast

from redis import Redis, RedisError
from redis.exceptions import TimeoutError as RedisTimeout

from avatarsite.ops.redis_client import get_redis

log = logging.getLogger(__name__)

KEY = "avatarsite:counters"
#: Without any traffic for so many seconds, the hash is forgotten.
KEPT = 7 * 86_400
PERIOD = 5.0
#: Upper bounds in seconds of the buckets of every histogram: from a cached page to a job at its time limit.
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 150.0, 600.0)
#: The bucket of what took longer, and the field of a histogram's sum in microseconds.
OVER, SUM = len(BOUNDS), "sum"


@dataclass(frozen=True)
class Metric:
    """A counter, or a histogram of seconds. The values of `labels` come from the code: views, jobs, queues."""

    name: str
    help: str
    labels: tuple[str, ...]


REQUESTS = Metric("requests_total", "Answered requests. class: 2xx, 3xx, 4xx or 5xx.", ("view", "class"))
REQUEST_SECONDS = Metric("request_seconds", "Seconds until a request was answered.", ("view",))
JOBS = Metric("jobs_total", "Jobs that ended. outcome: ok, outage or failed.", ("job", "outcome"))
JOB_SECONDS = Metric("job_seconds", "Seconds that a job ran.", ("job",))
JOB_WAIT_SECONDS = Metric("job_wait_seconds", "Seconds that a job waited for a worker.", ("queue",))
COUNTERS = {metric.name: metric for metric in (REQUESTS, JOBS)}
HISTOGRAMS = {metric.name: metric for metric in (REQUEST_SECONDS, JOB_SECONDS, JOB_WAIT_SECONDS)}

#: The metric's name, the values of its labels, and "" or a histogram's bucket or SUM.
Field = tuple[str, tuple[str, ...], int | str]


class Counters:
    """What this process counted since it last flushed. Thread safe; a fork starts with nothing counted."""

    def __init__(self, connect: Callable[[], Redis] = get_redis, period: float = PERIOD) -> None:
        self._connect = connect
        self._period = period
        self._lock = Lock()
        self._counted: Counter[Field] = Counter()
        self._has_thread = False
        os.register_at_fork(after_in_child=self._forget)

    def count(self, metric: Metric, *labels: str) -> None:
        self._add({(metric.name, labels, ""): 1})

    def observe(self, metric: Metric, seconds: float, *labels: str) -> None:
        self._add(_observation(metric, seconds, labels))

    def count_request(self, view: str, status: int, seconds: float) -> None:
        """Count a request and its time under one lock: this runs for each of them."""
        counted = _observation(REQUEST_SECONDS, seconds, (view,))
        counted[(REQUESTS.name, (view, f"{status // 100}xx"), "")] = 1
        self._add(counted)

    def flush(self) -> None:
        """Add what was counted to the hash. What could not be sent is kept for the next time.

        After a time-out nobody knows whether Redis added it; then it is dropped, because too few are better than twice.
        """
        with self._lock:
            counted, self._counted = self._counted, Counter()
        if not counted:
            return
        try:
            self._send(counted)
        except RedisTimeout:
            log.warning("Redis did not answer in time: the metrics of some seconds are lost.")
        except (RedisError, OSError):
            with self._lock:
                self._counted.update(counted)

    def _add(self, counted: dict[Field, int]) -> None:
        with self._lock:
            for field, by in counted.items():
                self._counted[field] += by
            if self._has_thread:
                return
            self._has_thread = True
        Thread(target=self._flush_forever, name="counters", daemon=True).start()

    def _send(self, counted: dict[Field, int]) -> None:
        with self._connect().pipeline(transaction=True) as pipeline:
            for field, by in counted.items():
                pipeline.hincrby(KEY, json.dumps(field), by)
            pipeline.expire(KEY, KEPT)
            pipeline.execute()

    def _flush_forever(self) -> None:
        while True:
            time.sleep(self._period)
            self.flush()

    def _forget(self) -> None:
        self._lock = Lock()
        self._counted = Counter()
        self._has_thread = False


counters = Counters()


@dataclass(frozen=True)
class Total:
    """The value of a counter for one combination of labels."""

    metric: Metric
    labels: tuple[str, ...]
    value: int


@dataclass(frozen=True)
class Distribution:
    """A histogram for one combination of labels: by bucket, the observations up to its bound; the last has all."""

    metric: Metric
    labels: tuple[str, ...]
    cumulative: list[int]
    seconds: float


def read(redis: Redis) -> Iterator[Total | Distribution]:
    """Yield everything that was counted. Raises RedisError."""
    stored = cast("dict[bytes, bytes]", redis.hgetall(KEY))
    buckets: dict[tuple[str, tuple[str, ...]], dict[int | str, int]] = {}
    for raw, value in stored.items():
        name, labels, part = json.loads(raw)
        if name in COUNTERS:
            yield Total(COUNTERS[name], tuple(labels), int(value))
        elif name in HISTOGRAMS:
            buckets.setdefault((name, tuple(labels)), {})[part] = int(value)
    for (name, labels), parts in buckets.items():
        yield Distribution(HISTOGRAMS[name], labels, _cumulate(parts), parts.get(SUM, 0) / 1_000_000)


def _observation(metric: Metric, seconds: float, labels: tuple[str, ...]) -> dict[Field, int]:
    bucket = bisect_left(BOUNDS, seconds)
    return {(metric.name, labels, bucket): 1, (metric.name, labels, SUM): round(max(seconds, 0) * 1_000_000)}


def _cumulate(parts: dict[int | str, int]) -> list[int]:
    found, total = [], 0
    for bucket in range(OVER + 1):
        total += parts.get(bucket, 0)
        found.append(total)
    return found
