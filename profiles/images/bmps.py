"""Decode what Pillow refuses of BMP: short headers, 2 bits a pixel, masks of any width, and run lengths with gaps."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from profiles.images import errors
from profiles.images.errors import ImageRefused
from profiles.images.formats.headers import Header
from profiles.sentences import gettext

_INFO_BYTES, _MASKS_AT = 40, 54
_PLAIN, _RLE8, _RLE4, _FIELDS, _ALPHA_FIELDS = 0, 1, 2, 3, 6
_END_OF_ROW, _MOVE = 0, 2  # 1 ends the picture
_WHOLE_BYTES = (0xFF, 0xFF00, 0xFF0000, 0xFF000000)
_INDEXED = {1: "P;1", 2: "P;2", 4: "P;4", 8: "P"}


@dataclass(frozen=True)
class _Bitmap:
    """The parts of a BMP. `palette` has RGB; `rows_go_down` is for a negative height."""

    size: tuple[int, int]
    rows_go_down: bool
    bits: int
    compression: int
    masks: tuple[int, ...]
    palette: bytes
    pixels: bytes


def load_bmp(content: bytes, header: Header) -> Image.Image:
    """Return the picture. Raise `ImageRefused` for a form that is not read, struct.error or ValueError for damage."""
    bitmap = _read(content, header)
    if bitmap.compression in (_RLE8, _RLE4):
        image = _load_runs(bitmap)
    elif bitmap.bits in _INDEXED and bitmap.compression == _PLAIN:
        image = _load_indexed(bitmap)
    elif bitmap.bits == 16 and bitmap.masks:
        image = _load_fields(bitmap)
    elif bitmap.bits == 24 and bitmap.compression == _PLAIN:
        image = Image.frombytes("RGB", bitmap.size, bitmap.pixels, "raw", "BGR", _stride(bitmap), 1)
    elif bitmap.bits == 32 and all(mask in _WHOLE_BYTES for mask in bitmap.masks[:3]):
        image = _load_bytes(bitmap)
    else:
        raise ImageRefused(
            gettext("This BMP is of a kind that we do not read. A PNG of it will work."), errors.UNSUPPORTED_FORMAT
        )
    return image if bitmap.rows_go_down else image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)


def _read(content: bytes, header: Header) -> _Bitmap:
    (start,) = struct.unpack_from("<I", content, 10)
    header_bytes, _width, height, _planes, bits = struct.unpack_from("<IiiHH", content, 14)
    compression, colors = _PLAIN, 0
    if header_bytes >= _INFO_BYTES:
        (compression,) = struct.unpack_from("<I", content, 30)
        (colors,) = struct.unpack_from("<I", content, 46)
    has_alpha = header_bytes > 52 or compression == _ALPHA_FIELDS
    is_masked = compression in (_FIELDS, _ALPHA_FIELDS)
    masks = struct.unpack_from("<4I" if has_alpha else "<3I", content, _MASKS_AT) if is_masked else ()
    entries = content[14 + header_bytes : start][: 4 * min(colors or 256, 256, 1 << min(bits, 8))]
    palette = b"".join(entries[at : at + 3][::-1] for at in range(0, len(entries) - 3, 4))
    size = (header.width, header.height)
    return _Bitmap(size, height < 0, bits, compression, masks, palette, content[start:])


def _stride(bitmap: _Bitmap) -> int:
    return (bitmap.size[0] * bitmap.bits + 31) // 32 * 4


def _load_indexed(bitmap: _Bitmap) -> Image.Image:
    image = Image.frombytes("P", bitmap.size, bitmap.pixels, "raw", _INDEXED[bitmap.bits], _stride(bitmap), 1)
    image.putpalette(bitmap.palette)
    return image


def _load_bytes(bitmap: _Bitmap) -> Image.Image:
    stored = Image.frombytes("RGBA", bitmap.size, bitmap.pixels, "raw", "RGBA", 0, 1).split()
    bands = [stored[_WHOLE_BYTES.index(mask)] for mask in bitmap.masks[:4] if mask in _WHOLE_BYTES]
    return Image.merge("RGBA" if len(bands) == 4 else "RGB", bands)


def _load_fields(bitmap: _Bitmap) -> Image.Image:
    """Load pixels of 16 bits, of which each mask takes some for a color."""
    numbers = Image.frombytes("I;16", bitmap.size, bitmap.pixels, "raw", "I;16", _stride(bitmap), 1).convert("I")
    masks = [mask for mask in bitmap.masks[:4] if mask]
    if len(masks) < 3 or any(mask >> 16 for mask in masks):
        raise ValueError("masks that name no color")
    bands = [numbers.point(_levels(mask), "L") for mask in masks]
    return Image.merge("RGBA" if len(bands) == 4 else "RGB", bands)


def _levels(mask: int) -> list[int]:
    """Return the level, from 0 to 255, that each number has under `mask`."""
    lowest = mask & -mask
    return [(number & mask) // lowest * 255 // (mask // lowest) for number in range(1 << 16)]


def _load_runs(bitmap: _Bitmap) -> Image.Image:
    """Load run lengths. What they leave out is black, as in browsers."""
    rows = [bytearray(bitmap.size[0]) for _ in range(bitmap.size[1])]
    drawn = [bytearray(bitmap.size[0]) for _ in rows]
    for x, y, run in _read_runs(bitmap.pixels, half_bytes=bitmap.compression == _RLE4):
        if y < len(rows):
            fitting = run[: max(len(rows[y]) - x, 0)]
            rows[y][x : x + len(fitting)] = fitting
            drawn[y][x : x + len(fitting)] = b"\xff" * len(fitting)
    image = Image.frombytes("P", bitmap.size, b"".join(rows))
    image.putpalette(bitmap.palette)
    mask = Image.frombytes("L", bitmap.size, b"".join(drawn))
    return Image.composite(image.convert("RGB"), Image.new("RGB", bitmap.size), mask)


def _read_runs(data: bytes, *, half_bytes: bool) -> Iterator[tuple[int, int, bytes]]:
    """Yield column, row and color numbers of each run, of which a byte holds two if `half_bytes`."""
    x = y = at = 0
    while at + 2 <= len(data):
        count, value = data[at : at + 2]
        at += 2
        if count or value > _MOVE:
            length = 1 if count else -(-value // 2) if half_bytes else value
            packed = data[at - 1 : at] if count else data[at : at + length]
            at += 0 if count else length + length % 2
            colors = bytes(half for each in packed for half in (each >> 4, each & 15)) if half_bytes else packed
            run = (colors * count)[:count] if count else colors[:value]
            yield x, y, run
            x += len(run)
        elif value == _MOVE:
            x, y, at = x + data[at], y + data[at + 1], at + 2
        elif value == _END_OF_ROW:
            x, y = 0, y + 1
        else:
            return
