"""The decoder: its children are reused and replaced, and errors blame the picture or the machine correctly."""

from __future__ import annotations

import os
import signal
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
    DecoderUnavailable,
    ImageRefused,
    RenderRequest,
    child_handle,
    get_decoder,
)
from profiles.images import errors
from profiles.images.formats import OutputFormat, SourceFormat
from profiles.images.normalize import normalize
from profiles.images.picture import Crop
from profiles.testing.pictures import animation, corner_colors, encoded, exif, four_corners, opened
from tests.kit import hostile_pictures
from tests.profiles.decoding.children import PNG, a_decoder, eventually, exists, only_pid

SVG_WANTED = DecodeRequest(svg_allowed=True)
AT_LENGTH = ("apng of 4 large frames", "avif of 25 megapixels with alpha")
BRIEFLY = sorted(hostile_pictures.HUNGRY.keys() - {*AT_LENGTH})


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
def test_the_child_answers_exactly_as_the_pure_code_does(decoder: Decoder, content: bytes) -> None:
    request = DecodeRequest(sizes=(128, 32), crop=Crop(0, 0, 0.5))

    def outcome(decode: Callable[[], object]) -> object:
        try:
            return decode()
        except ImageRefused as refusal:
            return refusal.slug, refusal.sentence

    assert outcome(lambda: decoder.decode(content, request)) == outcome(lambda: normalize(content, request))


def test_one_child_decodes_many_pictures(decoder: Decoder) -> None:
    decoder.decode(PNG, DecodeRequest())
    pid = only_pid(decoder)
    for _ in range(5):
        decoder.decode(PNG, DecodeRequest())
        with pytest.raises(ImageRefused):
            decoder.decode(b"no picture", DecodeRequest())
    assert only_pid(decoder) == pid


def test_no_child_is_started_before_the_first_request() -> None:
    with a_decoder() as decoder:
        assert decoder.pids() == frozenset()


@pytest.mark.parametrize("fmt", OutputFormat)
def test_a_master_is_rendered_in_the_child_too(decoder: Decoder, fmt: OutputFormat) -> None:
    master = decoder.decode(PNG, DecodeRequest()).image.master
    image = decoder.render(master.data, RenderRequest(32, fmt))
    assert opened(image.data).format == fmt.name
    assert corner_colors(opened(image.data)) == ["red", "green", "blue", "yellow"]


def test_an_svg_is_drawn_for_tokens_and_refused_for_uploads(decoder: Decoder) -> None:
    drawing = hostile_pictures.SVG + b"width='10' height='10'><rect width='10' height='10' fill='red'/></svg>"
    assert decoder.decode(drawing, SVG_WANTED).image.source_format is SourceFormat.SVG
    with pytest.raises(ImageRefused) as caught:
        decoder.decode(drawing, DecodeRequest())
    assert caught.value.is_a(errors.UNSUPPORTED_FORMAT)


@pytest.mark.parametrize("name", hostile_pictures.BOMBS)
def test_a_bomb_is_refused_or_decoded_in_little_memory(name: str) -> None:
    with a_decoder() as decoder:
        decoder.decode(PNG, DecodeRequest())
        pid = only_pid(decoder)
        with suppress(ImageRefused):
            assert decoder.decode(hostile_pictures.BOMBS[name](), DecodeRequest()).image.width <= 64
        assert decoder.pids() <= {pid}
        if exists(pid) and decoder.pids():
            assert peak_mebibytes(pid) < 128
        decoder.decode(PNG, DecodeRequest())


@pytest.mark.parametrize("name", hostile_pictures.COSTLY_DRAWINGS)
def test_a_costly_drawing_is_refused_and_the_next_picture_decoded(name: str) -> None:
    with a_decoder(svg_processor_seconds=1) as decoder:
        with pytest.raises(ImageRefused) as caught:
            decoder.decode(hostile_pictures.COSTLY_DRAWINGS[name](), SVG_WANTED)
        assert any(map(caught.value.is_a, (errors.TOO_MUCH_TIME, errors.DAMAGED, errors.TOO_COMPLEX)))
        decoder.decode(PNG, DecodeRequest())


def test_processor_time_is_counted_per_picture_and_named_in_the_refusal() -> None:
    with a_decoder(svg_processor_seconds=1) as decoder:
        with pytest.raises(ImageRefused) as caught:
            decoder.decode(hostile_pictures.huge_blurs(), SVG_WANTED)
        assert caught.value.is_a(errors.TOO_MUCH_TIME)
        assert caught.value.sentence.endswith("too much work to decode: our limit is 1 seconds of processor time.")
        for _ in range(3):
            decoder.decode(encoded(four_corners(3000, 2000), "PNG"), DecodeRequest())


