"""Split a GIF (GIF89a) into its frames, each as a GIF of its own, as browsers compose them.

Browsers enlarge the canvas to hold the first frame, clip the others to it, and leave what no frame covers transparent.
A file that is cut short or damaged gives the frames before that.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from profiles.images.formats import SourceFormat
from profiles.images.formats.headers import Header

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_GRAPHIC_CONTROL, _APPLICATION = 0xF9, 0xFF
_NO_PALETTE = b"\0\0\0\xff\xff\xff"
_SCREEN_BYTES = 13

#: Values of a frame's disposal.
TO_BACKGROUND, TO_PREVIOUS = 2, 3


@dataclass(frozen=True)
class GifFrame:
    """One frame: its place on the canvas, and `single`, a GIF of its pixels alone (with its transparent color)."""

    left: int
    top: int
    width: int
    height: int
    disposal: int
    milliseconds: int
    single: bytes


@dataclass
class _Control:
    """What a graphic control extension says of the frame that follows."""

    flags: int = 0
    hundredths: int = 0
    transparent: int | None = None


def read_gif(content: bytes) -> Header:
    """Return the header of a GIF. A GIF without a single frame has no size."""
    width, height = struct.unpack_from("<HH", content, 6)
    frames, complete = 0, False
    for kind, start, end in _blocks(content):
        complete = kind == _TRAILER
        if kind == _IMAGE and not frames:
            left, top, wide, tall = struct.unpack_from("<HHHH", content, start + 1)
            width, height, frames = max(width, left + wide), max(height, top + tall), 1
        elif kind == _IMAGE and end <= len(content):
            frames += 1
    if not frames:
        width = height = 0
    return Header(SourceFormat.GIF, width, height, frames, complete)


def read_loops(content: bytes) -> int:
    """Return how often the animation is played: 0 for ever. Without the extension of Netscape it is played once."""
    for kind, start, _end in _blocks(content):
        if kind == _EXTENSION and content[start + 1] == _APPLICATION and content[start + 3 : start + 6] == b"NET":
            (repeats,) = struct.unpack_from("<H", content, start + 16)
            return min(int(repeats) + 1, 0xFFFF) if repeats else 0
    return 1


def split_frames(content: bytes) -> Iterator[GifFrame]:
    """Yield the frames that the file holds whole, and the first one in any case."""
    first, table = True, content[_SCREEN_BYTES : _SCREEN_BYTES + _table_bytes(content[10])]
    control = _Control()
    for kind, start, end in _blocks(content):
        if kind == _EXTENSION and content[start + 1] == _GRAPHIC_CONTROL:
            flags, hundredths, index = struct.unpack_from("<BHB", content, start + 3)
            control = _Control(flags, hundredths, index if flags & 1 else None)
        elif kind == _IMAGE and (first or end <= len(content)):
            yield _frame(content[start:end], table or _NO_PALETTE, control)
            first, control = False, _Control()


def _frame(block: bytes, table: bytes, control: _Control) -> GifFrame:
    left, top, width, height, flags = struct.unpack_from("<HHHHB", block, 1)
    own = _table_bytes(flags)
    palette, data = block[10 : 10 + own] or table, block[10 + own :]
    bits = (len(palette) // 3).bit_length() - 2
    screen = struct.pack("<6sHHBBB", b"GIF89a", width, height, 0x80 | bits, 0, 0)
    image = struct.pack("<BHHHHB", _IMAGE, 0, 0, width, height, flags & 0x40)  # keeps interlacing
    extension = b"" if control.transparent is None else b"!\xf9\4\1\0\0%c\0" % control.transparent
    single = b"".join((screen, palette, extension, image, data, b"\0;"))
    return GifFrame(left, top, width, height, control.flags >> 2 & 7, control.hundredths * 10, single)


def _blocks(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield every block as (kind, start, end). The end lies beyond `content` if the file is cut short there."""
    position, length = _SCREEN_BYTES + _table_bytes(content[10]), len(content)
    while position < length:
        kind, start = content[position], position
        if kind == _EXTENSION:
            position = _skip_data(content, position + 2)
        elif kind == _IMAGE and position + 10 <= length:
            position = _skip_data(content, position + 11 + _table_bytes(content[position + 9]))
        else:
            position += 1
        if kind in (_EXTENSION, _IMAGE, _TRAILER):
            yield kind, start, position
        if kind == _TRAILER:
            return


def _table_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _skip_data(content: bytes, position: int) -> int:
    end = len(content)
    while position < end and (length := content[position]):
        position += length + 1
    return position + 1
