"""The confinement of a decoder's child, tried in a process of its own."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from profiles.decoding import DecoderSettings
from profiles.decoding.child_handle import Child

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"), reason="the filter is Linux's"
)

ATTEMPT = """
import sys
sys.path.insert(0, {root!r})
import os, pathlib, socket, subprocess, threading
from profiles.decoding.confinement import allow_memory, allow_processor_time, confine
assert confine(256 << 20, 1 << 30, 32)
try:
    {attempt}
except (OSError, MemoryError) as error:
    print(type(error).__name__)
else:
    print("done")
"""
ROOT = Path(__file__).parents[3]


def run(attempt: str) -> subprocess.CompletedProcess[str]:
    script = ATTEMPT.format(root=str(ROOT), attempt=attempt)
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.socket()",
        "socket.socket(socket.AF_UNIX)",
        "subprocess.run(['true'])",
        "os.execv('/bin/true', ['true'])",
        "os.fork()",
        "os.kill(os.getppid(), 0)",
        "open({place!r}, 'w')",
        "open({place!r}, 'a')",
        "open(f'/proc/{{os.getppid()}}/mem', 'r+b')",
        "os.unlink({place!r})",
        "os.rename({place!r}, {place!r} + '2')",
        "os.mkdir({place!r} + '2')",
        "os.chmod({place!r}, 0o777)",
        "os.truncate({place!r}, 0)",
        "pathlib.Path({place!r} + '2').symlink_to('/')",
    ],
)
def test_sockets_processes_and_writes_are_denied(attempt: str, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.write_text("kept")
    assert run(attempt.format(place=str(place))).stdout.strip() == "PermissionError"
    assert place.read_text() == "kept"


@pytest.mark.parametrize("attempt", ["open('/etc/hostname').read()", "threading.Thread(target=int).start()"])
def test_calls_that_decoders_need_are_allowed(attempt: str) -> None:
    assert run(attempt).stdout.strip() == "done"


def test_the_number_of_open_files_is_limited() -> None:
    assert run("[open('/dev/null') for _ in range(40)]").stdout.strip() == "OSError"


def test_the_memory_limit_counts_from_current_use() -> None:
    assert run("allow_memory(64 << 20); bytearray(80 << 20)").stdout.strip() == "MemoryError"
    assert run("allow_memory(64 << 20); bytearray(40 << 20)").stdout.strip() == "done"
    assert run("bytearray(2 << 30)").stdout.strip() == "MemoryError"


def test_no_later_limit_lifts_the_whole_memory_of_a_child() -> None:
    assert run("bytearray(150 << 20)").stdout.strip() == "done"
    assert run("bytearray(230 << 20)").stdout.strip() == "MemoryError"
    assert run("allow_memory(900 << 20); bytearray(230 << 20)").stdout.strip() == "MemoryError"


def test_exceeding_processor_time_ends_the_process() -> None:
    assert run("allow_processor_time(0); exec('while True: pass')").returncode == -24  # SIGXCPU


def test_a_child_reports_its_confinement_and_has_none_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "very secret")
    child = Child(DecoderSettings())
    try:
        assert child.confined
        assert b"secret" not in Path(f"/proc/{child.pid}/environ").read_bytes().lower()
        assert not any("socket" in str(link.readlink()) for link in Path(f"/proc/{child.pid}/fd").iterdir())
    finally:
        child.end()
