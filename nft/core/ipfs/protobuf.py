"""The protobuf wire format as far as dag-pb and UnixFS use it: varints and length-delimited fields.

Written by hand instead of generated: it is shorter, reads without copying, and lets dag-pb be as strict as its
specification demands.
"""

from __future__ import annotations

from collections.abc import Iterator

from nft.core.buffers import Bytes
from nft.core.ipfs.errors import MALFORMED_NODE, DagError
from nft.core.ipfs.varint import encode_varint
from profiles.sentences import gettext as _

VARINT = 0
DELIMITED = 2
_FIXED_BYTES = {1: 8, 5: 4}
_MAX_FIELD = 2**29 - 1

Field = tuple[int, int, int, memoryview]
"""(field number, wire type, varint value, bytes); the value that does not apply is 0 or empty."""


def read_fields(message: Bytes) -> Iterator[Field]:
    """Yield each field in order. Raise `DagError` for a malformed message."""
    view = memoryview(message)
    offset, end, empty = 0, len(view), view[:0]
    while offset < end:
        key, offset = read_number(view, offset)
        field, wire_type = key >> 3, key & 7
        if not 1 <= field <= _MAX_FIELD:
            raise DagError(_("Protobuf field %(field)s does not exist.", field=field), MALFORMED_NODE)
        if wire_type == VARINT:
            value, offset = read_number(view, offset)
            yield field, wire_type, value, empty
            continue
        length, offset = read_number(view, offset) if wire_type == DELIMITED else (_fixed_bytes(wire_type), offset)
        if length > end - offset:
            raise DagError(_("A protobuf field is longer than its message."), MALFORMED_NODE)
        yield field, wire_type, 0, view[offset : offset + length]
        offset += length


def read_packed(values: memoryview) -> Iterator[int]:
    """Yield the varints of a packed repeated field."""
    offset = 0
    while offset < len(values):
        value, offset = read_number(values, offset)
        yield value


def read_number(view: memoryview, offset: int) -> tuple[int, int]:
    """Return the protobuf varint at `offset` and the offset after it.

    Unlike `varint.read_varint`: 64 bits in at most ten bytes, not necessarily the shortest form.
    """
    if offset < len(view) and view[offset] < 0x80:  # nearly all of them
        return view[offset], offset + 1
    number = shift = 0
    for index in range(offset, min(len(view), offset + 10)):
        byte = view[index]
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number & 0xFFFF_FFFF_FFFF_FFFF, index + 1
        shift += 7
    raise DagError(_("A protobuf number is cut short or too long."), MALFORMED_NODE)


def encode_number(field: int, value: int) -> bytes:
    """Return a varint field."""
    return encode_varint(field << 3 | VARINT) + encode_varint(value)


def encode_bytes(field: int, value: bytes) -> bytes:
    """Return a length-delimited field."""
    return encode_varint(field << 3 | DELIMITED) + encode_varint(len(value)) + value


def _fixed_bytes(wire_type: int) -> int:
    if wire_type not in _FIXED_BYTES:
        raise DagError(_("Protobuf wire type %(wire_type)s is not used here.", wire_type=wire_type), MALFORMED_NODE)
    return _FIXED_BYTES[wire_type]
