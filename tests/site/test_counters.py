"""What processes count is added up in Redis, at little cost, and survives a process."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest
from redis import ConnectionError as RedisConnectionError
from redis import Redis

from avatarsite.ops import counters as module
from avatarsite.ops.counters import BOUNDS, JOBS, REQUEST_SECONDS, REQUESTS, Counters, Distribution, Metric, Total, read
from tests.servers.redis import RedisServer

#: Microseconds of processor time that counting a request may take: the promise is 20, and test machines are busy.
MOST_MICROSECONDS = 60


@pytest.fixture
def redis(redis_server: RedisServer) -> Iterator[Redis]:
    with Redis(unix_socket_path=str(redis_server.socket), socket_timeout=0.3) as client:
        yield client


def totals(redis: Redis, metric: Metric) -> dict[tuple[str, ...], int]:
    return {each.labels: each.value for each in read(redis) if isinstance(each, Total) and each.metric == metric}


def by_hand(redis: Redis) -> Counters:
    """Return counters that only the test flushes."""
    return Counters(lambda: redis, period=3600)


def test_processes_add_up_and_a_killed_one_loses_only_its_last_seconds(redis: Redis) -> None:
    counters = by_hand(redis)
    counters.count(JOBS, "a", "ok")
    child = os.fork()
    if child == 0:  # another process, which inherits what its parent counted and must not send it again
        counters.count(JOBS, "a", "ok")
        counters.count(JOBS, "b", "failed")
        counters.flush()
        counters.count(JOBS, "a", "ok")
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert totals(redis, JOBS) == {("a", "ok"): 1, ("b", "failed"): 1}
    counters.flush()
    counters.flush()
    assert totals(redis, JOBS) == {("a", "ok"): 2, ("b", "failed"): 1}


def test_a_request_is_counted_in_its_bucket(redis: Redis) -> None:
    counters = by_hand(redis)
    for seconds in (0.004, 0.3, 0.3, 1000.0):
        counters.count_request("home", 200, seconds)
    counters.count_request("home", 503, 0.0)
    counters.flush()
    assert totals(redis, REQUESTS) == {("home", "2xx"): 4, ("home", "5xx"): 1}
    (found,) = [each for each in read(redis) if isinstance(each, Distribution)]
    assert (found.metric, found.labels) == (REQUEST_SECONDS, ("home",))
    up_to = dict(zip([*BOUNDS, None], found.cumulative, strict=True))
    assert (up_to[0.005], up_to[0.25], up_to[0.5], up_to[600.0], up_to[None]) == (2, 2, 4, 4, 5)
    assert found.seconds == pytest.approx(1000.604)


def test_counts_wait_for_a_redis_that_is_down(redis: Redis) -> None:
    with Redis(port=1) as nobody:
        answering = [nobody, redis]
        counters = Counters(lambda: answering.pop(0), period=3600)
        counters.count(JOBS, "a", "ok")
        counters.flush()
        counters.count(JOBS, "a", "ok")
        counters.flush()
    assert totals(redis, JOBS) == {("a", "ok"): 2}
    with pytest.raises(RedisConnectionError):
        nobody.ping()


def test_a_redis_that_hangs_never_gets_a_count_twice(redis: Redis, redis_server: RedisServer) -> None:
    counters = by_hand(redis)
    process = redis_server.running.process
    process.send_signal(signal.SIGSTOP)
    try:
        counters.count(JOBS, "a", "ok")
        for _ in range(3):
            counters.flush()
    finally:
        process.send_signal(signal.SIGCONT)
    counters.flush()
    time.sleep(0.2)
    assert totals(redis, JOBS).get(("a", "ok"), 0) <= 1


def test_counting_sends_by_itself(redis: Redis) -> None:
    counters = Counters(lambda: redis, period=0.05)
    counters.count(JOBS, "a", "ok")
    deadline = time.monotonic() + 10
    while totals(redis, JOBS) != {("a", "ok"): 1}:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert 0 < int(redis.ttl(module.KEY)) <= module.KEPT


def test_counting_costs_a_request_little(redis: Redis) -> None:
    counters = by_hand(redis)
    best = 1e9
    for _ in range(5):
        began = time.process_time()
        for number in range(2000):
            counters.count_request(f"view-{number % 50}", 200, 0.01)
        best = min(best, (time.process_time() - began) / 2000 * 1e6)
    assert best < MOST_MICROSECONDS
