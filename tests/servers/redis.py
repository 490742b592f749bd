"""Redis on a unix socket, empty before each test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from localstack import binaries
from localstack.processes import Program, Running
from tests.servers.places import Places


@dataclass(frozen=True)
class RedisServer:
    socket: Path
    running: Running

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.socket), retry=Retry(NoBackoff(), 0))


def start_redis(socket: Path, folder: Path, log: Path, *, keep: bool = False) -> RedisServer:
    """Start Redis. With `keep`, it appends writes to a file in `folder` and loses at most a second when killed."""
    folder.mkdir(parents=True, exist_ok=True)
    durable = ["--appendonly", "yes"] if keep else ["--appendonly", "no"]
    command = [binaries.redis_server(), "--port", "0", "--unixsocket", str(socket), "--dir", str(folder), "--save", ""]
    server = RedisServer(socket, Running(Program("redis", [*command, *durable], log)))
    server.running.wait_until(lambda: answers(server), 10)
    return server


def answers(server: RedisServer) -> bool:
    with server.client() as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


@pytest.fixture(scope="session")
def redis_session(places: Places) -> Iterator[RedisServer]:
    server = start_redis(places.redis_socket, places.folder / "redis", places.log("redis"))
    yield server
    server.running.kill()


@pytest.fixture
def redis_server(redis_session: RedisServer) -> Iterator[RedisServer]:
    yield redis_session
    with redis_session.client() as client:
        client.flushall()
