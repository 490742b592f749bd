"""Unsigned LEB128 numbers, as in CIDs, CAR files and protobuf."""

from nft.core.errors import BadVarint, TruncatedVarint

Bytes = bytes | bytearray | memoryview

_MAX_BYTES = 9  # multiformats unsigned-varint: at most 63 bits


def encode_varint(number: int) -> bytes:
    """`number` in as few bytes as possible."""
    if not 0 <= number < 1 << 63:
        raise BadVarint(f"{number} does not fit an unsigned varint of 63 bits.")
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def read_varint(buffer: Bytes, offset: int) -> tuple[int, int]:
    """The number at `offset` and the offset behind it. Only the shortest form is accepted (multiformats)."""
    if offset < len(buffer) and buffer[offset] < 0x80:
        return buffer[offset], offset + 1
    number = shift = 0
    for index in range(offset, min(len(buffer), offset + _MAX_BYTES)):
        byte = buffer[index]
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            if byte == 0 and shift:
                raise BadVarint("A varint is not in its shortest form.")
            return number, index + 1
        shift += 7
    if len(buffer) - offset >= _MAX_BYTES:
        raise BadVarint("A varint is longer than 63 bits.")
    raise TruncatedVarint("The bytes end inside a varint.")