def test_a_picture_that_needs_too_much_memory_is_refused() -> None:
    with a_decoder(svg_processor_seconds=30) as decoder:
        with pytest.raises(ImageRefused) as caught:
            decoder.decode(hostile_pictures.many_spans(70_000), SVG_WANTED)
        assert caught.value.is_a(errors.TOO_MUCH_MEMORY)
        assert caught.value.sentence == "This picture takes more memory to decode than we allow."
        decoder.decode(PNG, DecodeRequest())


@pytest.mark.parametrize("name", [*BRIEFLY, *(pytest.param(name, marks=pytest.mark.long) for name in AT_LENGTH)])
def test_a_child_never_holds_more_than_its_memory(name: str) -> None:
    with a_decoder() as decoder, peaks_watched(decoder) as peaks, suppress(ImageRefused):
        decoder.decode(hostile_pictures.HUNGRY[name](), SVG_WANTED)
    assert 64 < max(peaks) <= 256


@contextmanager
def peaks_watched(decoder: Decoder) -> Iterator[list[int]]:
    """Collect the peaks of the children's memory, in MiB, while something is decoded."""
    stop, peaks = threading.Event(), [0]

    def watch() -> None:
        while not stop.wait(0.005):
            with suppress(OSError, IndexError):
                peaks.extend(peak_mebibytes(pid) for pid in decoder.pids())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peaks
    finally:
        stop.set()
        watcher.join()


@contextmanager
def signalled_while_busy(decoder: Decoder, number: int, times: int) -> Iterator[None]:
    """Send signal `number` to each child that decodes a slow drawing, at most `times` times."""
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


def test_a_picture_that_crashes_the_decoder_is_refused_permanently() -> None:
    with a_decoder() as decoder, signalled_while_busy(decoder, signal.SIGSEGV, 1):
        with pytest.raises(ImageRefused) as caught:
            decoder.decode(hostile_pictures.huge_blurs(), SVG_WANTED)
        assert caught.value.is_a(errors.CRASHED_DECODER)


def test_a_child_killed_from_outside_is_a_temporary_error() -> None:
    with a_decoder() as decoder:
        with signalled_while_busy(decoder, signal.SIGKILL, 2), pytest.raises(DecoderUnavailable) as caught:
            decoder.decode(hostile_pictures.huge_blurs(), SVG_WANTED)
        assert not caught.value.permanent
        decoder.decode(PNG, DecodeRequest())


def test_a_drawing_that_got_half_of_its_processor_time_is_refused_when_the_wall_time_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times = iter([4.0, 5.5])
    monkeypatch.setattr(child_handle, "_processor_time", lambda _pid: next(times))
    with a_decoder(svg_wall_seconds=2) as decoder, signalled_while_busy(decoder, signal.SIGSTOP, 1):
        with pytest.raises(ImageRefused) as caught:
            decoder.decode(hostile_pictures.huge_blurs(), SVG_WANTED)
        assert caught.value.is_a(errors.TOO_MUCH_TIME)


def test_a_starved_child_is_not_blamed_on_the_picture() -> None:
    with a_decoder(svg_wall_seconds=2) as decoder, signalled_while_busy(decoder, signal.SIGSTOP, 1):
        with pytest.raises(DecoderUnavailable, match="busy"):
            decoder.decode(hostile_pictures.huge_blurs(), SVG_WANTED)
        assert decoder.pids() == frozenset()
        decoder.decode(PNG, DecodeRequest())


def test_waiting_too_long_for_a_free_child_is_a_temporary_error() -> None:
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


def test_threads_share_at_most_the_allowed_number_of_children() -> None:
    contents = [encoded(four_corners(200 + number, 100), "PNG") for number in range(24)]
    with a_decoder(processes=2) as decoder, ThreadPoolExecutor(8) as threads:
        pictures = list(threads.map(lambda content: decoder.decode(content, DecodeRequest()), contents))
        assert [picture.image.width for picture in pictures] == [200 + number for number in range(24)]
        assert len(decoder.pids()) <= 2


#: A child that answers every request with a message that describes no picture.
FALSE_CHILD = """
import sys
sys.path.insert(0, {root!r})
from profiles.decoding.pipes import Message, PipeStream, receive, send
stream = PipeStream(0, 1)
send(stream, Message(dict(ready=True)))
while True:
    receive(stream)
    send(stream, Message(dict(master=1)))
"""


def test_a_false_answer_ends_the_child_and_is_a_temporary_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_handle, "_START", FALSE_CHILD)
    with a_decoder() as decoder:
        with pytest.raises(DecoderUnavailable) as caught:
            decoder.decode(PNG, DecodeRequest())
        assert not caught.value.permanent
        assert decoder.pids() == frozenset()
        monkeypatch.undo()
        decoder.decode(PNG, DecodeRequest())


def test_the_process_has_one_decoder() -> None:
    assert get_decoder() is get_decoder()
