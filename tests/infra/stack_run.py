"""Run the local stack as an operator does, with its own ports and data folder."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from localstack.binaries import ROOT
from localstack.processes import free_port

PATIENCE = 90.0


@dataclass
class StackRun:
    data: Path
    web_port: int = field(default_factory=free_port)
    chain_port: int = field(default_factory=free_port)
    output_name: str = "output.txt"

    def start(self) -> None:
        settings = {
            "DATA_DIR": str(self.data),
            "AVATARSITE_PORT": str(self.web_port),
            "AVATARSITE_CHAIN_PORT": str(self.chain_port),
        }
        plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.data.mkdir(exist_ok=True)
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "localstack", "run"],
                cwd=ROOT,
                env=plain | settings,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while "is ready at" not in self.output:
            assert self.process.poll() is None, f"the stack ended: {self.output}"
            assert time.monotonic() < deadline, f"the stack was not ready in time: {self.output}"
            time.sleep(0.1)

    def wait(self) -> int:
        return self.process.wait(60)

    @property
    def output(self) -> str:
        return self._output.read_text(encoding="utf-8")

    def processes(self) -> dict[int, str]:
        """Return the command lines of running processes by id: those with this data folder in their environment."""
        mark = b"DATA_DIR=" + os.fsencode(self.data)
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:  # it ended, or belongs to another user
                continue
        return found

    def process_of(self, part: str) -> int:
        """Return the id of the first process whose command line contains `part`."""
        return min(pid for pid, command in self.processes().items() if part in command)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    @property
    def _output(self) -> Path:
        return self.data / self.output_name
