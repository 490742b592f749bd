"""Start the parts in order, watch them, and stop all of them when one ends or the operator asks.

Standard library only. It prints a line per part, then the site's address.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import NoReturn

from localstack import parts
from localstack.parts import Part
from localstack.processes import PartFailedError, Program, Running, is_listening, tail
from localstack.stack import Stack, StackError

DATA_NAMES = ("db.sqlite3*", "media", "mail", "redis", "redis.sock", "chain", "chain.json", "static", "beat", "log")
"""What the parts create in the data folder."""

STOP_TIMEOUT = 12.0
"""Seconds a part has to stop. A worker finishes its current task first."""


class StopRequested(BaseException):
    """Ctrl-C, SIGTERM or SIGHUP to the supervisor. It is no Exception, so that no `except` in between catches it."""


def run(stack: Stack, started_at: float) -> int:
    """Run until asked to stop (return 0) or until a part ends (return 1).

    `started_at` is the time.monotonic() at which the command started, for the line that says how long it took.
    """
    supervisor = Supervisor(stack)
    with _locked(stack), _stop_on_signals():
        try:
            supervisor.start()
            ready = f"avatarsite is ready at {stack.origin}"
            print(f"{ready} (after {time.monotonic() - started_at:.1f} s). Press Ctrl-C to stop.", flush=True)
            supervisor.watch()
        except StopRequested:
            print("\nStopping …", flush=True)
        except PartFailedError as error:
            print(f"Stopping everything: {error}", flush=True)
            return 1
        finally:
            supervisor.stop()
    return 0


def clean(stack: Stack) -> int:
    """Delete what `run` stored. DATA_DIR may have other files in it, so only names that `run` creates are removed."""
    with _locked(stack):
        for path in [found for name in DATA_NAMES for found in stack.data.glob(name)]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    print(f"Deleted the local site's data in {stack.data}")
    return 0


def check_ports(stack: Stack) -> None:
    """Raise StackError if another program uses one of the ports, on IPv4 or on IPv6 (`localhost` can mean either)."""
    for name, port in (("AVATARSITE_PORT", stack.web_port), ("AVATARSITE_CHAIN_PORT", stack.chain_port)):
        if not _is_free(port):
            raise StackError(
                f"Port {port} is taken by another program. Stop that one, or choose another port: "
                f"{name}={port + 1} make run"
            )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return not is_listening(port, "::1")


class Supervisor:
    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.running: list[Running] = []

    def start(self) -> None:
        self._start_all(parts.servers(self.stack))
        parts.finalize_chain(self.stack)
        self._prepare()
        self._start_all(parts.site(self.stack))
        self._start_all(parts.scheduler(self.stack))

    def watch(self) -> NoReturn:
        """Wait until a part ends, then raise PartFailedError."""
        while True:
            for running in self.running:
                if running.exit_code is not None:
                    raise PartFailedError(running.exit_report())
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop the site's programs first, which still need Redis and the chain to finish; then these two."""
        for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signal_number, self._stop_at_once)
        servers = {"redis", "chain"}
        _stop_together([running for running in self.running if running.program.name not in servers])
        _stop_together([running for running in self.running if running.program.name in servers])

    def _stop_at_once(self, _number: int, _frame: FrameType | None) -> None:
        for running in self.running:
            running.kill()

    def _start_all(self, wanted: Sequence[Part]) -> None:
        started = [(part, self._launch(part.program)) for part in wanted]
        for part, running in started:
            running.wait_until(part.is_ready, 60)
            print(f"  {part.program.name:8} {part.detail or 'started'}", flush=True)

    def _prepare(self) -> None:
        running = self._launch(parts.preparation(self.stack))
        while running.exit_code is None:
            time.sleep(0.05)
        if running.exit_code:
            raise PartFailedError(running.exit_report())
        self.running.remove(running)
        print(f"  prepared {' '.join(tail(running.program.log, 1))}", flush=True)

    def _launch(self, program: Program) -> Running:
        with contextlib.suppress(FileNotFoundError):
            program.log.replace(program.log.with_suffix(".log.1"))  # the log of the last run stays readable
        running = Running(program)
        self.running.append(running)
        return running


def _stop_together(running: Sequence[Running]) -> None:
    for each in running:
        each.ask_to_stop()
    deadline = time.monotonic() + STOP_TIMEOUT
    for each in running:
        each.stop(max(0.0, deadline - time.monotonic()))


@contextlib.contextmanager
def _stop_on_signals() -> Iterator[None]:
    def raise_stop(_number: int, _frame: FrameType | None) -> None:
        raise StopRequested

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, raise_stop)
    yield


@contextlib.contextmanager
def _locked(stack: Stack) -> Iterator[None]:
    """Hold the data folder's lock. Two stacks on one folder would corrupt each other's chain and queue."""
    stack.data.mkdir(parents=True, exist_ok=True)
    with (stack.data / "running.pid").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise StackError(
                f"avatarsite already runs on {stack.data} (process {lock.read().strip() or '?'}). "
                "Stop it first, or set DATA_DIR to another folder."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
