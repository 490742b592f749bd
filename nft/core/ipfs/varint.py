"""Unsigned LEB128 integers of at most 63 bits, as in CIDs and CAR archives (multiformats unsigned-varint)."""

from __future__ import annotations

from nft.core.buffers import Bytes
from nft.core.errors import CoreError
from profiles.errors import Kind
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

_MAX_BYTES = 9

TRUNCATED = Kind("truncated", gettext_noop("The file is cut short"), permanent=False)
"""The kind of a `BadVarint` that more bytes may complete."""


class BadVarint(CoreError):
    """A varint is cut short (`TRUNCATED`), longer than 63 bits, or not in its shortest form."""

    kind = Kind("bad-varint", gettext_noop("A number in the IPFS content is malformed"))


def encode_varint(number: int) -> bytes:
    """Return `number` in as few bytes as possible. Raise `BadVarint` outside 0 … 2^63 - 1."""
    if not 0 <= number < 1 << 63:
        raise BadVarint(_("%(number)s does not fit an unsigned varint of 63 bits.", number=str(number)))
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def read_varint(buffer: Bytes, offset: int) -> tuple[int, int]:
    """Return the number at `offset` and the offset after it. Raise `BadVarint`."""
    if offset < len(buffer) and buffer[offset] < 0x80:
        return buffer[offset], offset + 1
    number = shift = 0
    for index in range(offset, min(len(buffer), offset + _MAX_BYTES)):
        byte = buffer[index]
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            if byte == 0 and shift:
                raise BadVarint(_("A varint is not in its shortest form."))
            return number, index + 1
        shift += 7
    if len(buffer) - offset >= _MAX_BYTES:
        raise BadVarint(_("A varint is longer than 63 bits."))
    raise BadVarint(_("The bytes end inside a varint."), TRUNCATED)
