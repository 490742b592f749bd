"""Read size, frames and colors of AVIF and HEIC from their boxes (ISO/IEC 14496-12, 23008-12), without decoding."""

import struct
from collections.abc import Iterator
from itertools import islice

from profiles.images.formats import SourceFormat
from profiles.images.formats.headers import Header

#: The boxes on the paths to sizes and sample counts, each with the number of bytes before its children: a FullBox has
#: four bytes of version and flags.
_CONTAINERS = {b"meta": 4, b"iprp": 0, b"ipco": 0, b"moov": 0, b"trak": 0, b"mdia": 0, b"minf": 0, b"stbl": 0}
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1"})
_MAX_DEPTH = 8
_MAX_BOXES = 10_000

Box = tuple[bytes, int, int]


def sniff_heif(content: bytes) -> SourceFormat | None:
    """Return AVIF or HEIC if the file type box names it as major or compatible brand."""
    if content[4:8] != b"ftyp":
        return None
    brands = content[8 : min(struct.unpack_from(">I", content)[0], 512)]
    named = {brands[at : at + 4] for at in range(0, len(brands), 4)}
    if named & {b"avif", b"avis"}:
        return SourceFormat.AVIF
    return SourceFormat.HEIC if named & _HEIC_BRANDS else None


def read_heif(content: bytes) -> Header:
    """Return the header of an AVIF or HEIC file, with the largest size that any of its boxes claims."""
    source = sniff_heif(content) or SourceFormat.AVIF
    width = height = frames = 0
    complete = True
    for kind, start, end in walk(content):
        if kind == b"ispe":
            wide, tall = struct.unpack_from(">II", content, start + 4)
            width, height = max(width, wide), max(height, tall)
        elif kind == b"tkhd":
            wide, tall = struct.unpack_from(">HxxHxx", content, end - 8)
            width, height = max(width, wide), max(height, tall)
        elif kind == b"stsz":
            frames = max(frames, struct.unpack_from(">I", content, start + 8)[0])
        complete = complete and end <= len(content)
    # Decoders play only an AVIF whose major brand is a sequence, and show the primary picture of others.
    frames = frames if content[8:12] == b"avis" else 1
    return Header(source, width, height, max(frames, 1), complete)


def read_color_codes(content: bytes) -> tuple[int, int] | None:
    """Return primaries and transfer characteristics (ITU-T H.273) of the first color box that names them, or None."""
    for kind, start, _end in walk(content):
        if kind == b"colr" and content[start : start + 4] == b"nclx":
            primaries, transfer = struct.unpack_from(">HH", content, start + 4)
            return primaries, transfer
    return None


def walk(content: bytes) -> Iterator[Box]:
    """Yield every box on the paths of `_CONTAINERS` as (type, start, end) of its payload, at most _MAX_BOXES."""
    return islice(_walk(content, 0, len(content), 0), _MAX_BOXES)


def _walk(content: bytes, position: int, end: int, depth: int) -> Iterator[Box]:
    while position + 8 <= end:
        length, kind = struct.unpack_from(">I4s", content, position)
        start = position + 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", content, start)
            start += 8
        stop = position + length if length else end
        if stop < start:
            return
        yield kind, start, stop
        if kind in _CONTAINERS and depth < _MAX_DEPTH:
            yield from _walk(content, start + _CONTAINERS[kind], min(stop, end), depth + 1)
        position = stop
