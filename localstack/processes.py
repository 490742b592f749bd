"""Programs we start: each in its own process group, none outliving us. Standard library only.

A program gets a group of its own, so that Ctrl-C reaches only the supervisor and the supervisor ends the rest in
order. On Linux the kernel also ends it when we are killed without a chance to clean up.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class PartFailedError(Exception):
    """A program ended, or never got ready; the message is a sentence with its last log lines."""


@dataclass(frozen=True)
class Program:
    """What to start. `stop_signal` is the one that makes it save and leave; the kernel sends `orphan_signal` when we
    die without stopping it. `user` is a uid, for root to step down."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    folder: Path | None = None
    user: int | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGTERM


class Running:
    """A started program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        program.log.parent.mkdir(parents=True, exist_ok=True)
        with program.log.open("ab") as log:
            self.process = subprocess.Popen(
                program.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(program.environment),
                cwd=program.folder,
                user=program.user,
                group=program.user,
                extra_groups=[] if program.user is not None else None,
                start_new_session=True,
                preexec_fn=partial(_end_with_parent, program.orphan_signal),  # noqa: PLW1509 - one system call, no lock
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self.process.poll()

    def wait_until(self, ready: Callable[[], bool], seconds: float = 30.0) -> None:
        """Returns once `ready()`; raises PartFailedError when the program ends before or `seconds` pass."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.exit_code is not None:
                raise PartFailedError(self.obituary())
            if time.monotonic() > deadline:
                raise PartFailedError(f"{self.program.name} was not ready after {seconds:.0f} s.{self._last_words()}")
            time.sleep(0.02)

    def obituary(self) -> str:
        return f"{self.program.name} ended {how_it_ended(self.exit_code)}.{self._last_words()}"

    def _last_words(self, lines: int = 8) -> str:
        said = [line for line in tail(self.program.log, lines) if line.strip()]
        where = f" Its log is {self.program.log}"
        return f"{where}, last lines:\n" + "\n".join(f"    {line}" for line in said) if said else f"{where} (empty)."

    def ask_to_stop(self) -> None:
        if self.exit_code is None:
            self.process.send_signal(self.program.stop_signal)

    def stop(self, patience: float = 10.0) -> None:
        """Asks, waits `patience` seconds, then ends the whole group."""
        self.ask_to_stop()
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            pass
        finally:
            self.kill()

    def kill(self) -> None:
        """Ends the program and whatever it left in its group, at once."""
        # PermissionError: what macOS says where only zombies are left.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def _end_with_parent(farewell: signal.Signals) -> None:
    """In the child: has the kernel send `farewell` when the supervisor dies."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, int(farewell), 0, 0, 0)


def how_it_ended(code: int | None) -> str:
    if code is None:
        return "without an exit code"
    if code < 0:
        return f"by signal {signal.Signals(-code).name}"
    return f"with exit code {code}"


def tail(path: Path, lines: int) -> list[str]:
    """The last lines of a log, read from its last 16 KiB."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 16 * 1024))
            return log.read().decode("utf-8", "replace").splitlines()[-lines:]
    except OSError:
        return []


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_listening(port: int, host: str = "127.0.0.1") -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.settimeout(1)
            return probe.connect_ex((host, port)) == 0
    except OSError:  # no such family here
        return False
