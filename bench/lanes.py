"""Child processes of the bench: lanes, which are contestants of their own, and programs that measure and end.

A lane prints one line of JSON (facts about its work) when it is ready. For each line with a number on its standard
input it does that many operations and answers with a line. It ends when its input ends, hence also when we end.
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
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR")


class BenchError(Exception):
    """Something could not be measured. The message is a sentence with the reason."""


@dataclass(frozen=True)
class Workspace:
    """What a topic works with: a temporary folder, what to close at its end, the share of the full time that it may
    take (`haste`, 1: all of it), the number of people on the site, and of claims in topic `scale` (0: its own)."""

    folder: Path
    closing: ExitStack
    haste: float = 1.0
    profiles: int = 1000
    claims: int = 0


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


def node_peer(name: str, script: str, *arguments: str, unit: float = 1.0, options: Sequence[str] = ()) -> Peer:
    """`options`: Node's own options."""
    return Peer(name, [binaries.node(), *options, str(HERE / "peers" / script), *arguments], unit)


def site_settings(folder: Path) -> dict[str, str]:
    """Return the environment of a peer that uses the site's code; `folder` is its DATA_DIR."""
    return {"DJANGO_SETTINGS_MODULE": "avatarsite.settings", "LOCAL_STACK": "1", "DATA_DIR": str(folder)}


def plain_environment(**more: str) -> dict[str, str]:
    """Return an environment without the user's own settings of the site, which must not decide what is measured."""
    return {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ} | more


def run_peer(peer: Peer) -> dict[str, Any]:
    """Run a program that measures by itself, and return the facts in the last line that it prints (JSON).

    Raises BenchError with the end of its standard error if it fails.
    """
    done = subprocess.run(
        peer.command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE.parent,
        env=plain_environment(**peer.environment),
    )
    if done.returncode:
        raise BenchError(f"“{peer.name}” ended with exit code {done.returncode}: {done.stderr[-1500:]}")
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return facts


class Lane:
    """A running peer, as a contestant."""

    beside: Sequence[int] = ()

    def __init__(self, peer: Peer, workspace: Workspace) -> None:
        self.name = peer.name
        self._unit = peer.unit
        self._log = workspace.folder / f"lane-{time.monotonic_ns()}.log"
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
        workspace.closing.callback(self.close)
        self.facts: dict[str, Any] = json.loads(self._read())
        self._seconds_each = 0.0

    @property
    def roots(self) -> Sequence[int]:
        return (self._process.pid,)

    def work(self, seconds: float) -> float:
        calls = max(1, round(seconds / self._seconds_each)) if self._seconds_each else 1
        began = time.perf_counter()
        self._write(f"{calls}\n")
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

    def _write(self, text: str) -> None:
        if self._process.stdin is None:
            raise self._exit_error()
        try:
            self._process.stdin.write(text)
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise self._exit_error() from error

    def _read(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        if not line:
            raise self._exit_error()
        return line

    def _exit_error(self) -> BenchError:
        self._process.wait(10)
        log = "\n".join(tail(self._log, 8))
        return BenchError(f"“{self.name}” ended with exit code {self._process.returncode}. The end of its log:\n{log}")


def check_platform() -> None:
    """Raise BenchError on a machine on which nothing can be measured."""
    if sys.platform != "linux":
        raise BenchError("The bench reads Linux's CPU clocks of processes. Run it on Linux.")
    if len(os.sched_getaffinity(0)) < 2:
        raise BenchError("The servers and the load generator need one core each, and this machine has only one.")
