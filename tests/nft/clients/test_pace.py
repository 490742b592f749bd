"""Rate limits for strangers' hosts: one for each, one for all, shared by every worker."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache

from nft.clients.transport.errors import HOST_BUSY
from nft.clients.web.addresses import OutboundRules, parse_networks
from nft.clients.web.fetch import FetchLimits, GuardedHttp
from nft.clients.web.pace import Budget, Pace
from tests.kit.errors import raises_kind
from tests.kit.hostile_server import head, serving
from tests.servers.redis import RedisServer


class Time:
    """A clock that only `sleep` moves."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Memory:
    """A cache whose keys expire by that clock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[int, float]] = {}

    def add(self, key: str, value: int, timeout: int) -> bool:
        if key in self._kept and self._kept[key][1] > self._clock():
            return False
        self._kept[key] = (value, self._clock() + timeout)
        return True

    def incr(self, key: str) -> int:
        value, until = self._kept[key]
        self._kept[key] = (value + 1, until)
        return value + 1


@pytest.fixture
def clock() -> Time:
    return Time()


def pace(clock: Time, **budget: Any) -> Pace:
    return Pace(Memory(clock), Budget(**budget), clock, clock.sleep)


def test_one_host_is_asked_once_a_second_and_others_meanwhile(clock: Time) -> None:
    turns = pace(clock)
    asked = []
    for host in ("a.example", "a.example", "b.example", "a.example"):
        turns.wait_for_turn(host, 10)
        asked.append((host, clock.now))
    times = [at for host, at in asked if host == "a.example"]
    assert all(later - earlier >= 1 for earlier, later in itertools.pairwise(times))
    assert asked[2][1] == times[1]


def test_a_turn_that_is_too_far_away_is_refused(clock: Time) -> None:
    turns = pace(clock, seconds_per_host=60)
    turns.wait_for_turn("a.example", 10)
    before = clock.now
    with raises_kind(HOST_BUSY) as caught:
        turns.wait_for_turn("a.example", 10)
    assert not caught.value.permanent
    assert clock.now - before <= Budget.patience
    with raises_kind(HOST_BUSY):
        turns.wait_for_turn("a.example", 0.01)


def test_all_hosts_together_have_a_budget_per_minute(clock: Time) -> None:
    turns = pace(clock, per_minute=5)
    for number in range(5):
        turns.wait_for_turn(f"{number}.example", 1)
    with raises_kind(HOST_BUSY):
        turns.wait_for_turn("sixth.example", 1)
    clock.sleep(60)
    turns.wait_for_turn("sixth.example", 1)


def test_without_a_budget_nothing_waits(clock: Time) -> None:
    turns = pace(clock, seconds_per_host=0)
    for _ in range(50):
        turns.wait_for_turn("a.example", 1)
    assert clock.now == 1_000_000.0


def test_without_the_cache_no_request_is_allowed(clock: Time) -> None:
    class Dead(Memory):
        def add(self, *_: Any, **__: Any) -> bool:
            raise ConnectionError

    with raises_kind(HOST_BUSY):
        Pace(Dead(clock), Budget(), clock, clock.sleep).wait_for_turn("a.example", 1)


def test_each_hop_of_a_redirect_takes_a_turn() -> None:
    def behave(connection: Any, path: str) -> None:
        connection.sendall(head("302 Found", Location="/again", Content_Length="0"))

    turns = Pace(LocMemCache("hops", {}), Budget(seconds_per_host=60, patience=0.0))
    rules = OutboundRules(frozenset({"http"}), None, allowed=parse_networks(["127.0.0.0/8", "::1/128"]))
    with serving(behave) as server, raises_kind(HOST_BUSY):
        GuardedHttp(rules, pace=turns).fetch(server.url(), FetchLimits(100, 5))
    assert server.paths == ["/"]


def test_workers_take_turns_through_redis(redis_server: RedisServer) -> None:
    turns: list[float] = []

    def work() -> None:
        Pace(caches.create_connection("default"), Budget(patience=30)).wait_for_turn("a.example", 30)
        turns.append(time.monotonic())

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert len(turns) == 3
    # Redis counts from the turn, we from when a thread noted it, which a busy machine delays: hence not quite 2 s.
    assert max(turns) - min(turns) >= 1.5
