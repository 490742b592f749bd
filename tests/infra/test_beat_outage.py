"""Beat is dead for ten minutes. Its return queues each job once, and no more."""

from __future__ import annotations

import json
import shelve
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from avatarsite.beat import read_schedule
from avatarsite.queues import WORKERS
from tests.servers.redis import RedisServer
from tests.servers.workers import Programs

pytestmark = pytest.mark.long
DEAD = timedelta(minutes=10)
WATCHED = 5.0  # seconds after its return


def queued(server: RedisServer) -> Counter[str]:
    """Return how often each job is queued, with its arguments, while no worker takes any."""
    found: Counter[str] = Counter()
    with server.client() as redis:
        for queue in {queue for worker in WORKERS.values() for queue in worker.queues}:
            for message in redis.lrange(queue, 0, -1):
                headers = json.loads(message)["headers"]
                found[f"{headers['task']}{headers['argsrepr']}"] += 1
    return found


def test_a_beat_that_returns_queues_each_job_once(
    programs: Programs, redis_server: RedisServer, tmp_path: Path
) -> None:
    file = tmp_path / "schedule"
    beat = programs.start_beat(file)
    beat.wait_until(lambda: len(queued(redis_server)) > 3, 60)
    beat.kill()
    with redis_server.client() as redis:
        redis.flushall()
    with shelve.open(str(file), writeback=True) as kept:  # noqa: S301 - beat's own file
        for entry in kept["entries"].values():
            entry.last_run_at -= DEAD
    beat = programs.start_beat(file)
    beat.wait_until(lambda: len(queued(redis_server)) > 3, 60)
    time.sleep(WATCHED)
    beat.kill()
    periods = [run["schedule"] for run in read_schedule().values()]
    overdue = sum(period <= DEAD.total_seconds() for period in periods if isinstance(period, float))
    seen = queued(redis_server)
    assert len(seen) >= overdue, "what was missed is made up for at once"
    assert max(seen.values()) <= 1 + WATCHED / min(period for period in periods if isinstance(period, float)) + 1
