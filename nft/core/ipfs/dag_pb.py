"""dag-pb nodes: named links and opaque data (https://ipld.io/specs/codecs/dag-pb/spec/)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from nft.core.ipfs.cid import Bytes, Cid, cid_from_bytes, encode_varint
from nft.core.ipfs.errors import InvalidCid, MalformedNode

_DATA, _LINKS = 1, 2
_HASH, _NAME, _SIZE = 1, 2, 3
_PART_HEAD = b"\x0a\x24"  # a hash field with a CIDv1 of 36 bytes
_PART_HASH_ENDS = 38
_PART_NAME = b"\x12\x00\x18"  # an empty name, and the field of the size
_PART_SIZE_AT = 41


class PbLink(NamedTuple):
    """One link. `size` is what the node's author claims for the whole graph below; never trust it."""

    cid: Cid
    name: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class PbNode:
    """A decoded node; `data` is None where the field is absent, which is not the same as empty."""

    data: memoryview | None
    links: tuple[PbLink, ...]


def encode_node(links: tuple[PbLink, ...] | list[PbLink], data: bytes | None) -> bytes:
    """The canonical form: links sorted by the bytes of their names (stable), then the data."""
    ordered = sorted(links, key=lambda link: link.name.encode())
    encoded = b"".join(encode_bytes(_LINKS, _encode_link(link)) for link in ordered)
    return encoded if data is None else encoded + encode_bytes(_DATA, data)


def decode_node(block: Bytes) -> PbNode:
    """Strict: unknown or repeated fields, links without a CID and links of an unsupported hash are refused."""
    links: list[PbLink] = []
    data: memoryview | None = None
    for field, kind, _, value in read_fields(block):
        if kind != DELIMITED or field not in (_DATA, _LINKS):
            raise MalformedNode(f"Field {field} does not belong in a dag-pb node.")
        if field == _LINKS:
            links.append(_decode_link(value))
        elif data is None:
            data = value
        else:
            raise MalformedNode("A dag-pb node has its data twice.")
    return PbNode(data, tuple(links))


def _encode_link(link: PbLink) -> bytes:
    return (
        encode_bytes(_HASH, link.cid.encode())
        + encode_bytes(_NAME, link.name.encode())
        + encode_number(_SIZE, link.size)
    )


def _decode_link(message: memoryview) -> PbLink:
    if message[:2] == _PART_HEAD and message[_PART_HASH_ENDS:_PART_SIZE_AT] == _PART_NAME:  # of a file: most links
        size, end = read_number(message, _PART_SIZE_AT)
        if end == len(message):
            return PbLink(_decode_cid(message[2:_PART_HASH_ENDS]), "", size)
    return _decode_any_link(message)


def _decode_any_link(message: memoryview) -> PbLink:
    cid: Cid | None = None
    name, size, last = "", 0, 0
    for field, kind, number, value in read_fields(message):
        if field <= last or kind != (VARINT if field == _SIZE else DELIMITED) or field > _SIZE:
            raise MalformedNode("A dag-pb link has fields that are unknown, repeated or out of order.")
        last = field
        if field == _HASH:
            cid = _decode_cid(value)
        elif field == _NAME:
            name = _decode_name(value)
        else:
            size = number
    if cid is None:
        raise MalformedNode("A dag-pb link has no CID.")
    return PbLink(cid, name, size)


def _decode_cid(value: memoryview) -> Cid:
    try:
        return cid_from_bytes(value)
    except InvalidCid as error:
        raise MalformedNode(f"A link in a dag-pb node cannot be followed. {error}") from error


def _decode_name(value: memoryview) -> str:
    try:
        return str(value, "utf-8")
    except UnicodeDecodeError as error:
        raise MalformedNode("A link in a dag-pb node has a name that is not UTF-8.") from error


# The protobuf wire format, as far as dag-pb and UnixFS use it: varints and length-delimited fields.
#
# By hand and not by generated code: it is shorter, reads without copying, and lets dag-pb be as strict as its
# specification asks.

VARINT = 0
DELIMITED = 2
_FIXED = {1: 8, 5: 4}
_MAX_FIELD = 2**29 - 1

Field = tuple[int, int, int, memoryview]


def read_fields(message: Bytes) -> Iterator[Field]:
    """Each field as (number, wire type, varint value, bytes); the one that does not apply is 0 or empty."""
    view = memoryview(message)
    offset, end, empty = 0, len(view), view[:0]
    while offset < end:
        key, offset = read_number(view, offset)
        field, kind = key >> 3, key & 7
        if not 1 <= field <= _MAX_FIELD:
            raise MalformedNode(f"Protobuf field {field} does not exist.")
        if kind == VARINT:
            value, offset = read_number(view, offset)
            yield field, kind, value, empty
            continue
        length, offset = read_number(view, offset) if kind == DELIMITED else (_fixed_size(kind), offset)
        if length > end - offset:
            raise MalformedNode("A protobuf field is longer than its message.")
        yield field, kind, 0, view[offset : offset + length]
        offset += length


def read_packed(values: memoryview) -> Iterator[int]:
    """The varints of a packed repeated field."""
    offset = 0
    while offset < len(values):
        value, offset = read_number(values, offset)
        yield value


def encode_number(field: int, value: int) -> bytes:
    """A varint field."""
    return encode_varint(field << 3 | VARINT) + encode_varint(value)


def encode_bytes(field: int, value: bytes) -> bytes:
    """A length-delimited field."""
    return encode_varint(field << 3 | DELIMITED) + encode_varint(len(value)) + value


def _fixed_size(kind: int) -> int:
    if kind not in _FIXED:
        raise MalformedNode(f"Protobuf wire type {kind} is not used here.")
    return _FIXED[kind]


def read_number(view: memoryview, offset: int) -> tuple[int, int]:
    """A protobuf varint: 64 bits in at most ten bytes, not necessarily the shortest."""
    if offset < len(view) and view[offset] < 0x80:  # nearly all of them
        return view[offset], offset + 1
    number = shift = 0
    for index in range(offset, min(len(view), offset + 10)):
        byte = view[index]
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number & 0xFFFF_FFFF_FFFF_FFFF, index + 1
        shift += 7
    raise MalformedNode("A protobuf number is cut short or too long.")
