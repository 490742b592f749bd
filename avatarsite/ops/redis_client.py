"""The connection of counters and heartbeats to Redis. It gives up soon: nobody waits for either."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from redis import Redis

SECONDS = 1.0


def get_redis() -> Redis:
    """Return this process's client. Each of its calls raises RedisError after SECONDS at the latest."""
    return _client(settings.REDIS_URL)


@cache
def _client(url: str) -> Redis:
    return Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)
