"""A contestant that is a program of its own: we write how many operations to do, it answers when they are done.

It says one line of JSON (facts about its work) when it is ready, and ends when its input ends, so also with us.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localstack import binaries
from localstack.processes import tail

HERE = Path(__file__).resolve().parent
KEPT = ("PATH", "HOME", "LANG", "TMPDIR")


class BenchError(Exception):
    """Something could not be measured; the message is a sentence with the reason."""


@dataclass(frozen=True)
class Place:
    """Where a topic works: a temporary folder, what to close at the end, how long it may take (1: as recorded)."""

    folder: Path
    closing: ExitStack
    haste: float = 1.0
    profiles: int = 1000


@dataclass(frozen=True)
class Peer:
    """How to start a lane. One call of its work counts as `unit` operations."""

    name: str
    command: Sequence[str]
    unit: float = 1.0
    environment: Mapping[str, str] = field(default_factory=dict)


def python_peer(
    name: str, module: str, *arguments: str, unit: float = 1.0, environment: Mapping[str, str] | None = None
) -> Peer:
    return Peer(name, [binaries.python(), "-m", f"bench.peers.{module}", *arguments], unit, environment or {})


def node_peer(name: str, script: str, *arguments: str, unit: float = 1.0, before: Sequence[str] = ()) -> Peer:
    """`before`: Node's own options."""
    return Peer(name, [binaries.node(), *before, str(HERE / "peers" / script), *arguments], unit)


def site_settings(folder: Path) -> dict[str, str]:
    """For peers that use the site's code, which reads its settings from the environment."""
    return {"DJANGO_SETTINGS_MODULE": "avatarsite.settings", "LOCAL_STACK": "1", "DATA_DIR": str(folder)}


def plain_environment(**more: str) -> dict[str, str]:
    """Without the person's own settings of the site, which must not decide what is measured."""
    return {name: os.environ[name] for name in KEPT if name in os.environ} | more


class Lane:
    """A running peer, as a contestant."""

    beside: Sequence[int] = ()

    def __init__(self, peer: Peer, place: Place) -> None:
        self.name = peer.name
        self._unit = peer.unit
        self._log = place.folder / f"lane-{time.monotonic_ns()}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                peer.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=HERE.parent,
                env=plain_environment(**peer.environment),
                text=True,
            )
        place.closing.callback(self.close)
        self.facts: dict[str, Any] = json.loads(self._read())
        self._seconds_each = 0.0

    @property
    def roots(self) -> Sequence[int]:
        return (self._process.pid,)

    def work(self, seconds: float) -> float:
        calls = max(1, round(seconds / self._seconds_each)) if self._seconds_each else 1
        began = time.perf_counter()
        self._say(f"{calls}\n")
        self._read()
        self._seconds_each = (time.perf_counter() - began) / calls
        return calls * self._unit

    def close(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _say(self, text: str) -> None:
        if self._process.stdin is None:
            raise self._ended()
        try:
            self._process.stdin.write(text)
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise self._ended() from error

    def _read(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        if not line:
            raise self._ended()
        return line

    def _ended(self) -> BenchError:
        self._process.wait(10)
        said = "\n".join(tail(self._log, 8))
        return BenchError(f"“{self.name}” ended with {self._process.returncode}. Its last words:\n{said}")


def check_platform() -> None:
    """Raises BenchError where we can't measure."""
    if sys.platform != "linux":
        raise BenchError("The figures are taken from Linux's process clocks; run this on Linux.")
    if len(os.sched_getaffinity(0)) < 2:
        raise BenchError("The servers and those who load them need a core each, and this machine gives us one.")
