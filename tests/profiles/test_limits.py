from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from pytest_django import Settings

from profiles.errors import ExpectedError
from profiles.limits import WIDER, TooMany, spend, spend_in_networks, spend_shared
from profiles.pictures.changing import NO_PICTURE
from profiles.problems import problem_response
from tests.servers.redis import RedisServer

AWAY = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "unix:///nowhere/redis.sock"}
NOW = datetime(2026, 11, 22, 12, 0, 20, tzinfo=UTC).timestamp()


def test_so_many_and_no_more(redis_server: RedisServer) -> None:
    for _ in range(3):
        spend("uploads", 1, 3)
    with pytest.raises(TooMany, match="more than 3 uploads in an hour") as refused:
        spend("uploads", 1, 3)
    assert not refused.value.permanent
    spend("uploads", 2, 3)


def test_the_count_ends_by_itself(redis_server: RedisServer) -> None:
    spend("uploads", 1, 1)
    with redis_server.client() as client:
        (key,) = client.keys("*limit:uploads:*")
        assert 0 < client.ttl(key) <= 3601
    cache.clear()
    spend("uploads", 1, 1)


def test_without_a_cache_nobody_is_refused_but_it_is_said(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.CACHES = {"default": AWAY}
    for _ in range(3):
        spend("uploads", 1, 1)
    assert "uploads are not counted" in caplog.text


def test_where_counting_is_required_a_missing_cache_refuses(settings: Settings) -> None:
    settings.CACHES = {"default": AWAY}
    with pytest.raises(ExpectedError, match="Nobody can do that now") as refused:
        spend("knocks", "alice", 1, if_cache_is_down="Nobody can do that now.")
    assert (refused.value.slug, refused.value.status) == ("temporarily-unavailable", 503)
    assert not refused.value.permanent


@pytest.mark.usefixtures("redis_server")
class TestWindows:
    @pytest.fixture(autouse=True)
    def twice_a_minute(self, settings: Settings) -> None:
        settings.AVATAR_RATE_LIMITS = {"knock": (2, 60), "ring": (1, 60)}

    def test_past_the_limit_one_has_to_wait_for_the_next_window(self) -> None:
        for _ in range(2):
            spend("knock", "alice", 100, now=NOW)
        with pytest.raises(TooMany) as refusal:
            spend("knock", "alice", 100, now=NOW)
        assert refusal.value.retry_after == 40
        assert "Wait 40 seconds" in refusal.value.sentence
        spend("knock", "alice", 100, now=NOW + 40)

    def test_nobody_spends_for_another_or_for_something_else(self) -> None:
        spend("ring", "alice", 100, now=NOW)
        spend("ring", "bob", 100, now=NOW)
        spend("knock", "alice", 100, now=NOW)
        with pytest.raises(TooMany):
            spend("ring", "alice", 100, now=NOW)


def tries(what: str, network: tuple[str, ...], count: int = 0, share: int = 0) -> int:
    """How many tries of a visitor are let through."""
    for number in range(100):
        try:
            if count:
                spend_shared(what, "", network, count, share, now=NOW)
            else:
                spend_in_networks(what, network, 3, now=NOW)
        except TooMany:
            return number
    return 100


@pytest.mark.usefixtures("redis_server")
class TestNetworks:
    def test_one_address_leaves_to_its_neighbors_what_is_theirs(self) -> None:
        assert tries("knock", ("10.0.0.1/32", "10.0.0.0/24")) == 3
        assert tries("knock", ("10.0.0.2/32", "10.0.0.0/24")) == 3

    def test_all_addresses_of_a_network_together_have_a_limit(self) -> None:
        let = [tries("knock", (f"10.0.0.{host}/32", "10.0.0.0/24")) for host in range(10)]
        assert sum(let) == 3 * WIDER
        assert tries("knock", ("10.0.1.1/32", "10.0.1.0/24")) == 3

    def test_what_everybody_shares_is_closed_to_nobody(self) -> None:
        assert tries("ring", ("10.0.0.1/32", "10.0.0.0/24"), count=20, share=2) == 20 + 2
        assert tries("ring", ("10.0.1.1/32", "10.0.1.0/24"), count=20, share=2) == 2
        let = [tries("ring", (f"10.0.2.{host}/32", "10.0.2.0/24"), count=20, share=2) for host in range(10)]
        assert sum(let) == 2 * WIDER


def test_a_problem_has_the_four_members_of_the_rfc() -> None:
    response = problem_response(ExpectedError("Nobody.", NO_PICTURE))
    assert response["Content-Type"] == "application/problem+json"
    assert response.content == (
        b'{"type": "/problems/no-picture", "title": "No picture", "status": 404, "detail": "Nobody."}'
    )
