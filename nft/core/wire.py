"""The protobuf wire format, as far as dag-pb and UnixFS use it: varints and length-delimited fields.

By hand and not by generated code: it is shorter, reads without copying, and lets dag-pb be as strict as its
specification asks.
"""

from collections.abc import Iterator

from nft.core.errors import MalformedNode
from nft.core.varint import Bytes, encode_varint

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
