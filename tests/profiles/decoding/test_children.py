"""The lifetime of a decoder's children: replaced, retired, and ended with their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from profiles.decoding import DecodeRequest, DecoderUnavailable, child_handle
from tests.profiles.decoding.children import PNG, a_decoder, eventually, exists, only_pid


def test_an_idle_child_that_was_killed_is_replaced() -> None:
    with a_decoder() as decoder:
        decoder.decode(PNG, DecodeRequest())
        killed = only_pid(decoder)
        os.kill(killed, signal.SIGKILL)
        decoder.decode(PNG, DecodeRequest())
        assert only_pid(decoder) != killed


def test_a_child_is_replaced_after_its_maximum_of_pictures() -> None:
    with a_decoder(pictures_per_child=2) as decoder:
        pids = []
        for _ in range(4):
            decoder.decode(PNG, DecodeRequest())
            pids.append(decoder.pids())
        assert pids[1] == pids[3] == frozenset()
        assert pids[0] != pids[2]


def test_an_idle_child_ends_itself() -> None:
    with a_decoder(idle_seconds=0.1) as decoder:
        decoder.decode(PNG, DecodeRequest())
        assert eventually(lambda: not decoder.pids())
        decoder.decode(PNG, DecodeRequest())


def test_a_fork_starts_children_of_its_own() -> None:
    with a_decoder() as decoder:
        decoder.decode(PNG, DecodeRequest())
        ours = only_pid(decoder)
        forked = os.fork()
        if forked == 0:
            try:
                decoder.decode(PNG, DecodeRequest())
                own = only_pid(decoder)
                decoder.close()
                os._exit(0 if own != ours else 3)
            finally:
                os._exit(4)
        assert os.waitstatus_to_exitcode(os.waitpid(forked, 0)[1]) == 0
        decoder.decode(PNG, DecodeRequest())
        assert only_pid(decoder) == ours


PARENT = """
import sys, os, time
sys.path.insert(0, {root!r})
from profiles.decoding import DecodeRequest, get_decoder
assert "django" not in sys.modules
get_decoder().decode(open({picture!r}, "rb").read(), DecodeRequest())
if "fork" in sys.argv and os.fork() == 0:
    time.sleep(60)
print(*get_decoder().pids(), flush=True)
if "wait" in sys.argv:
    time.sleep(60)
"""


@pytest.fixture
def start_parent(tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], int]]]:
    picture = tmp_path / "picture.png"
    picture.write_bytes(PNG)
    script = PARENT.format(root=str(Path(__file__).parents[3]), picture=str(picture))
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> tuple[subprocess.Popen[str], int]:
        parent = subprocess.Popen(
            [sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        started.append(parent)
        assert parent.stdout is not None
        return parent, int(parent.stdout.readline())

    yield start
    for parent in started:
        with suppress(ProcessLookupError):
            os.killpg(parent.pid, signal.SIGKILL)
        parent.wait()
        assert parent.stdout is not None
        parent.stdout.close()


Starter = Callable[..., tuple[subprocess.Popen[str], int]]


def test_children_end_with_their_parent(start_parent: Starter) -> None:
    parent, child = start_parent()
    assert parent.wait(timeout=10) == 0
    assert eventually(lambda: not exists(child))


def test_children_end_when_their_parent_is_killed(start_parent: Starter) -> None:
    parent, child = start_parent("wait")
    assert exists(child)
    parent.kill()
    parent.wait()
    assert eventually(lambda: not exists(child))


def test_children_end_even_if_a_fork_of_their_parent_survives(start_parent: Starter) -> None:
    parent, child = start_parent("wait", "fork")
    parent.kill()
    parent.wait()
    assert eventually(lambda: not exists(child), 15)


def test_a_missing_library_is_never_blamed_on_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_handle, "_START", f"import sys; sys.modules['pyvips'] = None; {child_handle._START}")
    with a_decoder() as decoder, pytest.raises(DecoderUnavailable, match="Your file is fine"):
        decoder.decode(PNG, DecodeRequest())
