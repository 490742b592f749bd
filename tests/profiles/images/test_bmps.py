"""Every form of BMP that Chromium shows is shown alike, or refused with its reason."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from profiles.errors import Kind
from profiles.images import errors
from profiles.images.errors import ImageRefused
from profiles.testing.pictures import CORNERS, corner_colors, four_corners, normalized, opened

WIDTH, HEIGHT = 40, 30
PALETTE = b"".join(bytes(color[::-1]) + b"\0" for color in CORNERS)
UPRIGHT = ["red", "green", "blue", "yellow"]
Encode = Callable[[int, int], bytes]
PICTURE = four_corners(WIDTH, HEIGHT)


def color(x: int, y: int) -> tuple[int, ...]:
    pixel = PICTURE.getpixel((x, y))
    assert isinstance(pixel, tuple)
    return pixel


def number(x: int, y: int) -> int:
    return (x >= WIDTH // 2) + 2 * (y >= HEIGHT // 2)


def bgr(x: int, y: int) -> bytes:
    return bytes(color(x, y)[::-1])


def argb_4444(x: int, y: int) -> bytes:
    red, green, blue = (level >> 4 for level in color(x, y))
    return struct.pack("<H", 0xF000 | red << 8 | green << 4 | blue)


def rows(encode: Encode, step: int = 1, *, down: bool = False) -> bytes:
    lines = (b"".join(encode(x, y) for x in range(0, WIDTH, step)) for y in range(HEIGHT))
    padded = [line + bytes(-len(line) % 4) for line in lines]
    return b"".join(padded if down else padded[::-1])


def packed(bits: int) -> bytes:
    """Return rows of color numbers, several in a byte."""
    step = 8 // bits

    def encode(x: int, y: int) -> bytes:
        return bytes([sum(number(x + place, y) << (8 - bits - bits * place) for place in range(step))])

    return rows(encode, step)


def runs(*, half_bytes: bool = False, count: int = HEIGHT) -> bytes:
    factor = 17 if half_bytes else 1
    lines = (bytes([20, number(0, y) * factor, 20, number(39, y) * factor, 0, 0]) for y in range(29, 29 - count, -1))
    return b"".join(lines) + b"\0\1"


def info(bits: int, compression: int = 0, *, size: int = 40, height: int = HEIGHT, colors: int = 0) -> bytes:
    return struct.pack("<IiiHHIIiiII", size, WIDTH, height, 1, bits, compression, 0, 0, 0, colors, 0)


def bmp(header: bytes, pixels: bytes, palette: bytes = b"") -> bytes:
    start = 14 + len(header) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + header + palette + pixels


def masked(bits: int, size: int, masks: tuple[int, ...], encode: Encode) -> bytes:
    return bmp((info(bits, 3, size=size) + struct.pack("<4I", *masks)).ljust(size, b"\0"), rows(encode))


BGRA = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
FORMS = {
    "24 bits": bmp(info(24), rows(bgr)),
    "rows that go down": bmp(info(24, height=-HEIGHT), rows(bgr, down=True)),
    "32 bits without alpha": bmp(info(32), rows(lambda x, y: bgr(x, y) + b"\0")),
    "alpha": masked(32, 124, BGRA, lambda x, y: bgr(x, y) + b"\xff"),
    "alpha of Windows CE": bmp(info(32, 6), rows(lambda x, y: bgr(x, y) + b"\xff"), struct.pack("<4I", *BGRA)),
    "4 bits for each color": masked(16, 108, (0xF00, 0xF0, 0xF, 0xF000), argb_4444),
    "OS/2 1": bmp(struct.pack("<IHHHH", 12, WIDTH, HEIGHT, 1, 24), rows(bgr)),
    "OS/2 2, short": bmp(struct.pack("<IiiHH", 16, WIDTH, HEIGHT, 1, 24), rows(bgr)),
    "OS/2 2": bmp(info(24, size=64) + bytes(24), rows(bgr)),
    "4 colors": bmp(info(2, colors=4), packed(2), PALETTE),
    "16 colors": bmp(info(4, colors=4), packed(4), PALETTE),
    "more colors than there are": bmp(info(8, colors=300), packed(8), PALETTE + bytes(296 * 4)),
    "runs of bytes": bmp(info(8, 1, colors=4), runs(), PALETTE),
    "runs of half bytes": bmp(info(4, 2, colors=4), runs(half_bytes=True), PALETTE),
    "bytes behind it": bmp(info(24), rows(bgr)) + b"more",
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_bmp_is_shown(form: str) -> None:
    image = normalized(FORMS[form])
    assert (image.width, image.height) == (WIDTH, HEIGHT)
    assert corner_colors(opened(image.master.data)) == UPRIGHT


def test_what_runs_leave_out_is_black() -> None:
    moved = bytes([0, 2, 0, 10]) + runs(count=10)
    for data in (runs(count=15), moved):
        pixels = opened(normalized(bmp(info(8, 1, colors=4), data, PALETTE)).master.data).convert("RGB")
        assert pixels.getpixel((5, 5)) == pytest.approx((0, 0, 0), abs=9)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (bmp(info(0, 5), b"\x89PNG\r\n"), errors.UNSUPPORTED_FORMAT),
        (bmp(info(0, 4), b"\xff\xd8\xff"), errors.UNSUPPORTED_FORMAT),
        (masked(32, 108, (0x3FF00000, 0xFFC00, 0x3FF, 0), lambda x, y: bytes(4)), errors.UNSUPPORTED_FORMAT),
        (masked(16, 108, (0, 0, 0, 0), argb_4444), errors.DAMAGED),
        (bmp(info(24), rows(bgr)[:-400]), errors.TRUNCATED),
        (bmp(info(2, colors=4), packed(2)[:-40], PALETTE), errors.DAMAGED),
    ],
)
def test_others_are_refused_for_their_reason(content: bytes, kind: Kind) -> None:
    with pytest.raises(ImageRefused) as refused:
        normalized(content)
    assert refused.value.is_a(kind)
