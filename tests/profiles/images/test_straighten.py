"""A part of a picture is straightened by a few degrees, without empty corners."""

from __future__ import annotations

import pytest
from PIL import Image, ImageChops, ImageStat

from profiles.images.errors import ImageRefused
from profiles.images.normalize import normalize
from profiles.images.orientation import turn_of
from profiles.images.picture import MAX_ANGLE, MIDDLE, UNCHANGED, Crop, DecodeRequest, Edit
from profiles.images.straighten import shrinking, straighten
from profiles.testing.pictures import CORNERS, animation, encoded, exif, four_corners, frames, held, nearest, opened

ANGLES = (-15, -8, -0.5, 3, 15)


def tilted(angle: float, side: int = 480) -> Image.Image:
    """Return four squares as a camera takes them that is turned clockwise by `angle` degrees."""
    return four_corners(side, side).rotate(angle, Image.Resampling.BICUBIC, fillcolor=(255, 0, 255))


def is_straight(image: Image.Image) -> bool:
    """Return whether the borders between the four squares run along the axes, from edge to edge."""
    pixels, (width, height) = image.convert("RGB"), image.size
    near, far, left, right = 0.02, 0.98, 0.485, 0.515
    places = [(left, near), (right, near), (left, far), (right, far), (near, left), (far, left), (near, right)]
    expected = [CORNERS[n] for n in (0, 1, 2, 3, 0, 1, 2)]
    found = [nearest(pixels.getpixel((int(x * width), int(y * height)))) for x, y in places]
    return found == [color[:3] for color in expected]


def edited(content: bytes, angle: float, crop: Crop = MIDDLE, turn: int = 1) -> Image.Image:
    edit = Edit(crop, turn, angle=angle)
    request = DecodeRequest(sizes=(256,), crop=edit.part, turn=edit.turn, angle=edit.angle)
    return opened(normalize(content, request).image.master.data)


@pytest.mark.parametrize("angle", ANGLES)
@pytest.mark.parametrize("fmt", ["PNG", "JPEG", "WEBP"])
def test_a_tilted_picture_becomes_straight(fmt: str, angle: float) -> None:
    content = encoded(tilted(angle), fmt)
    assert is_straight(edited(content, 0)) is (abs(angle) < 1)
    straight = edited(content, angle)
    assert is_straight(straight)
    assert straight.size == (int(480 / shrinking(angle)),) * 2


def test_the_part_is_chosen_on_the_turned_picture_and_straightened_afterwards() -> None:
    seen = Image.new("RGB", (960, 640), (255, 0, 255))
    seen.paste(tilted(8, 320), (600, 280))
    stored = held(seen.transpose(Image.Transpose.FLIP_LEFT_RIGHT), 6)
    content = encoded(stored, "JPEG", exif=exif(6))
    mirror = turn_of(0, is_mirrored=True)
    assert is_straight(edited(content, 8, Crop(760 / 960, 440 / 640, 0.5), mirror))
    assert not is_straight(edited(content, -8, Crop(760 / 960, 440 / 640, 0.5), mirror))


def test_animations_are_straightened_frame_by_frame() -> None:
    content = animation("GIF", 4, (120, 80))
    moving = edited(content, 10)
    for index, frame in enumerate(frames(4, (120, 80))):
        moving.seek(index)
        expected = straighten(frame.crop((20, 0, 100, 80)), 10)
        assert moving.size == expected.size
        difference = ImageChops.difference(moving.convert("RGB"), expected).convert("L")
        assert ImageStat.Stat(difference).mean[0] < 8


def test_transparent_edges_keep_their_color() -> None:
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((250, 10, 10, 255), (16, 16, 48, 48))
    straight = straighten(image, 9)
    red, green, _, alpha = straight.split()
    seen = alpha.point(lambda value: 255 if value > 40 else 0)
    assert ImageStat.Stat(red, seen).extrema[0][0] > 230
    assert ImageStat.Stat(green, seen).extrema[0][1] < 30
    assert straighten(image, 0) is image


def test_what_is_too_far_is_refused_and_zero_changes_nothing() -> None:
    for angle in (MAX_ANGLE + 0.1, -90, float("nan")):
        with pytest.raises(ImageRefused, match="15 degrees at most"):
            Edit(angle=angle)
    assert Edit(angle=2).part == MIDDLE
    assert Edit(MIDDLE, angle=2).whole() == UNCHANGED
