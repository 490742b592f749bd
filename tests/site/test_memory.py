"""Workers get the memory for a file from the kernel once, not for every file."""

from __future__ import annotations

import subprocess
import sys

import pytest
from celery.signals import worker_init

from avatarsite import celery
from avatarsite.memory import MIB
from localstack.binaries import ROOT

PAGES_OF_A_FILE = 8 * MIB // 4096
WORK = """
import resource, sys
from avatarsite.memory import keep_freed_memory
if sys.argv[1] == "kept":
    assert keep_freed_memory()
for _ in range(3):
    b"x" * (8 * 1024 * 1024)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    parts = [bytes([n]) * (256 * 1024) for n in range(32)]
    whole = b"".join(parts)
    del parts, whole
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> int:
    command = [sys.executable, "-c", WORK, how]
    return int(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc gives memory back so eagerly")
def test_freed_memory_is_used_again() -> None:
    kept = faults("kept")
    assert kept < 4 * PAGES_OF_A_FILE  # of 40 files' worth
    assert kept < faults("given back")


def test_a_worker_sets_this_up_before_it_forks(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[bool] = []
    monkeypatch.setattr(celery, "keep_freed_memory", lambda: called.append(True))
    worker_init.send(sender=None)
    assert called == [True]
