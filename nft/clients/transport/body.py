"""Bodies of responses, counted while they arrive and once unpacked: no server decides how much memory we use."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping

from nft.clients.transport.errors import BAD_RESPONSE, BODY_TOO_LARGE, FetchError
from profiles.sentences import gettext as _

CHUNK = 64 * 1024
MAX_GZIP_RATIO = 200
GZIP_FREE_BYTES = 256 * 1024
"""Unpacked bytes up to which no ratio is checked."""

_GZIP = {"gzip", "x-gzip"}

Read = Callable[[int], bytes]
"""Returns at most the given number of bytes, none at the end."""


class Body:
    """At most `limit` bytes of a body. Raises FetchError for more.

    gzip is unpacked. Other codings are left alone: we asked for none, and stores that pass an upload's headers on say
    `aws-chunked` or `utf-8` of plain files.
    """

    def __init__(
        self, read: Read, headers: Mapping[str, str], limit: int, *, max_gzip_ratio: float = MAX_GZIP_RATIO
    ) -> None:
        codings = {coding.strip().lower() for coding in headers.get("content-encoding", "").split(",")}
        self._limit = limit
        self._count = 0
        self._read = read
        self._unpacked = self._unpack(max_gzip_ratio) if codings & _GZIP else None
        length = headers.get("content-length", "")
        if self._unpacked is None and length.isdecimal() and int(length[:20]) > limit:
            raise self._too_large()

    def read(self, size: int = CHUNK) -> bytes:
        """Return the next bytes, none at the end. Unless packed, `size` of them, or all that are left."""
        piece = self._read(size) if self._unpacked is None else next(self._unpacked, b"")
        self._count += len(piece)
        if self._count > self._limit:
            raise self._too_large()
        return piece

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.read, b"")

    def _unpack(self, max_ratio: float) -> Iterator[bytes]:
        """Unpack gzip, at most CHUNK bytes at a time, and stop at the ratio of a decompression bomb."""
        unpacker = zlib.decompressobj(wbits=31)
        packed = unpacked = 0
        while chunk := self._read(CHUNK):
            packed += len(chunk)
            for piece in _decompress(unpacker, chunk):
                unpacked += len(piece)
                if unpacked > max(GZIP_FREE_BYTES, packed * max_ratio):
                    raise self._too_large()
                yield piece
            if unpacker.eof:
                return
        raise FetchError(_("The packed file is cut off."), BAD_RESPONSE, permanent=False)

    def _too_large(self) -> FetchError:
        return FetchError(_("The file is larger than the limit of %(limit)s bytes.", limit=self._limit), BODY_TOO_LARGE)


def _decompress(unpacker: zlib._Decompress, chunk: bytes) -> Iterator[bytes]:
    """Yield pieces until zlib gives no more: it may hold output back with all its input consumed."""
    try:
        while not unpacker.eof and (piece := unpacker.decompress(chunk, CHUNK)):
            yield piece
            chunk = unpacker.unconsumed_tail
    except zlib.error as error:
        raise FetchError(_("The packed file is damaged."), BAD_RESPONSE) from error
