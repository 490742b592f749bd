"""CARv1 archives: a root and blocks, one after the other (https://ipld.io/specs/transport/car/carv1/)."""

from collections.abc import Iterator, Mapping

import libipld

from nft.core.ipfs.cid import IDENTITY, Bytes, Cid, cid_from_bytes, encode_varint, read_cid, read_varint, verify_block
from nft.core.ipfs.dag import DEFAULT_LIMITS, DagLimits
from nft.core.ipfs.dag_cbor import block_links
from nft.core.ipfs.errors import BadVarint, BlockMissing, CarError, InvalidCid, TruncatedVarint

_MAX_HEADER_BYTES = 4096
_MAX_ROOTS = 16
_NEXT_LENGTH_BYTES = 3  # of the section that follows: enough to know how long it is up to 2 MiB
_MIN_HEAD_BYTES = 5  # a length, and a CID with nothing in it
_MAX_HEAD_BYTES = 192  # of a section: a varint and a CID with an identity of at most 128 bytes
_HEADER_HEAD = b"\xa2\x65roots\x81\xd8\x2a"  # dag-cbor: {"roots": [one link], "version": 1}
_HEADER_TAIL = b"\x67version\x01"


def write_car(root: Cid, blocks: Mapping[Cid, Bytes]) -> bytes:
    """An archive of `root` and all that can be reached from it in `blocks`, depth first, each block once.

    Blocks that are linked but not given are left out: a proof of one file does not need its neighbours.
    Raises `BlockMissing` when the root is not there.
    """
    return b"".join(iterate_car(root, blocks))


def iterate_car(root: Cid, blocks: Mapping[Cid, Bytes]) -> Iterator[Bytes]:
    """`write_car` in parts, for streaming."""
    if root not in blocks and root.hash_code != IDENTITY:
        raise BlockMissing(root)
    yield _encode_header(root)
    seen: set[Cid] = set()
    pending = [root]
    while pending:
        cid = pending.pop()
        if cid in seen:
            continue
        seen.add(cid)
        block = cid.digest if cid.hash_code == IDENTITY else blocks.get(cid)
        if block is None:
            continue
        if cid.hash_code != IDENTITY:
            encoded = cid.encode()
            yield encode_varint(len(encoded) + len(block)) + encoded
            yield block
        pending.extend(reversed(block_links(cid, block)))


