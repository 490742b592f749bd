"""Find the tiles of a HEIC whose picture is a grid, as those of phones are (ISO/IEC 23008-12, 6.6.2.3)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from profiles.images.formats.heif import walk

#: Rotation in steps of 90 degrees anticlockwise → the EXIF orientation with the same meaning.
_ORIENTATIONS = (1, 8, 3, 6)
_KEPT_FLAGS = 0xFE  # all but "hidden"


@dataclass(frozen=True)
class HeifGrid:
    """A picture of `columns` by `rows` tiles, item ids row by row. Sizes are as stored, before the rotation."""

    columns: int
    width: int
    height: int
    tiles: tuple[int, ...]
    orientation: int
    content: bytes

    def tile_as_picture(self, index: int) -> bytes:
        """Return the file with one tile as its primary picture."""
        shown = bytearray(self.content)
        for kind, start, _end in walk(self.content):
            if kind == b"pitm":
                form = ">I" if shown[start] else ">H"
                struct.pack_into(form, shown, start + 4, self.tiles[index])
            elif kind == b"infe":
                shown[start + 3] &= _KEPT_FLAGS
        return bytes(shown)


def read_grid(content: bytes) -> HeifGrid | None:
    """Return the grid of the primary picture, None if it has none or is changed by more than a rotation.

    Raises struct.error or IndexError for boxes that end early.
    """
    boxes = {kind: (start, end) for kind, start, end in walk(content)}
    if not boxes.keys() >= {b"pitm", b"iref", b"iloc", b"ipma", b"ipco"}:
        return None
    primary = _read_id(content, boxes[b"pitm"][0] + 4, wide=bool(content[boxes[b"pitm"][0]]))
    tiles = _read_references(content, boxes[b"iref"], primary)
    payload = _read_payload(content, boxes, primary)
    if not tiles or payload is None or payload[0]:
        return None
    rows, columns = payload[2] + 1, payload[3] + 1
    width, height = struct.unpack_from(">II" if payload[1] & 1 else ">HH", payload, 4)
    orientation = _read_rotation(content, boxes, primary)
    if len(tiles) != rows * columns or orientation is None:
        return None
    return HeifGrid(columns, width, height, tiles, orientation, content)


def _read_id(content: bytes, at: int, *, wide: bool) -> int:
    return int(struct.unpack_from(">I" if wide else ">H", content, at)[0])


def _read_references(content: bytes, box: tuple[int, int], item: int) -> tuple[int, ...]:
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


def _read_payload(content: bytes, boxes: dict[bytes, tuple[int, int]], item: int) -> bytes | None:
    """Return the first extent of an item's data."""
    start, end = boxes[b"iloc"]
    version, sizes, base_size = content[start], content[start + 4], content[start + 5] >> 4
    index_size = content[start + 5] & 15 if version else 0
    wide = version > 1
    at = start + 6 + (4 if wide else 2)
    while at < end:
        found = _read_id(content, at, wide=wide)
        at += 4 if wide else 2
        method = content[at + 1] & 15 if version else 0
        at += (2 if version else 0) + 2
        base = int.from_bytes(content[at : at + base_size])
        at += base_size
        extents = _read_id(content, at, wide=False)
        place = at + 2 + index_size
        offset = int.from_bytes(content[place : place + (sizes >> 4)])
        length = int.from_bytes(content[place + (sizes >> 4) : place + (sizes >> 4) + (sizes & 15)])
        if found == item and extents:
            first = base + offset + (boxes[b"idat"][0] if method == 1 and b"idat" in boxes else 0)
            return content[first : first + length]
        at += 2 + extents * (index_size + (sizes >> 4) + (sizes & 15))
    return None


def _read_rotation(content: bytes, boxes: dict[bytes, tuple[int, int]], item: int) -> int | None:
    """Return the EXIF orientation that an item's properties mean, None if they mirror or crop it."""
    properties = [(kind, start) for kind, start, end in walk(content) if _is_inside(start, end, boxes[b"ipco"])]
    orientation = 1
    for index in _read_associations(content, boxes[b"ipma"], item):
        kind, start = properties[index - 1] if 0 < index <= len(properties) else (b"", 0)
        if kind in (b"imir", b"clap"):
            return None
        if kind == b"irot":
            orientation = _ORIENTATIONS[content[start] & 3]
    return orientation


def _is_inside(start: int, end: int, box: tuple[int, int]) -> bool:
    return box[0] < start and end <= box[1]


def _read_associations(content: bytes, box: tuple[int, int], item: int) -> list[int]:
    """Return the numbers, from 1, of an item's properties."""
    start, _end = box
    wide_ids, wide_numbers = bool(content[start]), content[start + 3] & 1
    (entries,) = struct.unpack_from(">I", content, start + 4)
    at = start + 8
    for _entry in range(entries):
        found = _read_id(content, at, wide=wide_ids)
        at += 4 if wide_ids else 2
        count = content[at]
        form = f">{count}{'H' if wide_numbers else 'B'}"
        numbers = struct.unpack_from(form, content, at + 1)
        if found == item:
            return [number & (0x7FFF if wide_numbers else 0x7F) for number in numbers]
        at += 1 + struct.calcsize(form)
    return []
