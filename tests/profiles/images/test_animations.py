"""Animations keep their frames and durations, and have a still."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageSequence, ImageStat

from profiles.images.encode import AnimatedWebp, Playback
from profiles.images.errors import ImageRefused
from profiles.images.formats.detect import read_header
from profiles.images.limits import ImageLimits, animation_side
from profiles.images.normalize import normalize
from profiles.images.picture import Crop, DecodeRequest
from profiles.testing.pictures import (
    animation,
    corner_colors,
    encoded,
    exif,
    four_corners,
    frames,
    held,
    normalized,
    opened,
)

LIMITS = ImageLimits()
MOVING = ["GIF", "PNG", "WEBP", "AVIF"]


def played(data: bytes) -> tuple[list[Image.Image], list[int], int]:
    """Return frames as shown, their durations in milliseconds, and how often they are played (0 for ever)."""
    image: Any = Image.open(BytesIO(data))
    shown, durations = [], []
    for frame in ImageSequence.Iterator(image):
        shown.append(frame.convert("RGBA"))
        durations.append(round(frame.info["duration"]))
    return shown, durations, image.info["loop"]


def far_apart(one: Image.Image, other: Image.Image) -> float:
    from PIL import ImageChops

    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean)


@pytest.mark.parametrize("fmt", MOVING)
def test_an_animation_stays_animated_and_has_a_still(fmt: str) -> None:
    image = normalized(animation(fmt, 6))
    shown, durations, _plays = played(image.master.data)
    assert image.frames == len(shown) == 6
    assert image.master.animated
    assert durations == [70] * 6
    assert image.still is not None
    assert not image.still.animated
    assert far_apart(opened(image.still.data), frames(6)[0]) < 6
    for seen, drawn in zip(shown, frames(6), strict=True):
        assert far_apart(seen, drawn) < 8


@pytest.mark.parametrize("fmt", MOVING)
def test_one_pass_gives_still_and_animated_squares_of_every_size(fmt: str) -> None:
    picture = normalize(animation(fmt, 4, (300, 200)), DecodeRequest(sizes=(192, 64)))
    made = [(rendition.size, rendition.image.width, rendition.image.animated) for rendition in picture.renditions]
    assert made == [(192, 192, False), (64, 64, False), (192, 192, True), (64, 64, True)]
    for rendition in picture.renditions:
        assert opened(rendition.image.data).size == (rendition.size, rendition.size)


def test_each_frame_keeps_its_own_duration() -> None:
    content = animation("GIF", 4, duration=[40, 500, 80, 2000])
    assert played(normalized(content).master.data)[1] == [40, 500, 80, 2000]


def test_durations_that_browsers_ignore_become_what_browsers_play() -> None:
    content = animation("GIF", 3, duration=[0, 10, 20])
    assert played(normalized(content).master.data)[1] == [100, 100, 20]


@pytest.mark.parametrize(
    ("fmt", "options", "plays"),
    [
        ("GIF", {}, 1),
        ("GIF", {"loop": 0}, 0),
        ("GIF", {"loop": 2}, 3),  # a GIF counts the repeats after its first run
        ("PNG", {"loop": 0}, 0),
        ("PNG", {"loop": 2}, 2),
        ("WEBP", {"loop": 3}, 3),
    ],
)
def test_an_animation_repeats_as_often_as_the_original(fmt: str, options: dict[str, Any], plays: int) -> None:
    assert played(normalized(animation(fmt, 3, **options)).master.data)[2] == plays


def moving_square(count: int = 4) -> list[Image.Image]:
    drawn = []
    for index in range(count):
        image = Image.new("P", (64, 64), 0)
        image.putpalette([0, 0, 0, 200, 40, 90, 30, 90, 200])
        image.paste(1, (index * 12, 20, index * 12 + 16, 36))
        drawn.append(image)
    return drawn


@pytest.mark.parametrize("disposal", [0, 1, 2])
def test_gif_frames_are_composed_as_browsers_compose_them(disposal: int) -> None:
    first, *others = moving_square()
    content = encoded(first, "GIF", save_all=True, append_images=others, disposal=disposal, duration=50, transparency=0)
    with Image.open(BytesIO(content)) as original:
        expected = [frame.convert("RGBA") for frame in ImageSequence.Iterator(original)]
    shown, _durations, _plays = played(normalized(content).master.data)
    assert len(shown) == len(expected) == 4
    for seen, drawn in zip(shown, expected, strict=True):
        assert far_apart(seen.getchannel("A"), drawn.getchannel("A")) < 2
        assert drawn.getpixel((60, 60))[3] == seen.getpixel((60, 60))[3] == 0  # type: ignore[index]


def test_the_still_is_the_first_frame_that_is_not_blank() -> None:
    blank = Image.new("RGB", (60, 40), (0, 0, 0))
    content = encoded(blank, "GIF", save_all=True, append_images=[blank.copy(), *frames(3)], duration=50)
    image = normalized(content)
    assert image.still is not None
    assert far_apart(opened(image.still.data), frames(3)[0]) < 8


def test_the_hidden_first_picture_of_an_apng_is_no_frame() -> None:
    content = encoded(
        Image.new("RGB", (60, 40), "blue"),
        "PNG",
        save_all=True,
        default_image=True,
        append_images=frames(3),
        duration=60,
    )
    image = normalized(content)
    shown, _durations, _plays = played(image.master.data)
    assert image.frames == len(shown) == 3
    assert far_apart(shown[0], frames(3)[0]) < 8


def test_large_frames_are_reduced_and_small_ones_kept() -> None:
    large = normalized(animation("WEBP", 3, (900, 600)))
    assert (large.width, large.height) == (900, 600)
    assert (large.master.width, large.master.height) == (512, 341)
    small = normalized(animation("WEBP", 3, (60, 40)))
    assert (small.master.width, small.master.height) == (60, 40)


@pytest.mark.parametrize(("frame_count", "side"), [(2, 512), (152, 512), (153, 511), (256, 395)])
def test_the_master_is_smaller_if_it_has_many_frames(frame_count: int, side: int) -> None:
    assert animation_side(frame_count) == side


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_an_animation_is_upright_and_can_be_cropped(orientation: int) -> None:
    first = held(four_corners(96, 64), orientation)
    second = held(four_corners(96, 64).point(lambda value: value // 2 + 60), orientation)
    content = encoded(
        first, "PNG", save_all=True, append_images=[second], exif=exif(orientation, gps=True), duration=50
    )
    whole = normalized(content)
    assert whole.still is not None
    assert corner_colors(opened(whole.still.data)) == ["red", "green", "blue", "yellow"]
    assert b"Secret" not in whole.master.data
    part = normalized(content, crop=Crop(0.25, 0.75, 0.5))
    assert part.still is not None
    assert (part.width, part.height) == (32, 32)
    assert set(corner_colors(opened(part.still.data))) == {"blue"}


@pytest.mark.parametrize("fmt", ["GIF", "WEBP", "PNG"])
def test_an_animation_cut_short_keeps_its_whole_frames(fmt: str) -> None:
    content = animation(fmt, 20, (200, 200))
    image = normalized(content[: len(content) // 2])
    assert 5 < image.frames < 15
    assert image.still is not None
    assert far_apart(opened(image.still.data), frames(20, (200, 200))[0]) < 8


@pytest.mark.parametrize("fmt", ["GIF", "WEBP", "PNG"])
def test_an_animation_cut_short_in_its_second_frame_becomes_a_still(fmt: str) -> None:
    content = animation(fmt, 2, (200, 200))
    image = normalized(content[:-60])
    assert (image.frames, image.still) == (1, None)
    assert far_apart(opened(image.master.data), frames(2, (200, 200))[0]) < 8


def test_an_animation_cut_short_in_its_first_frame_is_refused() -> None:
    noise = Image.effect_noise((200, 200), 90)
    content = encoded(noise, "GIF", save_all=True, append_images=[noise.rotate(90)])
    with pytest.raises(ImageRefused, match="cut short"):
        normalized(content[: len(content) // 4])


def test_an_apng_with_frames_out_of_order_becomes_a_still() -> None:
    content = animation("PNG", 3)
    first = content.index(b"fcTL", content.index(b"IDAT"))
    sequence = content[first + 4 : first + 8]
    body = b"fcTL" + struct.pack(">I", int.from_bytes(sequence) + 7) + content[first + 8 : first + 30]
    broken = content[:first] + body + struct.pack(">I", zlib.crc32(body)) + content[first + 34 :]
    image = normalized(broken)
    assert (image.frames, image.still) == (1, None)
    assert far_apart(opened(image.master.data), frames(3)[0]) < 8


def test_the_only_frame_of_an_apng_is_shown_instead_of_its_hidden_picture() -> None:
    content = encoded(
        Image.new("RGB", (60, 40), "blue"), "PNG", save_all=True, default_image=True, append_images=frames(1)
    )
    image = normalized(content)
    assert (image.frames, image.still) == (1, None)
    assert far_apart(opened(image.master.data), frames(1)[0]) < 8


@pytest.mark.parametrize("fmt", ["GIF", "WEBP", "PNG"])
def test_of_too_many_frames_a_still_is_kept(fmt: str) -> None:
    picture = normalize(animation(fmt, 12), DecodeRequest(ImageLimits(max_frames=10)))
    assert (picture.image.frames, picture.image.still) == (1, None)
    assert far_apart(opened(picture.image.master.data), frames(12)[0]) < 8


def gif(canvas: tuple[int, int], *frames: bytes) -> bytes:
    palette = bytes((0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255))
    return b"GIF89a" + struct.pack("<HHBBB", *canvas, 0x81, 0, 0) + palette + b"".join(frames) + b";"


def gif_frame(box: tuple[int, int, int, int], color: int, *, disposal: int = 0) -> bytes:
    """Return a frame of one color, its codes uncompressed: each pixel after a clear code."""
    codes = [code for _pixel in range(box[2] * box[3]) for code in (4, color)] + [5]
    bits = "".join(f"{code:03b}"[::-1] for code in codes)
    data = bytes(int(bits[at : at + 8][::-1], 2) for at in range(0, len(bits), 8))
    blocks = b"".join(bytes([len(data[at : at + 255])]) + data[at : at + 255] for at in range(0, len(data), 255))
    control = b"!\xf9\4" + bytes([disposal << 2, 10, 0, 0, 0])
    return control + b"," + struct.pack("<HHHHB", *box, 0) + b"\2" + blocks + b"\0"


def test_what_no_frame_of_a_gif_covers_is_transparent() -> None:
    shown = opened(normalized(gif((20, 20), gif_frame((5, 5, 10, 10), 1))).master.data)
    assert [shown.getpixel(at) for at in ((0, 0), (10, 10))] == [(0, 0, 0, 0), (255, 0, 0, 255)]


def test_a_gif_frame_that_is_disposed_of_leaves_transparent_pixels() -> None:
    moved = gif((20, 20), gif_frame((0, 0, 10, 10), 1, disposal=2), gif_frame((10, 10, 10, 10), 2))
    shown, _durations, _plays = played(normalized(moved).master.data)
    assert [shown[1].getpixel(at) for at in ((5, 5), (15, 15))] == [(0, 0, 0, 0), (0, 255, 0, 255)]


def test_a_gif_frame_can_restore_what_was_before_it() -> None:
    content = gif(
        (20, 20),
        gif_frame((0, 0, 20, 20), 1),
        gif_frame((0, 0, 10, 10), 2, disposal=3),
        gif_frame((15, 15, 5, 5), 3),
    )
    shown, _durations, _plays = played(normalized(content).master.data)
    assert [shown[2].convert("RGB").getpixel(at) for at in ((5, 5), (17, 17))] == [(255, 0, 0), (0, 0, 255)]


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (gif((10, 10), gif_frame((5, 5, 20, 20), 1)), (25, 25)),
        (gif((0, 0), gif_frame((0, 0, 20, 20), 1)), (20, 20)),
        (gif((10, 10), gif_frame((0, 0, 10, 10), 1), gif_frame((5, 5, 20, 20), 2)), (10, 10)),
    ],
)
def test_only_the_first_frame_of_a_gif_enlarges_its_canvas(content: bytes, size: tuple[int, int]) -> None:
    image = normalized(content)
    assert (image.width, image.height) == size


def test_encoding_an_animation_is_deterministic() -> None:
    content = animation("GIF", 8)
    request = DecodeRequest(sizes=(32,))
    assert normalize(content, request) == normalize(content, request)


def test_our_writer_agrees_with_the_public_one_of_pillow() -> None:
    drawn = frames(5)
    writer = AnimatedWebp((60, 40), Playback(5, 2), lossless=True)
    for frame in drawn:
        writer.add(frame, 90)
    ours, ours_durations, ours_plays = played(writer.finish().data)
    public = encoded(drawn[0], "WEBP", save_all=True, append_images=drawn[1:], duration=90, loop=2, lossless=True)
    theirs, theirs_durations, theirs_plays = played(public)
    assert (ours_durations, ours_plays) == (theirs_durations, theirs_plays)
    assert [frame.tobytes() for frame in ours] == [frame.tobytes() for frame in theirs]


def test_the_frame_count_of_our_own_master_is_read() -> None:
    master = normalized(animation("GIF", 5)).master
    assert read_header(master.data, LIMITS).frames == 5
