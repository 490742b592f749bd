"""The body of an answer, counted as it comes and once it is unpacked, so that no server decides how much we hold."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping

from nft.clients.web.errors import BadAnswer, BodyTooLarge

CHUNK = 64 * 1024
MAX_GZIP_RATIO = 200
GZIP_FREE_BYTES = 256 * 1024

Read = Callable[[int], bytes]
"""At most so many bytes, none at the end."""


class Body:
    """At most `limit` bytes. Raises BodyTooLarge, and BadAnswer for a packing nobody asked for."""

    def __init__(self, read: Read, headers: Mapping[str, str], limit: int) -> None:
        encoding = headers.get("content-encoding", "").strip().lower()
        if encoding not in {"", "identity", "gzip", "x-gzip"}:
            raise BadAnswer("The file is packed in a way we did not ask for.")
        self._limit = limit
        self._count = 0
        self._read = read
        self._unpacked = _gunzipped(read, limit) if encoding.endswith("gzip") else None
        length = headers.get("content-length", "")
        if self._unpacked is None and length.isdecimal() and int(length[:20]) > limit:
            raise BodyTooLarge(limit)

    def read(self, size: int = CHUNK) -> bytes:
        """The next bytes, none at the end: `size` of them where the body is not packed and not yet at its end."""
        piece = self._read(size) if self._unpacked is None else next(self._unpacked, b"")
        self._count += len(piece)
        if self._count > self._limit:
            raise BodyTooLarge(self._limit)
        return piece

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.read, b"")


def _gunzipped(read: Read, limit: int) -> Iterator[bytes]:
    """Never unpacks more than a chunk at a time, and stops where the ratio is that of a bomb."""
    unpacker = zlib.decompressobj(wbits=31)
    packed = unpacked = 0
    while chunk := read(CHUNK):
        packed += len(chunk)
        for piece in _pieces(unpacker, chunk):
            unpacked += len(piece)
            if unpacked > max(GZIP_FREE_BYTES, packed * MAX_GZIP_RATIO):
                raise BodyTooLarge(limit)
            yield piece
        if unpacker.eof:
            return
    raise BadAnswer("The packed file is cut off.", permanent=False)


def _pieces(unpacker: zlib._Decompress, chunk: bytes) -> Iterator[bytes]:
    """zlib may hold output back with all its input consumed, so it is asked until it gives nothing more."""
    while not unpacker.eof and (piece := _unpacked(unpacker, chunk)):
        yield piece
        chunk = unpacker.unconsumed_tail


def _unpacked(unpacker: zlib._Decompress, chunk: bytes) -> bytes:
    try:
        return unpacker.decompress(chunk, CHUNK)
    except zlib.error as error:
        raise BadAnswer("The packed file is damaged.") from error
