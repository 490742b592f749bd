"""Animations keep their frames and durations, and have a still."""

from __future__ import annotations

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
from tests.kit.pictures import animation, corner_colors, encoded, exif, four_corners, frames, held, normalized, opened

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
@pytest.mark.parametrize("fmt", ["PNG", "WEBP"])
def test_an_animation_is_upright_and_can_be_cropped(fmt: str, orientation: int) -> None:
    first = held(four_corners(96, 64), orientation)
    second = held(four_corners(96, 64).point(lambda value: value // 2 + 60), orientation)
    content = encoded(first, fmt, save_all=True, append_images=[second], exif=exif(orientation, gps=True), duration=50)
    whole = normalized(content)
    assert whole.still is not None
    assert corner_colors(opened(whole.still.data)) == ["red", "green", "blue", "yellow"]
    assert b"Secret" not in whole.master.data
    part = normalized(content, crop=Crop(0.25, 0.75, 0.5))
    assert part.still is not None
    assert (part.width, part.height) == (32, 32)
    assert set(corner_colors(opened(part.still.data))) == {"blue"}


def test_an_animation_cut_short_is_refused() -> None:
    content = animation("GIF", 20, (200, 200))
    with pytest.raises(ImageRefused, match="cut short"):
        normalized(content[: len(content) // 2])


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
