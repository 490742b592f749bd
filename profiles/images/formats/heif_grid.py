"""Split a HEIC whose picture is a grid, as those of phones are, into its tiles (ISO/IEC 23008-12, 6.6.2.3)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from profiles.images.formats.heif import walk

#: Rotation in steps of 90 degrees anticlockwise → the EXIF orientation with the same meaning.
_ORIENTATIONS = (1, 8, 3, 6)
_ESSENTIAL = 0x8000

Span = tuple[int, int]


@dataclass(frozen=True)
class HeifGrid:
    """A picture of tiles in rows of `columns`. Sizes are as stored, before the rotation that `orientation` means.

    `tiles` holds the data of each tile, `numbers` those of the properties that the tiles have in `properties`.
    """

    columns: int
    width: int
    height: int
    orientation: int
    tiles: tuple[bytes, ...]
    numbers: tuple[int, ...]
    properties: bytes

    def tile_as_picture(self, index: int) -> bytes:
        """Return a HEIC that holds one tile only."""
        file_type = _box(b"ftyp", b"heic\0\0\0\0mif1heic")
        links = struct.pack(f">IHB{len(self.numbers)}H", 1, 1, len(self.numbers), *self.numbers)
        entry = _box(b"infe", b"\2\0\0\0" + struct.pack(">HH4sx", 1, 0, b"hvc1"))
        parts = (
            _box(b"hdlr", bytes(8) + b"pict" + bytes(13)),
            _box(b"pitm", struct.pack(">IH", 0, 1)),
            _box(b"iinf", struct.pack(">IH", 0, 1) + entry),
            _box(b"iprp", _box(b"ipco", self.properties) + _box(b"ipma", b"\0\0\0\1" + links)),
        )
        data = self.tiles[index]
        place_bytes = 8 + struct.calcsize(">IBBHHHHII")
        start = len(file_type) + 12 + sum(map(len, parts)) + place_bytes + 8
        place = _box(b"iloc", struct.pack(">IBBHHHHII", 0, 0x44, 0, 1, 1, 0, 1, start, len(data)))
        return file_type + _box(b"meta", bytes(4) + b"".join(parts) + place) + _box(b"mdat", data)


def read_grid(content: bytes) -> HeifGrid | None:
    """Return the grid of the primary picture, None if it has none or is changed by more than a rotation.

    Raises struct.error, IndexError or KeyError for boxes that end early or contradict each other.
    """
    boxes = {kind: (start, end) for kind, start, end in walk(content)}
    if not boxes.keys() >= {b"pitm", b"iref", b"iloc", b"ipma", b"ipco"}:
        return None
    primary = _read_id(content, boxes[b"pitm"][0] + 4, wide=bool(content[boxes[b"pitm"][0]]))
    items = _read_references(content, boxes[b"iref"], primary)
    if not items:
        return None
    data = _read_data(content, boxes)
    numbers = _read_associations(content, boxes[b"ipma"])
    orientation = _read_rotation(content, boxes[b"ipco"], numbers.get(primary, ()))
    grid = data[primary]
    rows, columns = grid[2] + 1, grid[3] + 1
    width, height = struct.unpack_from(">II" if grid[1] & 1 else ">HH", grid, 4)
    if len(items) != rows * columns or orientation is None or len({numbers[item] for item in items}) > 1:
        return None
    tiles = tuple(data[item] for item in items)
    properties = content[slice(*boxes[b"ipco"])]
    return HeifGrid(columns, width, height, orientation, tiles, numbers[items[0]], properties)


def _box(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def _read_id(content: bytes, at: int, *, wide: bool) -> int:
    return int(struct.unpack_from(">I" if wide else ">H", content, at)[0])


def _read_references(content: bytes, box: Span, item: int) -> tuple[int, ...]:
    """Return the items that `item` is derived from."""
    start, end = box
    form = "I" if content[start] else "H"
    at = start + 4
    while at + 8 <= end:
        length, kind = struct.unpack_from(">I4s", content, at)
        source, count = struct.unpack_from(f">{form}H", content, at + 8)
        if kind == b"dimg" and source == item:
            return struct.unpack_from(f">{count}{form}", content, at + 10 + struct.calcsize(form))
        at += max(length, 8)
    return ()


def _read_data(content: bytes, boxes: dict[bytes, Span]) -> dict[int, bytes]:
    """Return the data of each item that lies in this file in one piece."""
    at, end = boxes[b"iloc"]
    version, offset_bytes, length_bytes = content[at], content[at + 4] >> 4, content[at + 4] & 15
    base_bytes, index_bytes = content[at + 5] >> 4, content[at + 5] & 15 if version else 0
    id_bytes = 4 if version > 1 else 2
    at += 6 + id_bytes
    found: dict[int, bytes] = {}
    while at < end:
        item = int.from_bytes(content[at : at + id_bytes])
        at += id_bytes
        method = content[at + 1] & 15 if version else 0
        at += 4 if version else 2
        start = int.from_bytes(content[at : at + base_bytes]) + (boxes[b"idat"][0] if method == 1 else 0)
        at += base_bytes
        (pieces,) = struct.unpack_from(">H", content, at)
        place = at + 2 + index_bytes
        start += int.from_bytes(content[place : place + offset_bytes])
        length = int.from_bytes(content[place + offset_bytes : place + offset_bytes + length_bytes])
        if pieces == 1 and method < 2:
            found[item] = content[start : start + length]
        at += 2 + pieces * (index_bytes + offset_bytes + length_bytes)
    return found


def _read_associations(content: bytes, box: Span) -> dict[int, tuple[int, ...]]:
    """Return the numbers (from 1, with a mark where essential) of each item's properties."""
    at = box[0]
    wide_ids, wide_numbers = bool(content[at]), content[at + 3] & 1
    (entries,) = struct.unpack_from(">I", content, at + 4)
    at += 8
    found: dict[int, tuple[int, ...]] = {}
    for _entry in range(entries):
        item = _read_id(content, at, wide=wide_ids)
        at += 4 if wide_ids else 2
        count = content[at]
        form = f">{count}{'H' if wide_numbers else 'B'}"
        numbers = struct.unpack_from(form, content, at + 1)
        found[item] = numbers if wide_numbers else tuple((each & 0x7F) | (each & 0x80) << 8 for each in numbers)
        at += 1 + struct.calcsize(form)
    return found


def _read_rotation(content: bytes, box: Span, numbers: tuple[int, ...]) -> int | None:
    """Return the EXIF orientation that an item's properties mean, None if they mirror or crop it."""
    properties = [(kind, start) for kind, start, end in walk(content) if box[0] < start and end <= box[1]]
    orientation = 1
    for number in numbers:
        kind, start = properties[(number & ~_ESSENTIAL) - 1]
        if kind in (b"imir", b"clap"):
            return None
        if kind == b"irot":
            orientation = _ORIENTATIONS[content[start] & 3]
    return orientation
