"""The whole site as deploy/ ships it: every unit's own command, behind deploy/nginx.conf, on PostgreSQL."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass

import psycopg

from avatarsite.restart import is_ready
from bench.accounting import family, proportional_bytes
from bench.lanes import BenchError, Workspace, plain_environment, site_settings
from bench.processes import command_of
from localstack import binaries
from localstack.parts import BLOCK_TIME
from localstack.processes import Program, Running, free_port, tail
from tests.servers import places
from tests.servers.chain import start_chain
from tests.servers.nginx import start_nginx
from tests.servers.postgres import start_postgres
from tests.servers.redis import start_redis

OTHER_UNITS = (
    *(("avatarsite-worker@", kind) for kind in ("chain", "ipfs", "default")),
    ("avatarsite-beat", ""),
    ("avatarsite-listener", ""),
)
PATIENCE = 120.0


@dataclass(frozen=True)
class Shipped:
    """The running site. `url` is nginx's. `web`: the two web processes, `others`: all further units."""

    url: str
    chain_url: str
    environment: Mapping[str, str]
    database_url: str
    web: list[Running]
    others: list[Running]

    def connections(self) -> int:
        """Return how many connections the site has to PostgreSQL now, without the one that asks."""
        with psycopg.connect(self.database_url) as connection:
            found = connection.execute("SELECT numbackends - 1 FROM pg_stat_database WHERE datname = 'avatarsite'")
            row = found.fetchone()
        return int(row[0]) if row else 0

    def check(self) -> None:
        """Raise BenchError if a unit has ended."""
        for running in (*self.web, *self.others):
            if running.exit_code is not None:
                log = "\n".join(tail(running.program.log, 8))
                raise BenchError(f"“{running.program.name}” ended under load. The end of its log:\n{log}")


def memory_of(running: list[Running]) -> int:
    """Return the proportional memory (PSS) of these processes and of everything below them, in bytes."""
    return sum(proportional_bytes(pid) for pid in family([each.pid for each in running]))


def start_shipped(workspace: Workspace) -> Shipped:
    """Start all servers, prepare the database and the chain, and start every unit. Raises BenchError."""
    here = places.make()
    workspace.closing.callback(here.remove)
    chain = start_chain(here, here.chain_port, "--block-time", BLOCK_TIME)
    workspace.closing.callback(chain.running.kill)
    folder = workspace.folder
    database = start_postgres(folder / "pg", folder / "postgres.log")
    workspace.closing.callback(database.stop)
    redis = start_redis(folder / "redis.sock", folder / "redis", folder / "redis.log")
    workspace.closing.callback(redis.running.stop)
    database_url = f"postgresql://app@/avatarsite?host={folder / 'pg'}"
    ports, front = (free_port(), free_port()), free_port()
    environment = site_settings(folder / "data") | {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis.url,
        "AVATARSITE_CHAIN_PORT": str(here.chain_port),
        "SITE_ORIGIN": f"http://127.0.0.1:{front}",
        "TRUSTED_PROXY_COUNT": "1",
        "PYTHONUNBUFFERED": "1",
        "LOG_LEVEL": "WARNING",
    }
    (folder / "data").mkdir()
    _prepare(environment)
    nginx, _ = start_nginx(folder / "nginx", ports[0], folder / "data" / "static", other=ports[1], listen=front)
    workspace.closing.callback(nginx.stop)
    web = [_start(workspace, "avatarsite-web@", str(port), environment) for port in ports]
    others = [_start(workspace, unit, instance, environment) for unit, instance in OTHER_UNITS]
    site = Shipped(f"http://127.0.0.1:{front}", chain.url, environment, database_url, web, others)
    _wait_until_ready(site, ports)
    return site


def _prepare(environment: Mapping[str, str]) -> None:
    command = [binaries.python(), "-m", "localstack.prepare"]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=binaries.ROOT, env=plain_environment(**environment)
    )
    if done.returncode:
        raise BenchError(f"The site could not be prepared: {done.stderr[-1500:]}")


def _start(workspace: Workspace, unit: str, instance: str, environment: Mapping[str, str]) -> Running:
    state = workspace.folder / f"state-{unit}{instance}"
    state.mkdir()
    log = workspace.folder / f"{unit}{instance}.log"
    command = command_of(unit, instance, state)
    running = Running(Program(f"{unit}{instance}", command, log, plain_environment(**environment), binaries.ROOT))
    workspace.closing.callback(running.stop)
    return running


def _wait_until_ready(site: Shipped, ports: tuple[int, int]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not all(is_ready(port, "127.0.0.1") for port in ports):
        site.check()
        if time.monotonic() > deadline:
            raise BenchError(f"The web processes were not ready within {PATIENCE:.0f} s.")
        time.sleep(0.2)
