"""What a process and all its children have used: processor time and memory. Linux only.

The kernel's clock of a process counts what getrusage counts (user and system time of all its threads, ended ones
too), in nanoseconds and also for a process that is not ours to wait for. Children that ended are added from the
parent's own account of them, in ticks of 10 ms.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_PARENT, _CHILDREN_USER, _CHILDREN_SYSTEM = 1, 13, 14  # fields of /proc/<pid>/stat behind the program's name
_GONE = (FileNotFoundError, ProcessLookupError)


def processor_seconds(roots: Sequence[int]) -> float:
    """Of these processes and everything below them, since they began."""
    return sum(_seconds_of(pid) for pid in family(roots))


def family(roots: Iterable[int]) -> list[int]:
    """The processes and their descendants that live now, each parent before its children."""
    found = list(roots)
    children: dict[int, list[int]] = {}
    for pid in _every_process():
        with suppress(*_GONE):
            children.setdefault(int(_stat(pid)[_PARENT]), []).append(pid)
    for pid in found:
        found.extend(children.get(pid, []))
    return found


def peak_bytes(pid: int) -> int:
    """The most memory the process ever had resident."""
    return _status(pid, "VmHWM")


def resident_bytes(roots: Sequence[int]) -> int:
    """What these processes and everything below them have resident now; pages they share count for each."""
    return sum(_status(pid, "VmRSS") for pid in family(roots))


def _seconds_of(pid: int) -> float:
    try:
        own = time.clock_gettime(~pid << 3 | 2)  # MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED) of <linux/posix-timers.h>
        fields = _stat(pid)
    except OSError:
        return 0.0
    return own + (int(fields[_CHILDREN_USER]) + int(fields[_CHILDREN_SYSTEM])) / _TICK


def _every_process() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(") ")[2].split()


def _status(pid: int, name: str) -> int:
    with suppress(*_GONE):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    return 0
