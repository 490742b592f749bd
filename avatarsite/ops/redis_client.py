"""The connection of counters and heartbeats to Redis. It gives up soon: nobody waits for either."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

SECONDS = 1.0


def get_redis() -> Redis:
    """Return this process's client. Each of its calls raises RedisError after SECONDS at the latest."""
    return _client(settings.REDIS_URL)


@cache
def _client(url: str) -> Redis:
    # A connection that a restarted server closed is made again; a server that hangs is not asked twice.
    again = Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,))
    return Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS, retry=again)
