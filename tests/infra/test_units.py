"""The systemd units take away what the site does not need. The deploy guide's test runs the site under them."""

from __future__ import annotations

import re
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

from avatarsite.restart import OTHERS, WEB
from localstack import binaries
from localstack.binaries import ROOT

UNITS = ROOT / "deploy" / "systemd"
NAMES = sorted(path.name for path in UNITS.glob("*.service"))
#: systemd's own rating: from 0, confined, to 10, anything allowed. It calls up to 4 OK.
MOST = 3.0


def rate(folder: Path, name: str) -> float:
    """Return how exposed systemd says that a unit is, with the drop-ins beside it, copied to `folder`."""
    shutil.copytree(UNITS, folder / "etc" / "systemd" / "system")
    command = [binaries.systemd_analyze(), "security", "--offline=yes", f"--root={folder}", name]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"Overall exposure level for \S+: (\d+\.\d+)", ran.stdout)
    assert found is not None, ran.stdout + ran.stderr
    return float(found[1])


@pytest.mark.parametrize("name", NAMES)
def test_systemd_finds_each_unit_little_exposed(name: str, tmp_path: Path) -> None:
    assert rate(tmp_path, name.replace("@.", "@8001.")) <= MOST


@pytest.mark.parametrize("name", NAMES)
def test_each_unit_bounds_its_memory_and_tasks(name: str) -> None:
    lines = (UNITS / name).read_text("utf-8").splitlines()
    assert [line for line in lines if line.startswith("MemoryMax=")]
    assert [line for line in lines if line.startswith("TasksMax=")]
    assert name.startswith("avatarsite-"), "the shared drop-in is for this prefix"


@pytest.mark.parametrize("name", NAMES)
def test_a_restart_finds_each_unit(name: str) -> None:
    """As `systemctl list-units` does: it compares a pattern with the whole name of a unit."""
    running = name.replace("@.", "@8001.")
    assert any(fnmatch(running, pattern) for pattern in (f"{WEB}*", *OTHERS))


def test_a_unit_without_the_shared_lines_would_be_found(tmp_path: Path) -> None:
    shutil.copytree(UNITS, tmp_path / "bare" / "etc/systemd/system")
    shutil.rmtree(tmp_path / "bare" / "etc/systemd/system/avatarsite-.service.d")
    command = [binaries.systemd_analyze(), "security", "--offline=yes", f"--root={tmp_path / 'bare'}", NAMES[0]]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert float(told.rpartition(": ")[2].split()[0]) > MOST


def test_what_confines_the_decoder_is_not_taken_away() -> None:
    """profiles/decoding/confinement.py sets limits and a filter of its own, by setrlimit and prctl."""
    shared = (UNITS / "avatarsite-.service.d" / "hardening.conf").read_text("utf-8")
    filters = re.findall(r"^SystemCallFilter=(.*)$", shared, re.MULTILINE)
    assert filters == ["@system-service", "~@privileged"]
    allowed, denied = calls_of("@system-service"), calls_of("@privileged")
    assert {"setrlimit", "prlimit64", "prctl"} <= allowed - denied


def calls_of(group: str) -> set[str]:
    """Return the system calls of a group of systemd's, and of the groups in it. It always allows @default."""
    command = [binaries.systemd_analyze(), "syscall-filter", group]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[1:]
    words = {line.strip() for line in listed if line.strip() and not line.strip().startswith("#")}
    inner = {word for word in words if word.startswith("@")} | ({"@default"} if group == "@system-service" else set())
    return (words - inner).union(*map(calls_of, inner))
