"""10^5 pictures: the memory of an import does not grow with them. IMPORT_ROWS takes another number."""

from __future__ import annotations

import os
import resource
import struct
import subprocess
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.db import connections

from profiles.models import Avatar
from profiles.testing.pictures import png_chunk
from profiles.testing.stores import FileStore
from tests.profiles.imports.test_kills import ROOT, command_on

ROWS = int(os.environ.get("IMPORT_ROWS", "100000"))
#: Bytes of memory that the importing process may have more at the end than when a tenth was done.
MAY_GROW = 40 * 1024 * 1024


def small_picture(number: int) -> bytes:
    """Return a PNG of 24 by 24 pixels that no other number has."""
    color = bytes(((number >> 16) & 255, (number >> 8) & 255, number & 255))
    row = b"\0" + color * 12 + bytes(36)
    head = struct.pack(">IIBBBBB", 24, 24, 8, 2, 0, 0, 0)
    body = png_chunk(b"IHDR", head) + png_chunk(b"IDAT", zlib.compress(row * 24)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def resident(child: subprocess.Popen[bytes]) -> Iterator[int]:
    """Yield the memory of a process in bytes, now and again, until it ends."""
    while child.poll() is None:
        try:
            pages = Path(f"/proc/{child.pid}/statm").read_text("ascii").split()[1]
        except OSError:
            return
        yield int(pages) * os.sysconf("SC_PAGESIZE")
        time.sleep(0.5)


@pytest.mark.long
@pytest.mark.timeout(4 * 3600)
@pytest.mark.django_db(transaction=True)
def test_memory_is_bounded(folder: Path, tmp_path: Path, store: FileStore, capsys: pytest.CaptureFixture[str]) -> None:
    user = get_user_model()
    for begin in range(0, ROWS, 5000):
        numbers = range(begin, min(begin + 5000, ROWS))
        user.objects.bulk_create([user(username=f"p{number}", password="!") for number in numbers])
        for number in numbers:
            (folder / f"{number // 1000}").mkdir(exist_ok=True)
            (folder / f"{number // 1000}" / f"p{number}.png").write_bytes(small_picture(number))
    connections.close_all()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun, used = time.monotonic(), list[tuple[float, int]]()
    child = subprocess.Popen(command_on(store, folder, tmp_path / "journal"), cwd=ROOT, stderr=subprocess.PIPE)
    for memory in resident(child):
        used.append((time.monotonic() - begun, memory))
    said = child.communicate()[1].decode()
    seconds = time.monotonic() - begun
    assert child.returncode == 0, said
    assert Avatar.objects.count() == ROWS
    early = max(memory for at, memory in used if at <= max(seconds / 10, used[0][0]))
    most = max(memory for _, memory in used)
    with capsys.disabled():
        cpu = resource.getrusage(resource.RUSAGE_CHILDREN)
        used_cpu = 1000 * (cpu.ru_utime + cpu.ru_stime - before.ru_utime - before.ru_stime) / ROWS
        print(f"\n{used_cpu:.0f} ms of processor time for each")  # noqa: T201
        print(f"{ROWS} pictures in {seconds:.0f} s: {ROWS / seconds:.1f} a second; {most / 2**20:.0f} MiB at most")  # noqa: T201
    assert most - early < MAY_GROW
