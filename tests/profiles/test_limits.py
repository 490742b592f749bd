from __future__ import annotations

import pytest
from django.core.cache import cache
from pytest_django import Settings

from profiles.limits import TooMany, spend
from profiles.problems import problem
from tests.servers.redis import RedisServer


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
        (key,) = client.keys("*limit:uploads:1")
        assert 0 < client.ttl(key) <= 3600
    cache.clear()
    spend("uploads", 1, 1)


def test_without_a_cache_nobody_is_refused_but_it_is_said(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    away = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "unix:///nowhere/redis.sock"}
    settings.CACHES = {"default": away}
    for _ in range(3):
        spend("uploads", 1, 1)
    assert "uploads are not counted" in caplog.text


def test_a_problem_has_the_four_members_of_the_rfc() -> None:
    response = problem(404, "no-picture", "Nobody.")
    assert response["Content-Type"] == "application/problem+json"
    assert response.content == (
        b'{"type": "/problems/no-picture", "title": "Not Found", "status": 404, "detail": "Nobody."}'
    )
