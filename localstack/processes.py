"""Start programs, each in its own process group, and stop them. Standard library only.

Ctrl-C reaches only the supervisor, not the groups of its programs, so that it can stop them in order. On Linux the
kernel also ends a program when the supervisor is killed and can't clean up.
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
    """A program ended or did not become ready. The message includes the last lines of its log."""


@dataclass(frozen=True)
class Program:
    """What to start. `stop_signal` asks the program to exit cleanly.

    The kernel sends `orphan_signal` if we are killed without stopping the program. `user` is the uid to run as; only
    root can set it.
    """

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
        """None while the program runs. Negative: the signal that ended it."""
        return self.process.poll()

    def wait_until(self, ready: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait until `ready()`. Raise PartFailedError if the program ends first or `seconds` pass."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.exit_code is not None:
                raise PartFailedError(self.exit_report())
            if time.monotonic() > deadline:
                raise PartFailedError(f"{self.program.name} was not ready after {seconds:.0f} s.{self._log_tail()}")
            time.sleep(0.02)

    def exit_report(self) -> str:
        return f"{self.program.name} ended {describe_exit(self.exit_code)}.{self._log_tail()}"

    def _log_tail(self, lines: int = 8) -> str:
        last = [line for line in tail(self.program.log, lines) if line.strip()]
        log = f" Its log is {self.program.log}"
        return f"{log}, last lines:\n" + "\n".join(f"    {line}" for line in last) if last else f"{log} (empty)."

    def ask_to_stop(self) -> None:
        if self.exit_code is None:
            self.process.send_signal(self.program.stop_signal)

    def stop(self, timeout: float = 10.0) -> None:
        """Ask the program to stop, wait up to `timeout` seconds, then kill its whole group."""
        self.ask_to_stop()
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            pass
        finally:
            self.kill()

    def kill(self) -> None:
        """Kill the program and everything left in its group."""
        # macOS raises PermissionError if only zombies are left.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def _end_with_parent(parent_death_signal: signal.Signals) -> None:
    """Make the kernel send this signal when the parent dies. Called in the child."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, int(parent_death_signal), 0, 0, 0)


def describe_exit(code: int | None) -> str:
    if code is None:
        return "without an exit code"
    if code < 0:
        return f"by signal {signal.Signals(-code).name}"
    return f"with exit code {code}"


def tail(path: Path, lines: int) -> list[str]:
    """Return the last lines of a log, from its last 16 KiB."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 16 * 1024))
            return log.read().decode("utf-8", "replace").splitlines()[-lines:]
    except OSError:
        return []


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_listening(port: int, host: str = "127.0.0.1") -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.settimeout(1)
            return probe.connect_ex((host, port)) == 0
    except OSError:  # this machine has no such address family
        return False
