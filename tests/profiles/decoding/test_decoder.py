"""The decoder: warm, hard to kill, and truthful about who is to blame."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from profiles.decoding import (
    Decoder,
    DecodeRequest,
    DecoderSettings,
    DecoderUnavailable,
    ImageRefused,
    RenderRequest,
    child_handle,
    get_decoder,
)
from profiles.images.errors import Reason
from profiles.images.formats import OutputFormat, SourceFormat
from profiles.images.normalise import normalise_with_renditions
from profiles.images.picture import Crop
from tests.kit import hostile_pictures
from tests.kit.pictures import animation, corner_colours, encoded, exif, four_corners, opened

PNG = encoded(four_corners(), "PNG")
SVG_WANTED = DecodeRequest(svg_allowed=True)


@contextmanager
def a_decoder(**settings: float) -> Iterator[Decoder]:
    decoder = Decoder(DecoderSettings(**({"processes": 1} | settings)))  # type: ignore[arg-type]
    try:
        yield decoder
    finally:
        decoder.close()


def only_pid(decoder: Decoder) -> int:
    (pid,) = decoder.pids()
    return pid


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def peak_mebibytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


@pytest.mark.parametrize(
    "content",
    [
        encoded(four_corners(1600, 900), "JPEG", exif=exif(1, gps=True)),
        PNG,
        encoded(four_corners(), "AVIF"),
        animation("GIF", 4),
        b"no picture",
        PNG[:60],
    ],
)
def test_the_child_answers_exactly_what_the_pure_code_answers(decoder: Decoder, content: bytes) -> None:
    request = DecodeRequest(sizes=(128, 32), crop=Crop(0, 0, 0.5))

    def outcome(decode: Callable[[], object]) -> object:
        try:
            return decode()
        except ImageRefused as refusal:
            return refusal.reason, refusal.sentence

    assert outcome(lambda: decoder.decode(content, request)) == outcome(
        lambda: normalise_with_renditions(content, request)
    )


def test_one_child_serves_picture_after_picture(decoder: Decoder) -> None:
    decoder.decode(PNG, DecodeRequest())
    pid = only_pid(decoder)
    for _ in range(5):
        decoder.decode(PNG, DecodeRequest())
        with pytest.raises(ImageRefused):
            decoder.decode(b"no picture", DecodeRequest())
    assert only_pid(decoder) == pid


def test_a_decoder_starts_no_child_before_it_is_asked() -> None:
    with a_decoder() as decoder:
        assert decoder.pids() == frozenset()


@pytest.mark.parametrize("fmt", OutputFormat)
def test_a_master_is_rendered_in_the_child_too(decoder: Decoder, fmt: OutputFormat) -> None:
    master = decoder.decode(PNG, DecodeRequest()).image.master
    image = decoder.render(master.data, RenderRequest(32, fmt))
    assert opened(image.data).format == fmt.name
    assert corner_colours(opened(image.data)) == ["red", "green", "blue", "yellow"]


def test_a_tokens_svg_is_drawn_and_an_uploads_is_not(decoder: Decoder) -> None:
    drawing = hostile_pictures.SVG + b"width='10' height='10'><rect width='10' height='10' fill='red'/></svg>"
    assert decoder.decode(drawing, SVG_WANTED).image.source_format is SourceFormat.SVG
    with pytest.raises(ImageRefused) as caught:
        decoder.decode(drawing, DecodeRequest())
    assert caught.value.reason is Reason.UNSUPPORTED_FORMAT


@pytest.mark.parametrize("name", hostile_pictures.BOMBS)
def test_a_bomb_is_refused_or_defused_in_little_memory(name: str) -> None:
    with a_decoder() as decoder:
        decoder.decode(PNG, DecodeRequest())
        pid = only_pid(decoder)
        with suppress(ImageRefused):
            assert decoder.decode(hostile_pictures.BOMBS[name], DecodeRequest()).image.width <= 64
        assert decoder.pids() <= {pid}
        if exists(pid) and decoder.pids():
            assert peak_mebibytes(pid) < 128
        decoder.decode(PNG, DecodeRequest())


@pytest.mark.parametrize("name", hostile_pictures.COSTLY_DRAWINGS)
def test_a_costly_drawing_is_refused_and_the_next_picture_is_served(name: str) -> None:
    with a_decoder(svg_processor_seconds=1) as decoder:
        with pytest.raises(ImageRefused) as caught:
            decoder.decode(hostile_pictures.COSTLY_DRAWINGS[name], SVG_WANTED)
        assert caught.value.reason in (Reason.TOO_MUCH_TIME, Reason.DAMAGED, Reason.CRASHED_DECODER)
        decoder.decode(PNG, DecodeRequest())


def test_processor_time_is_counted_per_picture_and_named_in_the_refusal() -> None:
    with a_decoder(svg_processor_seconds=1) as decoder:
        with pytest.raises(ImageRefused) as caught:
            decoder.decode(hostile_pictures.huge_blurs(), SVG_WANTED)
        assert caught.value.reason is Reason.TOO_MUCH_TIME
        assert caught.value.sentence == "This picture takes more than 1 seconds to decode, our limit."
        for _ in range(3):
            decoder.decode(encoded(four_corners(3000, 2000), "PNG"), DecodeRequest())


def test_a_picture_that_needs_too_much_memory_is_refused() -> None:
    with a_decoder(svg_memory=8 * 1024 * 1024) as decoder:
        drawing = (
            hostile_pictures.SVG + b"width='10' height='10'>" + b"<circle cx='5' cy='5' r='4'/>" * 50_000 + b"</svg>"
        )
        with pytest.raises(ImageRefused) as caught:
            decoder.decode(drawing, SVG_WANTED)
        assert caught.value.reason in (Reason.TOO_MUCH_MEMORY, Reason.CRASHED_DECODER, Reason.DAMAGED)
        decoder.decode(PNG, DecodeRequest())


@contextmanager
def signalled_while_busy(decoder: Decoder, number: int, times: int) -> Iterator[None]:
    """Sends ``number`` to each child that is at work on a slow drawing, ``times`` at most."""
    stop = threading.Event()

    def watch() -> None:
        seen: set[int] = set()
        while not stop.is_set() and len(seen) < times:
            for pid in decoder.pids() - seen:
                time.sleep(0.5)
                os.kill(pid, number)
                seen.add(pid)
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        stop.set()
        watcher.join()


def test_a_decoder_that_crashes_on_a_picture_refuses_it_for_good() -> None:
    with a_decoder() as decoder, signalled_while_busy(decoder, signal.SIGSEGV, 1):
        with pytest.raises(ImageRefused) as caught:
            decoder.decode(hostile_pictures.huge_blurs(), SVG_WANTED)
        assert caught.value.reason is Reason.CRASHED_DECODER


def test_a_decoder_stopped_from_outside_says_try_again() -> None:
    with a_decoder() as decoder:
        with signalled_while_busy(decoder, signal.SIGKILL, 2), pytest.raises(DecoderUnavailable) as caught:
            decoder.decode(hostile_pictures.huge_blurs(), SVG_WANTED)
        assert not caught.value.permanent
        decoder.decode(PNG, DecodeRequest())


def test_a_child_that_died_idle_is_replaced_unnoticed() -> None:
    with a_decoder() as decoder:
        decoder.decode(PNG, DecodeRequest())
        killed = only_pid(decoder)
        os.kill(killed, signal.SIGKILL)
        decoder.decode(PNG, DecodeRequest())
        assert only_pid(decoder) != killed


def test_a_starved_child_is_not_blamed_on_the_picture() -> None:
    with a_decoder(wall_seconds=0.5) as decoder:
        with pytest.raises(DecoderUnavailable, match="busy"):
            decoder.decode(hostile_pictures.huge_blurs(), SVG_WANTED)
        assert decoder.pids() == frozenset()
        decoder.decode(PNG, DecodeRequest())


def test_who_finds_no_free_child_in_time_is_told_to_come_back() -> None:
    with a_decoder(wait_seconds=0.1, svg_processor_seconds=1) as decoder, ThreadPoolExecutor(1) as threads:
        slow = threads.submit(decoder.decode, hostile_pictures.huge_blurs(), SVG_WANTED)
        assert eventually(lambda: bool(decoder.pids()))
        with pytest.raises(DecoderUnavailable, match="Many pictures"):
            decoder.decode(PNG, DecodeRequest())
        assert isinstance(slow.exception(), ImageRefused)


def test_a_child_that_cannot_be_started_is_not_blamed_on_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_handle, "_START", "raise SystemExit({root!r})")
    with a_decoder() as decoder:
        with pytest.raises(DecoderUnavailable):
            decoder.decode(PNG, DecodeRequest())
        monkeypatch.undo()
        decoder.decode(PNG, DecodeRequest())


def test_a_child_retires_after_its_share_of_pictures() -> None:
    with a_decoder(pictures_per_child=2) as decoder:
        pids = []
        for _ in range(4):
            decoder.decode(PNG, DecodeRequest())
            pids.append(decoder.pids())
        assert pids[1] == pids[3] == frozenset()
        assert pids[0] != pids[2]


def test_a_child_nobody_asks_goes_home() -> None:
    with a_decoder(idle_seconds=0.1) as decoder:
        decoder.decode(PNG, DecodeRequest())
        assert eventually(lambda: not decoder.pids())
        decoder.decode(PNG, DecodeRequest())


def test_threads_share_the_children_and_never_more_than_allowed() -> None:
    contents = [encoded(four_corners(200 + number, 100), "PNG") for number in range(24)]
    with a_decoder(processes=2) as decoder, ThreadPoolExecutor(8) as threads:
        pictures = list(threads.map(lambda content: decoder.decode(content, DecodeRequest()), contents))
        assert [picture.image.width for picture in pictures] == [200 + number for number in range(24)]
        assert len(decoder.pids()) <= 2


def test_a_fork_gets_children_of_its_own() -> None:
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


def test_children_end_though_a_fork_of_their_parent_lives_on(start_parent: Starter) -> None:
    parent, child = start_parent("wait", "fork")
    parent.kill()
    parent.wait()
    assert eventually(lambda: not exists(child), 15)


def test_the_process_has_one_decoder() -> None:
    assert get_decoder() is get_decoder()
