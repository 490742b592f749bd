"""CPU time and memory of a process and all its children. Linux only.

The kernel's clock of a process counts what getrusage counts (user and system time of all its threads, including ended
ones), in nanoseconds and also for a process that is not our child. Children that ended are added from the parent's own
account of them, in ticks of 10 ms.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
# Fields of /proc/<pid>/stat behind the program's name.
_PARENT, _CHILDREN_USER, _CHILDREN_SYSTEM = 1, 13, 14
_GONE = (FileNotFoundError, ProcessLookupError)


def cpu_seconds(roots: Sequence[int]) -> float:
    """Return the CPU time of these processes and of everything below them since they began."""
    return sum(_seconds_with_ended_children(pid) for pid in family(roots))


def own_cpu_seconds(pid: int) -> float:
    """Return the CPU time of this process alone. Raises OSError if it has ended."""
    return time.clock_gettime(~pid << 3 | 2)  # MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED) of <linux/posix-timers.h>


def family(roots: Iterable[int]) -> list[int]:
    """Return the living processes among `roots` and their descendants, each parent before its children."""
    found = list(roots)
    children: dict[int, list[int]] = {}
    for pid in _every_process():
        with suppress(*_GONE):
            children.setdefault(int(_stat(pid)[_PARENT]), []).append(pid)
    for pid in found:
        found.extend(children.get(pid, []))
    return found


def peak_bytes(pid: int) -> int:
    """Return the highest resident memory that the process ever had."""
    return _read_kilobytes(pid, "status", "VmHWM")


def resident_bytes(roots: Sequence[int]) -> int:
    """Return the resident memory of these processes and of everything below them; shared pages count for each."""
    return sum(_read_kilobytes(pid, "status", "VmRSS") for pid in family(roots))


def proportional_bytes(pid: int) -> int:
    """Return the proportional set size (PSS): private pages, and of each shared page the share of this process."""
    return _read_kilobytes(pid, "smaps_rollup", "Pss")


def _seconds_with_ended_children(pid: int) -> float:
    try:
        own, fields = own_cpu_seconds(pid), _stat(pid)
    except OSError:
        return 0.0
    return own + (int(fields[_CHILDREN_USER]) + int(fields[_CHILDREN_SYSTEM])) / _TICK


def _every_process() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(") ")[2].split()


def _read_kilobytes(pid: int, file: str, name: str) -> int:
    """Return a value of /proc/<pid>/<file> in bytes, 0 if the process has ended."""
    with suppress(*_GONE):
        for line in Path(f"/proc/{pid}/{file}").read_text(encoding="utf-8").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    return 0
