"""`make run`: start, repeated start, interruption and failures."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from avatarsite.web import STOP_SECONDS
from localstack.processes import free_port
from tests.infra.stack_run import PATIENCE, StackRun

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for left processes in /proc")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data folder for all of these tests, so that each start finds the data of the one before."""
    return tmp_path_factory.mktemp("stack")


@pytest.fixture
def stack(data: Path) -> Iterator[StackRun]:
    run = StackRun(data)
    run.start()
    yield run
    run.end()


def deployed(data: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads((data / "chain.json").read_text(encoding="utf-8"))
    return content


def handled(pid: int) -> set[int]:
    """Return the signals that a process has handlers for."""
    found = re.search(r"^SigCgt:\s*(\w+)$", Path(f"/proc/{pid}/status").read_text("ascii"), re.MULTILINE)
    assert found is not None
    return {number + 1 for number in range(64) if int(found[1], 16) >> number & 1}


def assert_all_end(stack: StackRun) -> None:
    # A web process that is told to end before it is ready doesn't hear it, and is killed after STOP_SECONDS.
    deadline = time.monotonic() + STOP_SECONDS + 30
    while left := stack.processes():
        assert time.monotonic() < deadline, f"still there: {left}"
        time.sleep(0.1)


def test_it_gets_ready_once_per_data_folder_and_ctrl_c_leaves_no_process(stack: StackRun) -> None:
    stack.wait_until_ready()
    for path in ("/", "/readyz", "/accounts/login/"):
        assert requests.get(f"http://localhost:{stack.web_port}{path}", timeout=10).status_code == 200
    second = StackRun(stack.data, output_name="second.txt")
    second.start()
    assert second.wait() == 1
    assert f"avatarsite already runs on {stack.data} (process {stack.process.pid})" in second.output
    assert {signal.SIGINT, signal.SIGTERM, signal.SIGHUP} <= handled(stack.process.pid)
    stack.process.send_signal(signal.SIGINT)
    assert stack.wait() == 0
    assert stack.processes() == {}
    lines = [line.split()[0] for line in stack.output.splitlines() if line.strip()]
    assert lines == ["redis", "chain", "prepared", "web", "worker", "beat", "listener", "avatarsite", "Stopping"]


def test_a_lost_chain_is_made_anew_and_a_part_that_dies_is_named_and_stops_everything(data: Path) -> None:
    before = deployed(data)
    shutil.rmtree(data / "chain")
    (data / "chain.json").unlink()
    run = StackRun(data)
    run.start()
    try:
        run.wait_until_ready()
        assert deployed(data) == before
        os.kill(run.process_of("avatarsite.worker all"), signal.SIGKILL)
        assert run.wait() == 1
        assert "Stopping everything: worker ended by signal SIGKILL. Its log is" in run.output
        assert_all_end(run)
    finally:
        run.end()


def test_nothing_outlives_a_supervisor_that_is_killed(stack: StackRun) -> None:
    deadline = time.monotonic() + PATIENCE
    while len(stack.processes()) <= 5:
        assert time.monotonic() < deadline, stack.output
        time.sleep(0.1)
    stack.process.kill()
    assert_all_end(stack)


@pytest.mark.parametrize("name", ["AVATARSITE_PORT", "AVATARSITE_CHAIN_PORT"])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_taken_port_is_one_clear_line_before_anything_starts(tmp_path: Path, name: str, host: str) -> None:
    port = free_port()
    run = StackRun(tmp_path / "data")
    setattr(run, "web_port" if name == "AVATARSITE_PORT" else "chain_port", port)
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as taken:
        taken.bind((host, port))
        taken.listen()
        run.start()
        assert run.wait() == 1
    assert run.output == (
        f"Port {port} is taken by another program. Stop that one, or choose another port: {name}={port + 1} make run\n"
    )
