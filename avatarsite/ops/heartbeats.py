"""Signs of life of the processes besides the web: kept in Redis, by Redis' own clock.

A worker records one every PERIOD seconds, from the loop that takes jobs. Beat and the listener record one when they
queued a job: what they are there for.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import cast

from redis import Redis, RedisError

from avatarsite.ops.redis_client import get_redis

log = logging.getLogger(__name__)

KEY = "avatarsite:heartbeats"
PERIOD = 5.0
#: After so many seconds without a sign, a worker counts as gone.
GONE = 30.0
#: After so many seconds, a process is forgotten: somebody removed it.
FORGOTTEN = 86_400.0
BEAT, LISTENER, WORKER = "beat", "listener", "worker"


@dataclass(frozen=True)
class Heartbeat:
    """The newest sign of a process. `subject` is a worker's queue or a listener's chain; `host` tells workers apart."""

    part: str
    subject: str
    host: str
    age: float


def record(part: str, *subjects: str, host: str = "") -> None:
    """Record that this process lives. Only logs if Redis does not answer: the process has better things to do."""
    try:
        redis = get_redis()
        at = _now(redis)
        redis.hset(KEY, mapping={f"{part}|{subject}|{host}": at for subject in subjects or ("",)})
    except (RedisError, OSError) as error:
        log.warning("No heartbeat could be recorded (%s).", type(error).__name__)


def read(redis: Redis) -> list[Heartbeat]:
    """Return the newest sign of each process, and forget those that are long gone. Raises RedisError."""
    now = _now(redis)
    stored = cast("dict[bytes, bytes]", redis.hgetall(KEY))
    ages = {name.decode(): max(0.0, now - float(at)) for name, at in stored.items()}
    gone = [name for name, age in ages.items() if age > FORGOTTEN]
    if gone:
        redis.hdel(KEY, *gone)
    return [_parse(name, age) for name, age in sorted(ages.items()) if name not in gone]


def _parse(name: str, age: float) -> Heartbeat:
    part, subject, host = name.split("|", 2)
    return Heartbeat(part, subject, host, age)


def _now(redis: Redis) -> float:
    seconds, microseconds = redis.time()
    return seconds + microseconds / 1_000_000
