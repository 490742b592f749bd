"""Pictures of phones: HEIC, multi-picture and motion JPEGs, and 48 megapixels."""

from __future__ import annotations

import struct
from io import BytesIO

import pytest
from PIL import Image

from profiles.images import heic
from profiles.images.formats import SourceFormat
from profiles.images.formats.detect import read_header
from profiles.images.formats.heif_grid import read_grid
from profiles.images.icc import BT709, build_profile
from profiles.images.limits import ImageLimits
from profiles.images.picture import Crop
from profiles.testing.pictures import corner_colors, encoded, exif, four_corners, held, normalized, opened
from tests.kit.heic import box, heic_grid

UPRIGHT = ["red", "green", "blue", "yellow"]
TURNED = {
    0: UPRIGHT,
    1: ["green", "yellow", "red", "blue"],
    2: ["yellow", "blue", "green", "red"],
    3: ["blue", "red", "yellow", "green"],
}


@pytest.fixture(params=["whole", "tile by tile"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Decode HEIC in each of the two ways."""
    if request.param == "tile by tile":
        monkeypatch.setattr(heic, "_AT_ONCE", 0)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("rotation", range(4))
def test_a_heic_of_any_rotation_becomes_upright(rotation: int) -> None:
    image = normalized(heic_grid(4, 2, rotation=rotation, cut=100))
    assert image.source_format is SourceFormat.HEIC
    assert (image.width, image.height) == ((1948, 924) if rotation % 2 == 0 else (924, 1948))
    assert corner_colors(opened(image.master.data)) == TURNED[rotation]


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("rotation", range(4))
def test_a_part_of_a_heic_is_taken_from_the_upright_picture(rotation: int) -> None:
    image = normalized(heic_grid(4, 2, rotation=rotation), crop=Crop(0.75, 0.25, 0.3))
    assert (image.width, image.height) == (307, 307)
    assert set(corner_colors(opened(image.master.data))) == {TURNED[rotation][1]}


@pytest.mark.usefixtures("way")
def test_the_profile_of_a_heic_is_applied() -> None:
    profile = box(b"colr", b"prof" + build_profile(BT709, lambda value: value))[8:]
    pixel = opened(normalized(heic_grid(4, 4, color=profile)).master.data).convert("RGB").getpixel((900, 100))
    assert pixel == pytest.approx((96, 219, 133), abs=8)  # green (30, 180, 60), read as linear light


@pytest.mark.usefixtures("way")
def test_the_color_codes_of_a_heic_are_applied() -> None:
    linear = b"nclx" + struct.pack(">HHHB", 1, 8, 6, 0x80)
    pixel = opened(normalized(heic_grid(4, 4, color=linear)).master.data).convert("RGB").getpixel((900, 100))
    assert pixel == pytest.approx((96, 219, 133), abs=8)


def test_a_heic_of_48_megapixels_is_taken() -> None:
    image = normalized(heic_grid(16, 12, cut=128))
    assert (image.width, image.height) == (8064, 6016)
    assert min(image.master.width, image.master.height) == 1024
    assert corner_colors(opened(image.master.data)) == UPRIGHT


@pytest.mark.parametrize("end", range(30, 1000, 31))
def test_a_heic_that_ends_early_is_no_grid_or_raises_what_is_caught(end: int) -> None:
    try:
        read_grid(heic_grid(2, 2)[:end])
    except (struct.error, IndexError, KeyError):
        return


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1"])
def test_every_brand_of_heic_is_known(brand: bytes) -> None:
    header = read_header(heic_grid(2, 2, brand=brand), ImageLimits())
    assert (header.format, header.width, header.height) == (SourceFormat.HEIC, 1024, 1024)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_motion_photo_is_the_jpeg_it_begins_with(orientation: int) -> None:
    photo = encoded(held(four_corners(400, 300), orientation), "JPEG", exif=exif(orientation))
    video = b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + bytes(range(256)) * 400
    image = normalized(photo + video)
    assert (image.width, image.height) == (400, 300)
    assert corner_colors(opened(image.master.data)) == UPRIGHT


def test_the_gain_map_after_an_ultra_hdr_photo_is_left_out() -> None:
    photo = four_corners(400, 300)
    buffer = BytesIO()
    photo.save(buffer, "MPO", save_all=True, append_images=[Image.linear_gradient("L").convert("RGB")])
    image = normalized(buffer.getvalue())
    assert (image.frames, image.width) == (1, 400)
    assert corner_colors(opened(image.master.data)) == UPRIGHT


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_of_48_megapixels_is_taken(*, progressive: bool) -> None:
    content = encoded(held(four_corners(8064, 6048), 6), "JPEG", exif=exif(6), progressive=progressive)
    image = normalized(content)
    assert (image.width, image.height, image.master.height) == (8064, 6048, 1024)
    assert corner_colors(opened(image.master.data)) == UPRIGHT


def test_a_small_part_of_a_jpeg_of_48_megapixels_is_decoded_at_half_size() -> None:
    image = normalized(encoded(four_corners(8064, 6048), "JPEG"), crop=Crop(0.25, 0.25, 0.1))
    assert (image.width, image.master.width) == (605, 303)
    assert set(corner_colors(opened(image.master.data))) == {"red"}
