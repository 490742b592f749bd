"""The site's programs as in production, each a real process: Celery workers, beat and the chain listener."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from localstack import binaries
from localstack.processes import Program, Running
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from tests.servers.places import Places, on_sqlite
from tests.servers.redis import RedisServer

BEAT = ["-m", "celery", "--app", "avatarsite.beat"]


@dataclass
class Programs:
    """Programs on the test's database, queue and files. Killing one sends SIGKILL to its children, too."""

    places: Places
    chain: Chain
    settings: dict[str, str] = field(default_factory=dict)
    running: list[Running] = field(default_factory=list)

    def use_chain(self, rpc_url: str, **more: Any) -> None:
        """Use this node in programs started from now on."""
        chain = {"name": "Test chain", "rpc_urls": [rpc_url], **more}
        self.settings["NFT_CHAINS"] = json.dumps({CHAIN_ID: chain})

    def start_worker(self, kind: str = "all", *, processes: int = 2) -> Running:
        size = ["--processes", str(processes), "--name", self._name]
        return self._start("worker", "-m", "avatarsite.worker", kind, *size)

    def start_beat(self, schedule: Path | None = None) -> Running:
        """`schedule`: the file in which beat keeps when it last ran each job; by default a new one."""
        file = schedule or self.places.folder / self._name
        return self._start("beat", *BEAT, "beat", "-s", str(file), "--pidfile", "")

    def start_listener(self) -> Running:
        return self._start("listener", "-m", "avatarsite.listener")

    def end(self) -> None:
        for each in self.running:
            each.kill()

    @property
    def _name(self) -> str:
        return f"program-{len(self.running)}"

    def _start(self, name: str, *arguments: str) -> Running:
        environment = os.environ | {"DATABASE_URL": _database_url(self.places)} | self.settings
        log = self.places.log(f"{name}-{len(self.running)}")
        program = Program(name, [binaries.python(), *arguments], log, environment, binaries.ROOT)
        self.running.append(Running(program))
        return self.running[-1]


def _database_url(places: Places) -> str:
    name = connection.settings_dict["NAME"]
    return f"sqlite:///{name}" if on_sqlite() else f"postgresql://app@/{name}?host={places.postgres}"


@pytest.fixture
def programs(places: Places, chain: Chain, redis_server: RedisServer, transactional_db: None) -> Iterator[Programs]:
    programs = Programs(places, chain)
    programs.use_chain(chain.url)
    yield programs
    programs.end()
