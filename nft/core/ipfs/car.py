"""CARv1 archives: a header that names roots, then blocks (https://ipld.io/specs/transport/car/carv1/)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import libipld

from nft.core.buffers import Bytes
from nft.core.errors import InvalidIdentifier
from nft.core.ipfs.blocks import verify_block
from nft.core.ipfs.cid import DAG_CBOR, DAG_PB, IDENTITY, Cid, decode_cid, read_cid
from nft.core.ipfs.dag import DEFAULT_LIMITS, DagLimits
from nft.core.ipfs.dag_cbor import decode_dag_cbor, iterate_links
from nft.core.ipfs.dag_pb import decode_node
from nft.core.ipfs.errors import BlockMissing, CarError
from nft.core.ipfs.varint import TRUNCATED, BadVarint, encode_varint, read_varint
from profiles.sentences import gettext as _

_MAX_HEADER_BYTES = 4096
_MAX_ROOTS = 16
# The length of the next section, up to 2 MiB.
_NEXT_LENGTH_BYTES = 3
# The head of a section is its length and a CID: at least an empty one, at most one with 128 identity bytes.
_MIN_HEAD_BYTES = 5
_MAX_HEAD_BYTES = 192
# dag-cbor of {"roots": [one link], "version": 1}, before and after the link.
_HEADER_HEAD = b"\xa2\x65roots\x81\xd8\x2a"
_HEADER_TAIL = b"\x67version\x01"


def build_car(root: Cid, blocks: Mapping[Cid, Bytes]) -> bytes:
    """Build an archive of `root` and all blocks reachable from it in `blocks`, depth first, each block once.

    Blocks that are linked but not given are left out: a proof of one file does not need its neighbors.
    Raise `BlockMissing` if the root is not given, and `DagError` for a block that can't be decoded.
    """
    if root not in blocks and root.hash_code != IDENTITY:
        raise BlockMissing(root)
    return b"".join((_encode_header(root), *_iterate_sections(root, blocks)))


def iterate_reachable(roots: Iterable[Cid], blocks: Mapping[Cid, Bytes]) -> Iterator[tuple[Cid, Bytes]]:
    """Yield every block that `roots` lead to in `blocks`, depth first, once. Inline ones are their own blocks.

    Raise `DagError` for a block that can't be decoded.
    """
    seen: set[Cid] = set()
    pending = [*roots][::-1]
    while pending:
        cid = pending.pop()
        if cid in seen:
            continue
        seen.add(cid)
        block = cid.digest if cid.hash_code == IDENTITY else blocks.get(cid)
        if block is None:
            continue
        yield cid, block
        pending.extend(reversed(_decode_links(cid, block)))


def read_car(archive: bytes, limits: DagLimits = DEFAULT_LIMITS) -> tuple[tuple[Cid, ...], dict[Cid, Bytes]]:
    """Return the roots and the verified blocks of an archive in memory. Raise as `CarReader` does."""
    reader = CarReader(limits)
    blocks = dict(reader.feed(archive))
    reader.close()
    return reader.roots, blocks


class CarReader:
    """Reads an archive in pieces of any size and returns its blocks, each verified against its CID.

    Holds at most one block and the piece it was given. A block that lies whole within a piece is a view of it, not a
    copy. Not usable after an error.
    """

    def __init__(self, limits: DagLimits = DEFAULT_LIMITS) -> None:
        self.roots: tuple[Cid, ...] = ()
        self._limits = limits
        self._bytes = 0
        self._blocks = 0
        self._header_read = False
        self._head = b""  # the length and CID of the next section, as far as received
        self._section: _Section | None = None

    @property
    def wanted(self) -> int:
        """Return the best size of the next piece, in bytes: the rest of the current section and the next length.

        Pieces of this size need no copies.
        """
        if self._section:
            return self._section.missing + _NEXT_LENGTH_BYTES
        try:
            length, offset = read_varint(self._head, 0)
        except BadVarint:
            return _NEXT_LENGTH_BYTES
        return min(length, self._max_section_bytes) + offset - len(self._head) + _NEXT_LENGTH_BYTES

    def feed(self, piece: bytes) -> list[tuple[Cid, Bytes]]:
        """Return the blocks that `piece` completes. Raise `CarError`, `BlockMismatch` or `InvalidIdentifier`."""
        self._bytes += len(piece)
        if self._bytes > self._max_bytes:
            raise CarError(_("The archive is larger than %(bytes)s bytes.", bytes=self._max_bytes))
        rest = memoryview(piece)
        done: list[tuple[Cid, Bytes]] = []
        while rest or (self._section and not self._section.missing):
            section = self._section
            if section is None:
                rest = self._read_head(rest)
                continue
            rest = section.take(rest)
            if not section.missing:
                self._section = None
                done.extend(self._finish(section))
        return done

    def close(self) -> None:
        """Raise `CarError` unless the archive ended after a complete block."""
        if not self._header_read:
            raise CarError(_("The archive ends inside its header."))
        if self._head or self._section:
            raise CarError(_("The archive ends inside a block, or there are stray bytes behind the last."))

    @property
    def _max_bytes(self) -> int:
        return self._limits.max_graph_bytes + self._limits.max_blocks * _MAX_HEAD_BYTES + _MAX_HEADER_BYTES

    @property
    def _max_section_bytes(self) -> int:
        return self._limits.max_block_bytes + _MAX_HEAD_BYTES

    def _read_head(self, rest: memoryview) -> memoryview:
        """Start a section if enough bytes were received; return what is left of `rest`."""
        head = self._head + bytes(rest[:_MAX_HEAD_BYTES])
        if len(head) < _MIN_HEAD_BYTES and self._header_read:
            self._head = head
            return rest[len(rest) :]
        try:
            section, used = self._parse_head(head)
        except BadVarint as error:
            if error.is_a(TRUNCATED):
                self._head = head
                return rest[_MAX_HEAD_BYTES:]
            raise CarError(_("The archive is damaged. %(error)s", error=error.sentence)) from error
        rest = rest[used - len(self._head) :]
        self._head, self._section = b"", section
        return rest

    def _parse_head(self, head: bytes) -> tuple[_Section, int]:
        length, offset = read_varint(head, 0)
        if not self._header_read:
            _check_length(length, _MAX_HEADER_BYTES)
            return _Section(None, length), offset
        _check_length(length, self._max_section_bytes)
        cid, end = read_cid(head, offset)
        size = length - (end - offset)
        if not 0 <= size <= self._limits.max_block_bytes:
            raise CarError(
                _("A block of the archive claims %(size)s bytes, which is too little or too much.", size=size)
            )
        self._blocks += 1
        if self._blocks > self._limits.max_blocks:
            raise CarError(_("The archive has more than %(blocks)s blocks.", blocks=self._limits.max_blocks))
        return _Section(cid, size), end

    def _finish(self, section: _Section) -> list[tuple[Cid, Bytes]]:
        content = section.content()
        if section.cid is None:
            self.roots = _decode_header(content)
            self._header_read = True
            return []
        verify_block(section.cid, content)
        return [(section.cid, content)]


class _Section:
    """What follows a length: the header (without a CID) or a block. `missing` bytes are not received yet."""

    def __init__(self, cid: Cid | None, size: int) -> None:
        self.cid = cid
        self.missing = size
        self._parts: list[memoryview] = []

    def take(self, piece: memoryview) -> memoryview:
        part = piece[: self.missing]
        self._parts.append(part)
        self.missing -= len(part)
        return piece[len(part) :]

    def content(self) -> Bytes:
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)


def _check_length(length: int, allowed: int) -> None:
    if not 0 < length <= allowed:
        raise CarError(
            _(
                "A section of the archive claims %(length)s bytes; 1 to %(allowed)s are allowed.",
                length=length,
                allowed=allowed,
            )
        )


def _iterate_sections(root: Cid, blocks: Mapping[Cid, Bytes]) -> Iterator[Bytes]:
    for cid, block in iterate_reachable([root], blocks):
        if cid.hash_code != IDENTITY:
            encoded = cid.encode()
            yield encode_varint(len(encoded) + len(block)) + encoded
            yield block


def _decode_links(cid: Cid, block: Bytes) -> list[Cid]:
    """Return the CIDs that a block links to, in order; none for codecs that are not read."""
    if cid.codec == DAG_PB:
        return [link.cid for link in decode_node(block).links]
    if cid.codec == DAG_CBOR:
        return list(iterate_links(decode_dag_cbor(block)))
    return []


def _encode_header(root: Cid) -> bytes:
    link = b"\x00" + root.encode()
    link_head = bytes((0x40 | len(link),)) if len(link) < 24 else bytes((0x58, len(link)))  # CBOR's of byte strings
    header = _HEADER_HEAD + link_head + link + _HEADER_TAIL
    return encode_varint(len(header)) + header


def _decode_header(header: Bytes) -> tuple[Cid, ...]:
    try:
        value = libipld.decode_dag_cbor(bytes(header))
    except (ValueError, RecursionError) as error:
        raise CarError(_("The archive has no readable header.")) from error
    if not isinstance(value, dict) or value.get("version") != 1:
        raise CarError(_("Only CAR version 1 is read."))
    roots = value.get("roots")
    if set(value) != {"roots", "version"} or not isinstance(roots, list) or len(roots) > _MAX_ROOTS:
        raise CarError(_("The archive's header must name its roots, at most %(roots)s.", roots=_MAX_ROOTS))
    try:
        return tuple(decode_cid(root) for root in roots)
    except (InvalidIdentifier, TypeError) as error:
        raise CarError(_("The archive's header names a root that is no CID.")) from error
