"""Check Redis, which holds the queues and the cache in one database, and the workers that listen to the queues."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from kombu.exceptions import OperationalError
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, AuthorizationError, RedisError, ResponseError
from redis.retry import Retry

from avatarsite.celery import app
from avatarsite.ops.deployment.findings import Finding, ok, unknown, wrong
from avatarsite.queues import QUEUES, WORKERS

PART = "redis"
SECONDS = 5
CLI = "redis-cli -a PASSWORD"


def check_redis() -> Iterator[Finding]:
    client = Redis.from_url(
        settings.REDIS_URL, socket_timeout=SECONDS, socket_connect_timeout=SECONDS, retry=Retry(NoBackoff(), 0)
    )
    with client:
        try:
            facts = dict(client.info())
        except (AuthenticationError, AuthorizationError):
            mend = "REDIS_URL='redis://:PASSWORD@127.0.0.1:6379/0', with the requirepass of redis.conf"
            yield wrong(PART, "Redis wants another password.", mend)
            return
        except (RedisError, OSError) as error:
            mend = "systemctl start redis-server (or valkey-server), and compare REDIS_URL"
            yield wrong(PART, f"Redis does not answer ({type(error).__name__}).", mend)
            return
        yield from _check_memory(facts)
        yield _check_persistence(facts)
        yield _check_write(client)
        yield _check_password(client)


def _check_memory(facts: dict[str, object]) -> Iterator[Finding]:
    policy, limit = facts.get("maxmemory_policy"), facts.get("maxmemory")
    if policy is None or limit is None:
        yield unknown(PART, "Redis does not say how much memory it may use.")
        return
    if policy != "noeviction":
        sentence = f"maxmemory-policy is {policy}: a full Redis would drop queues. The cache expires by itself."
        yield wrong(PART, sentence, f"{CLI} CONFIG SET maxmemory-policy noeviction, and CONFIG REWRITE")
    if not limit:
        sentence = "maxmemory is 0: Redis grows until the kernel ends it."
        yield wrong(PART, sentence, f"{CLI} CONFIG SET maxmemory 512mb, and CONFIG REWRITE")
    if policy == "noeviction" and limit:
        used = int(str(facts.get("used_memory", 0))) / int(str(limit))
        yield ok(PART, f"Redis evicts nothing; {used:.0%} of its maxmemory is used.")


def _check_persistence(facts: dict[str, object]) -> Finding:
    if facts.get("aof_enabled"):
        return ok(PART, "Queues survive a restart of Redis (appendonly).")
    sentence = "appendonly is off: a restart of Redis loses limits and queues. Due work is found again in the database."
    return wrong(PART, sentence, f"{CLI} CONFIG SET appendonly yes, and CONFIG REWRITE")


def _check_write(client: Redis) -> Finding:
    key = f"check_deploy:{uuid.uuid4()}"
    try:
        client.set(key, "1", ex=60)
        client.delete(key)
    except (RedisError, OSError) as error:
        sentence = f"Redis takes no writes: {str(error)[:200]}"
        return wrong(PART, sentence, "Free its memory or disk, and see `journalctl -u redis-server`")
    return ok(PART, "A key was written and removed.")


def _check_password(client: Redis) -> Finding:
    """Only a socket file needs none: every process of the machine, and maybe every host, reaches a port."""
    place = urlsplit(settings.REDIS_URL)
    if place.scheme == "unix" or place.password:
        return ok(PART, "Entering needs a password or the socket's permissions.")
    try:
        has_password = bool(dict(client.config_get("requirepass")).get("requirepass"))
    except (ResponseError, AuthorizationError):
        return unknown(PART, "Whether Redis needs a password can't be read.")
    if has_password:
        return ok(PART, "Entering needs a password.")
    mend = f"{CLI} CONFIG SET requirepass PASSWORD, CONFIG REWRITE, and put it into REDIS_URL"
    return wrong(PART, "Everybody who reaches the port may enter Redis: it has no password.", mend)


def check_workers() -> Iterator[Finding]:
    """Ask the workers which queues they take. A queue without a worker is work that nobody does."""
    try:
        answers = app.control.inspect(timeout=3.0).active_queues() or {}
    except (OperationalError, RedisError, OSError) as error:
        yield unknown("workers", f"The workers can't be asked ({type(error).__name__}).")
        return
    taken = {queue["name"] for queues in answers.values() for queue in queues}
    for queue in QUEUES:
        if queue in taken:
            yield ok("workers", f"A worker takes the queue {queue}.")
        else:
            kind = next(name for name, worker in WORKERS.items() if queue in worker.queues)
            mend = f"systemctl start avatarsite-worker@{kind}, and see `journalctl -u avatarsite-worker@{kind}`"
            yield wrong("workers", f"No worker takes the queue {queue}.", mend)
