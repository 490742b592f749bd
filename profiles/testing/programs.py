"""Servers of tests, each a process of its own that ends with the tests, even if those are killed.

A server's module prints its URL and calls `serve_until_the_tests_end`, which waits for the end of its standard input.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

START_SECONDS, END_SECONDS = 60.0, 5.0


class ServerFailed(Exception):
    """A server of the tests did not start. The message includes the last lines of its log."""


class Server:
    """A running server. `url` is what it printed."""

    def __init__(self, module: str, *arguments: str, log: Path) -> None:
        """Start `module` and wait until it prints its URL. Raise ServerFailed."""
        command = [sys.executable, "-W", "ignore", "-m", module, *arguments]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=environment, text=True
            )
        self._stdin, self._stdout = _opened(self._process.stdin), _opened(self._process.stdout)
        self.url = self._read_url()
        if not self.url:
            self.kill()
            raise ServerFailed(f"{module} did not start. The last lines of its log, {log}:\n{_tail(log)}")

    def kill(self) -> None:
        """End the server. Repeating it is safe."""
        self._stdin.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._stdout.close()

    def _read_url(self) -> str:
        timer = threading.Timer(START_SECONDS, self._process.kill)
        timer.start()
        try:
            return self._stdout.readline().strip()
        finally:
            timer.cancel()


def serve_until_the_tests_end(url: str) -> None:
    """Print the URL of this process's server, and wait until the tests end, however they do."""
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()
    sys.stdin.read()


def _opened(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:  # never, as it was asked for
        raise ServerFailed("The process has no such pipe.")
    return pipe


def _tail(log: Path, lines: int = 8) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-lines:])
