"""Read size and frame count of an AVIF file from its boxes (ISO/IEC 14496-12, 23008-12), without decoding."""

import struct
from collections.abc import Iterator

from profiles.images.formats import SourceFormat
from profiles.images.formats.headers import Header

#: The boxes on the paths to sizes and sample counts, each with the number of bytes before its children: a FullBox has
#: four bytes of version and flags.
_CONTAINERS = {b"meta": 4, b"iprp": 0, b"ipco": 0, b"moov": 0, b"trak": 0, b"mdia": 0, b"minf": 0, b"stbl": 0}
_MAX_DEPTH = 8
_MAX_BOXES = 10_000

Box = tuple[bytes, int, int]


def is_avif(content: bytes) -> bool:
    """Return whether the file type box names AVIF as major or compatible brand."""
    if content[4:8] != b"ftyp":
        return False
    brands = content[8 : min(struct.unpack_from(">I", content)[0], 512)]
    return any(brands[at : at + 4] in (b"avif", b"avis") for at in range(0, len(brands), 4))


def read_avif(content: bytes) -> Header:
    """Return the header of an AVIF file, with the largest size that any of its boxes claims."""
    width = height = frames = 0
    complete = True
    for count, (kind, start, end) in enumerate(_walk(content, 0, len(content), 0)):
        if count >= _MAX_BOXES:
            break
        if kind == b"ispe":
            wide, tall = struct.unpack_from(">II", content, start + 4)
            width, height = max(width, wide), max(height, tall)
        elif kind == b"tkhd":
            wide, tall = struct.unpack_from(">HxxHxx", content, end - 8)
            width, height = max(width, wide), max(height, tall)
        elif kind == b"stsz":
            frames = max(frames, struct.unpack_from(">I", content, start + 8)[0])
        complete = complete and end <= len(content)
    # Decoders play only a file whose major brand is a sequence, and show the primary picture of others.
    frames = frames if content[8:12] == b"avis" else 1
    return Header(SourceFormat.AVIF, width, height, max(frames, 1), complete)


def _walk(content: bytes, position: int, end: int, depth: int) -> Iterator[Box]:
    """Yield every box on the paths of `_CONTAINERS` as (type, start, end) of its payload."""
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
