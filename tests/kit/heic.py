"""Build HEIC files as phones write them: a grid of tiles of 512 by 512 pixels (ISO/IEC 23008-12)."""

from __future__ import annotations

import struct
from base64 import b64decode

TILE = 512

#: HEVC of one tile in each color of `profiles.testing.pictures.CORNERS`, and the configuration they share.
_CONFIGURATION = b64decode(
    "AQNwAAAAkAAAAAAAWvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAWroCQGEAAQArQgEBA3AAAAMAkAAAAwAAAwBaoAQCAIBZbqSSmubg"
    "IaDAgAAADIAAAAMAhGIAAQAHRAHBcrBiQA=="
)
_TILES = [
    b64decode(
        "AAAA1igBrwnEGrYWXVVUgCE5dV///II///xiNyH8CiB0HMPLuNNZ4fr3Mxd0AABZAAClAAZgAAADALeAovczF3QAAGQAAOcAC8AAAAMAAAMA"
        "AAMBF5MAAP8ADCAAAAMAAAMAAAMAAAMAAASMhwAAAwAAAwAAAwAAAwAAAwAAAwAAAwJeAAADAAADAAADAAADAAADAAADAAAEFAAAAwAAAwAA"
        "AwAAAwAAAwAAAwAAc0AAAAMAAAMAAAMAAAMAAAMAAAMAA9oAAAMAAAMAAAMAAAMAAAMAAAMADtg="
    ),
    b64decode(
        "AAAA1SgBrwnEGqYWXVVUgCE5dV//7NH//8oBf/+gAUdBzDy7jTWeH69zMXdAAAWQAApQAGYAAAMAC3ii9zMXdAAAZAAA5wALwAAAAwAAAwAA"
        "AwEXkwAA/wAMIAAAAwAAAwAAAwAAAwAABIyHAAADAAADAAADAAADAAADAAADAAADAl4AAAMAAAMAAAMAAAMAAAMAAAMAAAQUAAADAAADAAAD"
        "AAADAAADAAADAABzQAAAAwAAAwAAAwAAAwAAAwAAAwAD2gAAAwAAAwAAAwAAAwAAAwAAAwAO2A=="
    ),
    b64decode(
        "AAAA1igBrwnEGrYWXVVUgCE5dV///aUH73+eoP/+4bJ0HMPLuNNZ4fr3Mxd0AABZAAClAAZgAAADALeAovczF3QAAGQAAOcAC8AAAAMAAAMA"
        "AAMBF5MAAP8ADCAAAAMAAAMAAAMAAAMAAASMhwAAAwAAAwAAAwAAAwAAAwAAAwAAAwJeAAADAAADAAADAAADAAADAAADAAAEFAAAAwAAAwAA"
        "AwAAAwAAAwAAAwAAc0AAAAMAAAMAAAMAAAMAAAMAAAMAA9oAAAMAAAMAAAMAAAMAAAMAAAMADtg="
    ),
    b64decode(
        "AAAA1igBrwnEGrYWXVVUgCE5dV9f/faX//+s33IfI0SdBzDy7jTWeH69zMXdAAAWQAApQAGYAAADAC3govczF3QAAGQAAOcAC8AAAAMAAAMA"
        "AAMBF5MAAP8ADCAAAAMAAAMAAAMAAAMAAASMhwAAAwAAAwAAAwAAAwAAAwAAAwAAAwJeAAADAAADAAADAAADAAADAAADAAAEFAAAAwAAAwAA"
        "AwAAAwAAAwAAAwAAc0AAAAMAAAMAAAMAAAMAAAMAAAMAA9oAAAMAAAMAAAMAAAMAAAMAAAMADtg="
    ),
]


def heic_grid(
    columns: int, rows: int, *, rotation: int = 0, cut: int = 0, color: bytes = b"", brand: bytes = b"heic"
) -> bytes:
    """Return a HEIC whose quarters, as stored, have the colors of CORNERS.

    `rotation` is in steps of 90 degrees anticlockwise, `cut` is how much less than its tiles the picture shows at the
    right and below, and `color` is the payload of a color box.
    """
    count = columns * rows
    width, height = columns * TILE - cut, rows * TILE - cut
    grid = struct.pack(">BBBBII", 0, 1, rows - 1, columns - 1, width, height)
    items = [_TILES[_quarter(index, columns, rows)] for index in range(count)]
    properties = [
        box(b"hvcC", _CONFIGURATION),
        full_box(b"ispe", struct.pack(">II", TILE, TILE)),
        full_box(b"ispe", struct.pack(">II", width, height)),
        box(b"irot", bytes([rotation])),
        *([box(b"colr", color)] if color else []),
    ]
    shared = [5] if color else []
    associations = {number: [1, 2, *shared] for number in range(1, count + 1)} | {count + 1: [3, 4, *shared]}
    ftyp = box(b"ftyp", brand + bytes(4) + b"mif1" + brand)
    meta_size = len(_meta(properties, associations, count, [0] * (count + 1), items, grid))
    offsets, at = [], len(ftyp) + meta_size + 8
    for item in (*items, grid):
        offsets.append(at)
        at += len(item)
    meta = _meta(properties, associations, count, offsets, items, grid)
    return ftyp + meta + box(b"mdat", b"".join((*items, grid)))


def _quarter(index: int, columns: int, rows: int) -> int:
    return 2 * (index // columns >= rows / 2) + (index % columns >= columns / 2)


def _meta(
    properties: list[bytes],
    associations: dict[int, list[int]],
    count: int,
    offsets: list[int],
    items: list[bytes],
    grid: bytes,
) -> bytes:
    kinds = [b"hvc1"] * count + [b"grid"]
    entries = b"".join(_entry(number, kind, hidden=kind == b"hvc1") for number, kind in enumerate(kinds, 1))
    places = b"".join(
        struct.pack(">HHHII", number, 0, 1, offset, len(item))
        for number, offset, item in zip(range(1, count + 2), offsets, (*items, grid), strict=True)
    )
    reference = struct.pack(f">HH{count}H", count + 1, count, *range(1, count + 1))
    links = b"".join(struct.pack(">HB", number, len(each)) + bytes(each) for number, each in associations.items())
    return full_box(
        b"meta",
        full_box(b"hdlr", bytes(4) + b"pict" + bytes(13))
        + full_box(b"pitm", struct.pack(">H", count + 1))
        + full_box(b"iinf", struct.pack(">H", count + 1) + entries)
        + full_box(b"iref", box(b"dimg", reference))
        + box(b"iprp", box(b"ipco", b"".join(properties)) + full_box(b"ipma", struct.pack(">I", count + 1) + links))
        + full_box(b"iloc", struct.pack(">BBH", 0x44, 0, count + 1) + places),
    )


def _entry(number: int, kind: bytes, *, hidden: bool) -> bytes:
    return box(b"infe", bytes((2, 0, 0, hidden)) + struct.pack(">HH4s", number, 0, kind) + b"\0")


def box(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def full_box(kind: bytes, payload: bytes) -> bytes:
    return box(kind, bytes(4) + payload)
