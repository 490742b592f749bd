"""Colors are those that Chromium 156 shows for the same file; its values were read from a canvas."""

from __future__ import annotations

import struct
import zlib

import pytest
from PIL import Image, ImageCms

from profiles.images.icc import BT709, build_profile
from profiles.testing.pictures import encoded, normalized, opened, png_chunk

SRGB = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
DISPLAY_P3 = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)


def gamma(value: int) -> bytes:
    return png_chunk(b"gAMA", struct.pack(">I", value))


def chromaticities(values: tuple[int, ...]) -> bytes:
    return png_chunk(b"cHRM", struct.pack(">8I", *values))


def codes(primaries: int, transfer: int, *, full_range: int = 1) -> bytes:
    return png_chunk(b"cICP", bytes((primaries, transfer, 0, full_range)))


def png(color: tuple[int, ...], *chunks: bytes) -> bytes:
    """Return a PNG of one color, gray if that has one channel."""
    header = struct.pack(">IIBBBBB", 32, 32, 8, 2 if len(color) == 3 else 0, 0, 0, 0)
    pixels = (b"\0" + bytes(color) * 32) * 32
    parts = (png_chunk(b"IHDR", header), *chunks, png_chunk(b"IDAT", zlib.compress(pixels)), png_chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def shown(content: bytes) -> tuple[int, ...]:
    pixel = opened(normalized(content).master.data).convert("RGB").getpixel((16, 16))
    assert isinstance(pixel, tuple)
    return pixel


def close(*values: int) -> object:
    return pytest.approx(values, abs=4)


@pytest.mark.parametrize(
    ("chunks", "gray", "red"),
    [
        ([], 128, (128, 0, 0)),
        ([gamma(100_000)], 188, (188, 0, 0)),
        ([gamma(50_000)], 137, (137, 0, 0)),
        ([gamma(45_455)], 128, (128, 0, 0)),
        ([gamma(45_455), chromaticities(SRGB)], 128, (128, 0, 0)),
        ([gamma(45_455), chromaticities(DISPLAY_P3)], 129, (142, 0, 0)),
        ([chromaticities(DISPLAY_P3)], 128, (128, 0, 0)),
        ([png_chunk(b"sRGB", b"\0"), gamma(100_000)], 128, (128, 0, 0)),
        ([codes(12, 13)], 128, (141, 0, 0)),
        ([codes(9, 1)], 121, (153, 0, 0)),
        ([codes(1, 4)], 129, (129, 0, 0)),
        ([codes(1, 5)], 106, (106, 0, 0)),
        ([codes(1, 8)], 188, (188, 0, 0)),
        ([codes(9, 16)], 132, (167, 0, 0)),
        ([codes(9, 18)], 99, (111, 0, 0)),
        ([codes(1, 8), gamma(20_000)], 188, (188, 0, 0)),
        ([codes(2, 2)], 128, (128, 0, 0)),
        ([codes(1, 8, full_range=0)], 128, (128, 0, 0)),
        ([gamma(0)], 128, (128, 0, 0)),
        ([gamma(50_000), chromaticities((0,) * 8)], 128, (128, 0, 0)),
    ],
)
def test_the_color_chunks_of_png_are_read(chunks: list[bytes], gray: int, red: tuple[int, ...]) -> None:
    assert shown(png((128, 128, 128), *chunks)) == close(gray, gray, gray)
    assert shown(png((128, 0, 0), *chunks)) == close(*red)
    if not any(b"cICP" in chunk for chunk in chunks):
        assert shown(png((128,), *chunks)) == close(gray, gray, gray)


def test_a_profile_is_read_whatever_it_calls_itself() -> None:
    linear = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    at = linear.index(b"para")
    linear[at : at + 16] = b"curv" + bytes(8) + bytes(4)  # a curve of no points is a straight line
    assert shown(encoded(Image.new("RGB", (32, 32), (128, 128, 128)), "PNG", icc_profile=bytes(linear))) == close(
        188, 188, 188
    )


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_profile_of_a_curve_is_applied_in_every_format(fmt: str) -> None:
    profile = build_profile(BT709, lambda value: value)
    content = encoded(Image.new("RGB", (64, 64), (128, 64, 200)), fmt, icc_profile=profile)
    assert shown(content) == pytest.approx((188, 137, 229), abs=6)


def test_a_profile_that_means_srgb_changes_nothing() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    ramp = Image.linear_gradient("L").convert("RGB")
    tagged = encoded(ramp, "PNG", icc_profile=profile)
    assert normalized(tagged).master.data == normalized(encoded(ramp, "PNG")).master.data


def test_a_gray_profile_is_applied_to_gray_pictures() -> None:
    content = encoded(Image.new("L", (32, 32), 128), "PNG", icc_profile=_gray_profile())
    assert shown(content) == close(188, 188, 188)


def _gray_profile() -> bytes:
    """Return a profile of linear gray."""
    tags = ((b"wtpt", b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)), (b"kTRC", b"curv" + bytes(8)))
    table, body = b"", b""
    for name, value in tags:
        table += struct.pack(">4sII", name, 128 + 4 + 12 * len(tags) + len(body), len(value))
        body += value
    size = 128 + 4 + len(table) + len(body)
    header = struct.pack(">I4xI4s4s4s12x4s", size, 0x02400000, b"mntr", b"GRAY", b"XYZ ", b"acsp")
    header = header.ljust(68, b"\0") + struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


@pytest.mark.parametrize(
    ("primaries", "transfer", "expected"), [(12, 13, (141, 0, 0)), (1, 1, (128, 0, 0)), (9, 16, (167, 0, 0))]
)
def test_the_color_codes_of_avif_are_read(primaries: int, transfer: int, expected: tuple[int, ...]) -> None:
    content = bytearray(encoded(Image.new("RGB", (64, 64), (128, 0, 0)), "AVIF", quality=95, subsampling="4:4:4"))
    at = content.index(b"nclx")
    content[at + 4 : at + 8] = struct.pack(">HH", primaries, transfer)
    assert shown(bytes(content)) == pytest.approx(expected, abs=8)


def test_bright_light_keeps_its_hue() -> None:
    assert shown(png((240, 220, 40), codes(9, 16))) == pytest.approx((255, 174, 0), abs=10)
