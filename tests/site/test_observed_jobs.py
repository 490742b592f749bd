"""Real workers, beat and listener: what they log, count and how they show that they live."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from django.test import Client
from redis import Redis

from avatarsite.ops import heartbeats
from avatarsite.ops.counters import Total, read
from avatarsite.ops.ids import working_on
from avatarsite.queues import QUEUES
from localstack.processes import Running
from nft.testing.chain import Chain
from profiles.jobs import enqueue, get_job
from tests.servers.places import Places
from tests.servers.redis import RedisServer
from tests.servers.workers import Programs
from users.sign_in_log import forget_old

pytestmark = pytest.mark.django_db(transaction=True)
REQUEST = "0123456789abcdef0123456789abcdef"
JOB = get_job(forget_old).name


@pytest.fixture
def redis(redis_server: RedisServer) -> Iterator[Redis]:
    with redis_server.client() as client:
        yield client


def wait_for(what: Callable[[], Any], seconds: float = 40.0) -> Any:
    """Return the first true value of `what`."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, what
        time.sleep(0.1)
    return found


def lines_of(log: Path) -> list[dict[str, Any]]:
    """Return the JSON lines of a program's log. What a library prints before logging is set up is none."""
    return [json.loads(line) for line in log.read_text("utf-8").splitlines() if line.startswith("{")]


def job_lines(log: Path) -> list[dict[str, Any]]:
    """Return those of our two jobs: the listener wakes others, whose lines may come in between."""
    return [line for line in lines_of(log) if line["logger"] == "avatarsite.jobs" and line["job"] == JOB]


def counted(redis: Redis) -> dict[tuple[str, ...], float]:
    found: dict[tuple[str, ...], float] = {}
    for each in read(redis):
        value = each.value if isinstance(each, Total) else each.cumulative[-1]
        found[(each.metric.name, *each.labels)] = value
    return found


def parts(client: Client, role: str) -> tuple[int, dict[str, bool]]:
    answer = client.get(f"/readyz/{role}")
    return answer.status_code, answer.json()["parts"]


def test_real_programs_can_be_observed(
    programs: Programs, places: Places, chain: Chain, redis: Redis, client: Client
) -> None:
    """One test, because every program takes seconds to start."""
    for role in ("worker", "beat", "watcher"):
        assert parts(client, role)[0] == 503, role
    programs.settings["LOG_FORMAT"] = "json"
    programs.use_chain(chain.url, ws_url=chain.url.replace("http", "ws", 1))
    worker = programs.start_worker()
    programs.start_listener()
    with working_on(request_id=REQUEST):
        enqueue(forget_old)
        enqueue(forget_old, "an argument that it does not take")
    check_job_logs(places.log("worker-0"))
    check_job_counts(wait_for(lambda: found if (found := counted(redis)).get(("job_seconds", JOB)) == 2 else None))
    programs.start_beat()
    wait_for(lambda: parts(client, "beat") == (200, {"beat": True}))
    wait_for(lambda: parts(client, "watcher") == (200, {"31337": True}))
    wait_for(lambda: chain.mine() and 'avatarsite_listener_age_seconds{chain="31337"}' in metrics(client))
    assert "avatarsite_beat_age_seconds" in metrics(client)
    check_workers_are_missed(worker, redis, client)


def check_job_logs(log: Path) -> None:
    ended = wait_for(lambda: found if len(found := job_lines(log)) >= 2 else None)
    failed, done = sorted(ended, key=lambda line: line["outcome"])
    assert (done["job"], done["request_id"], done["queue"], done["outcome"]) == (JOB, REQUEST, "default", "ok")
    assert failed["outcome"] == "failed"
    assert done["job_id"] != failed["job_id"]
    assert done["duration_ms"] >= 0
    assert done["wait_ms"] >= 0
    (error,) = [line for line in lines_of(log) if "exception" in line and line["logger"] == "celery.app.trace"]
    assert (error["job_id"], error["request_id"]) == (failed["job_id"], REQUEST)
    assert "TypeError" in error["exception"]


def check_job_counts(found: dict[tuple[str, ...], float]) -> None:
    assert found[("jobs_total", JOB, "ok")] == found[("jobs_total", JOB, "failed")] == 1
    assert (found[("job_seconds", JOB)], found[("job_wait_seconds", "default")]) == (2, 2)


def check_workers_are_missed(worker: Running, redis: Redis, client: Client) -> None:
    """A worker repeats its sign of life, and is missed once it is dead."""
    assert parts(client, "worker")[0] == 200
    assert 'avatarsite_workers{queue="chain"} 1.0' in metrics(client)
    first = cast("dict[bytes, bytes]", redis.hgetall(heartbeats.KEY))
    name = next(name for name in first if name.startswith(b"worker|chain|"))
    wait_for(lambda: redis.hget(heartbeats.KEY, name) != first[name], 15)
    worker.kill()
    redis.hset(heartbeats.KEY, mapping={name: float(at) - heartbeats.GONE for name, at in first.items()})
    assert parts(client, "worker") == (503, dict.fromkeys(QUEUES, False))
    assert 'avatarsite_workers{queue="chain"} 0.0' in metrics(client)


def metrics(client: Client) -> str:
    return client.get("/metrics").content.decode()


def test_the_store_is_asked_for_the_web_and_not_each_time(client: Client, settings: Any) -> None:
    assert parts(client, "web") == (200, {"database": True, "cache": True, "store": True})
    assert client.get("/readyz").json()["parts"] == {"database": True, "cache": True}
    assert client.get("/readyz/nobody").status_code == 404


def test_what_hangs_is_not_waited_for(client: Client, redis_server: RedisServer) -> None:
    process = redis_server.running.process
    began = time.monotonic()
    process.send_signal(signal.SIGSTOP)
    try:
        assert client.get("/readyz").json()["parts"] == {"database": True, "cache": False}
        again = time.monotonic()
        assert parts(client, "worker")[0] == 503
        assert client.get("/metrics").status_code == 200
    finally:
        process.send_signal(signal.SIGCONT)
    assert again - began < 3, "2 s are promised"
    assert time.monotonic() - again < 8
    wait_for(lambda: client.get("/readyz").status_code == 200)
