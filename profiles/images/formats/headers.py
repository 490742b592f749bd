"""Read width, height and frame count of JPEG, PNG, WebP and BMP from headers, without decoding.

Sizes are the largest that the file claims anywhere, so that no decoder allocates more than was checked.
Each reader raises IndexError or struct.error on bytes that end early; `read_header` translates them.
Formats: ITU T.81 B, W3C PNG 3rd edition, RFC 9649 (WebP).
"""

import struct
from dataclasses import dataclass

from profiles.images.formats import SourceFormat

_JPEG_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_PROGRESSIVE_MARKERS = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_JPEG_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
#: Length of the oldest header, whose sides have 16 bits.
_BMP_CORE_BYTES = 12

#: Size, palette, pixels, transparency, orientation, colors, and the frames of an animation.
_PNG_CHUNKS_READ = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"eXIf"}
    | {b"iCCP", b"cICP", b"sRGB", b"gAMA", b"cHRM"}
    | {b"acTL", b"fcTL", b"fdAT"}
)


@dataclass(frozen=True)
class Header:
    """The measures that a file claims.

    `complete` is False if the file visibly ends too early. `scans` counts a JPEG's passes over the picture: each costs
    a full pass, however few bytes it has.
    """

    format: SourceFormat
    width: int
    height: int
    frames: int = 1
    complete: bool = True
    scans: int = 1

    @property
    def pixels(self) -> int:
        return self.width * self.height

    @property
    def animated(self) -> bool:
        return self.frames > 1


def read_jpeg(content: bytes) -> Header:
    width = height = components = 0
    progressive = False
    position = 2
    while (marker := content[position + 1]) not in (_START_OF_SCAN, _END_OF_IMAGE):
        if content[position] != 0xFF or marker == 0xFF or marker in _JPEG_BARE_MARKERS:
            position += 1 if content[position] != 0xFF or marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", content, position + 2)
        if marker in _JPEG_FRAME_MARKERS:
            rows, columns, components = struct.unpack_from(">HHB", content, position + 5)
            width, height = max(width, columns), max(height, rows)
            progressive = progressive or marker in _JPEG_PROGRESSIVE_MARKERS
        position += 2 + max(length, 2)
    complete = b"\xff\xd9" in content[-64:]
    scans = 1
    if progressive or content[position + 4] < components:
        # Entropy-coded bytes never hold FF DA: FF is always followed by a stuffed 00 there.
        scans = content.count(b"\xff\xda", position)
    return Header(SourceFormat.JPEG, width, height, complete=complete, scans=scans)


def read_png(content: bytes) -> Header:
    if content[12:16] != b"IHDR":
        return Header(SourceFormat.PNG, 0, 0)
    width, height = struct.unpack_from(">II", content, 16)
    position, declared, controls, hidden, complete = 8, 0, 0, 0, False
    while not complete and position + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, position)
        if kind == b"acTL":
            (declared,) = struct.unpack_from(">I", content, position + 8)
        if kind == b"IDAT" and not controls:
            hidden = 1  # a picture for readers that cannot animate
        controls += kind == b"fcTL"
        complete = kind == b"IEND"
        position += 12 + length
    frames = max(declared, controls) + hidden if declared and controls else 1
    return Header(SourceFormat.PNG, width, height, max(frames, 1), complete)


def read_png_chunks(content: bytes, kinds: frozenset[bytes]) -> dict[bytes, bytes]:
    """Return the first chunk of each of `kinds` that stands before the pixels."""
    found: dict[bytes, bytes] = {}
    position = 8
    while position + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, position)
        if kind == b"IDAT":
            break
        if kind in kinds:
            found.setdefault(kind, content[position + 8 : position + 8 + length])
        position += 12 + length
    return found


def drop_png_extras(content: bytes) -> bytes:
    """Return the PNG without text, time, physical size and private chunks, which decoders read for nothing.

    A few hundred kilobytes of compressed text can make a decoder allocate a gigabyte.
    """
    kept, position, start = [], 8, 0
    while position + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, position)
        end = position + 12 + length
        if kind not in _PNG_CHUNKS_READ:
            kept.append(content[start:position])
            start = end
        position = end
    return b"".join([*kept, content[start:]]) if kept else content


def read_webp(content: bytes) -> Header:
    (riff_bytes,) = struct.unpack_from("<I", content, 4)
    width = height = frames = 0
    position, end = 12, min(len(content), riff_bytes + 8)
    while position + 8 <= end:
        kind, length = struct.unpack_from("<4sI", content, position)
        wide, tall = _webp_chunk_size(kind, content, position + 8)
        width, height = max(width, wide), max(height, tall)
        frames += kind == b"ANMF"
        position += 8 + length + (length & 1)
    return Header(SourceFormat.WEBP, width, height, max(frames, 1), len(content) >= riff_bytes + 8)


def _webp_chunk_size(kind: bytes, content: bytes, start: int) -> tuple[int, int]:
    if kind == b"VP8X":
        wide, tall = (int.from_bytes(content[start + at : start + at + 3], "little") for at in (4, 7))
        return wide + 1, tall + 1
    if kind == b"VP8 ":
        wide, tall = struct.unpack_from("<HH", content, start + 6)
        return wide & 0x3FFF, tall & 0x3FFF
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, start + 1)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return 0, 0


def read_bmp(content: bytes) -> Header:
    """Return the header of a BMP; its height is negative if its rows go down."""
    (header_bytes,) = struct.unpack_from("<I", content, 14)
    width, height = struct.unpack_from("<HH" if header_bytes == _BMP_CORE_BYTES else "<ii", content, 18)
    return Header(SourceFormat.BMP, max(width, 0), abs(height))


def end_webp(content: bytes) -> bytes:
    """Return an animated WebP that is cut short with its whole frames only, and sizes that agree with that."""
    position = 12
    while position + 8 <= len(content):
        (length,) = struct.unpack_from("<I", content, position + 4)
        end = position + 8 + length + (length & 1)
        if end > len(content):
            break
        position = end
    return content[:4] + struct.pack("<I", position - 8) + content[8:position]