class CarReader:
    """Takes an archive in pieces of any size and gives back its blocks, each verified against its CID.

    Holds at most one block and the piece it was fed; blocks that lie whole within a piece are views of it, not
    copies. After an error the reader is done for.
    """

    def __init__(self, limits: DagLimits = DEFAULT_LIMITS) -> None:
        self.roots: tuple[Cid, ...] = ()
        self._limits = limits
        self._bytes = 0
        self._blocks = 0
        self._header_read = False
        self._head = b""  # of a section: its length and CID, as far as they have come
        self._section: _Section | None = None

    @property
    def wanted(self) -> int:
        """The size of the next piece that makes no copy necessary: the rest of what has begun, and a length."""
        if self._section:
            return self._section.missing + _NEXT_LENGTH_BYTES
        try:
            length, offset = read_varint(self._head, 0)
        except BadVarint:
            return _NEXT_LENGTH_BYTES
        return min(length, self._max_section_bytes) + offset - len(self._head) + _NEXT_LENGTH_BYTES

    def feed(self, piece: bytes) -> list[tuple[Cid, Bytes]]:
        """The blocks that `piece` completes. Raises `CarError`, `BlockMismatch` or `InvalidCid`."""
        self._bytes += len(piece)
        if self._bytes > self._max_bytes:
            raise CarError(f"The archive is larger than {self._max_bytes:,} bytes.")
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
        """Raise `CarError` unless the archive ended behind a whole block."""
        if not self._header_read:
            raise CarError("The archive ends inside its header.")
        if self._head or self._section:
            raise CarError("The archive ends inside a block, or there are stray bytes behind the last.")

    @property
    def _max_bytes(self) -> int:
        return self._limits.max_graph_bytes + self._limits.max_blocks * _MAX_HEAD_BYTES + _MAX_HEADER_BYTES

    @property
    def _max_section_bytes(self) -> int:
        return self._limits.max_block_bytes + _MAX_HEAD_BYTES

    def _read_head(self, rest: memoryview) -> memoryview:
        """Begin a section if enough bytes have come; what is left of `rest`."""
        head = self._head + bytes(rest[:_MAX_HEAD_BYTES])
        if len(head) < _MIN_HEAD_BYTES and self._header_read:
            self._head = head
            return rest[len(rest) :]
        try:
            section, used = self._parse_head(head)
        except TruncatedVarint:
            self._head = head
            return rest[_MAX_HEAD_BYTES:]
        except BadVarint as error:
            raise CarError(f"The archive is damaged. {error}") from error
        rest = rest[used - len(self._head) :]
        self._head, self._section = b"", section
        return rest

    def _parse_head(self, head: bytes) -> tuple["_Section", int]:
        length, offset = read_varint(head, 0)
        if not self._header_read:
            _check_length(length, _MAX_HEADER_BYTES)
            return _Section(None, length), offset
        _check_length(length, self._max_section_bytes)
        cid, end = read_cid(head, offset)
        size = length - (end - offset)
        if not 0 <= size <= self._limits.max_block_bytes:
            raise CarError(f"A block of the archive claims {size:,} bytes, which is too little or too much.")
        self._blocks += 1
        if self._blocks > self._limits.max_blocks:
            raise CarError(f"The archive has more than {self._limits.max_blocks:,} blocks.")
        return _Section(cid, size), end

    def _finish(self, section: "_Section") -> list[tuple[Cid, Bytes]]:
        content = section.content()
        if section.cid is None:
            self.roots = _decode_header(content)
            self._header_read = True
            return []
        verify_block(section.cid, content)
        return [(section.cid, content)]


class _Section:
    """What follows a length: the header (without CID) or a block. `missing` bytes are still to come."""

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


def read_car(archive: bytes, limits: DagLimits = DEFAULT_LIMITS) -> tuple[tuple[Cid, ...], dict[Cid, Bytes]]:
    """The roots and the proved blocks of a whole archive in memory."""
    reader = CarReader(limits)
    blocks = dict(reader.feed(archive))
    reader.close()
    return reader.roots, blocks


def _check_length(length: int, allowed: int) -> None:
    if not 0 < length <= allowed:
        raise CarError(f"A section of the archive claims {length:,} bytes; 1 to {allowed:,} are allowed.")


def _encode_header(root: Cid) -> bytes:
    link = b"\x00" + root.encode()
    header = _HEADER_HEAD + _cbor_bytes_head(len(link)) + link + _HEADER_TAIL
    return encode_varint(len(header)) + header


def _cbor_bytes_head(length: int) -> bytes:
    return bytes((0x40 | length,)) if length < 24 else bytes((0x58, length))


def _decode_header(header: Bytes) -> tuple[Cid, ...]:
    try:
        value = libipld.decode_dag_cbor(bytes(header))
    except (ValueError, RecursionError) as error:
        raise CarError("The archive has no readable header.") from error
    if not isinstance(value, dict) or value.get("version") != 1:
        raise CarError("Only CAR version 1 is read.")
    roots = value.get("roots")
    if set(value) != {"roots", "version"} or not isinstance(roots, list) or len(roots) > _MAX_ROOTS:
        raise CarError(f"The archive's header must name its roots, at most {_MAX_ROOTS}.")
    try:
        return tuple(cid_from_bytes(root) for root in roots)
    except (InvalidCid, TypeError) as error:
        raise CarError("The archive's header names a root that is no CID.") from error
