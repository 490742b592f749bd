"""Recursive Length Prefix, as headers and trie nodes need it: one list of byte strings, encoded and decoded strictly.

A nested list is returned as it stands, so that no input can make the decoder recurse. Everything that is not in its
only canonical form is refused (Ethereum Yellow Paper, appendix B).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nft.core.evm.errors import NotProved
from profiles.sentences import gettext as _

_STRING, _LIST = 0x80, 0xC0
#: The longest content whose length stands in the prefix itself.
_SHORT = 55
_MALFORMED = _("A part of the proof is not well-formed RLP.")


@dataclass(frozen=True, slots=True)
class Item:
    """A byte string's content, or a nested list with its prefix."""

    content: bytes
    is_list: bool = False


def encode_list(items: Sequence[bytes]) -> bytes:
    """Encode a list of byte strings."""
    payload = b"".join(_encode_bytes(item) for item in items)
    return _prefix(_LIST, len(payload)) + payload


def encode_number(number: int) -> bytes:
    """Return the content of a number: big-endian without leading zeros, empty for 0."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def decode_number(content: bytes) -> int:
    """Decode what `encode_number` returns, and nothing else. Raise `NotProved`."""
    if content[:1] == b"\0" or len(content) > 32:
        raise NotProved(_MALFORMED)
    return int.from_bytes(content, "big")


def decode_list(data: bytes, most: int) -> list[Item]:
    """Decode a list of at most `most` items that fills `data`. Raise `NotProved`."""
    is_list, position, end = _read_prefix(data, 0)
    if not is_list or end != len(data):
        raise NotProved(_MALFORMED)
    items: list[Item] = []
    while position < end:
        if len(items) == most:
            raise NotProved(_MALFORMED)
        is_nested, start, after = _read_prefix(data, position)
        if after > end:
            raise NotProved(_MALFORMED)
        items.append(Item(data[position if is_nested else start : after], is_nested))
        position = after
    return items


def decode_string(data: bytes) -> bytes:
    """Decode a byte string that fills `data`. Raise `NotProved`."""
    is_list, start, end = _read_prefix(data, 0)
    if is_list or end != len(data):
        raise NotProved(_MALFORMED)
    return data[start:]


def _encode_bytes(content: bytes) -> bytes:
    if len(content) == 1 and content[0] < _STRING:
        return content
    return _prefix(_STRING, len(content)) + content


def _prefix(kind: int, length: int) -> bytes:
    if length <= _SHORT:
        return bytes([kind + length])
    written = encode_number(length)
    return bytes([kind + _SHORT + len(written)]) + written


def _read_prefix(data: bytes, position: int) -> tuple[bool, int, int]:
    """Return whether a list begins at `position`, where its content begins, and where it ends."""
    if position >= len(data):
        raise NotProved(_MALFORMED)
    first = data[position]
    if first < _STRING:
        return False, position, position + 1
    kind = _LIST if first >= _LIST else _STRING
    length, start = first - kind, position + 1
    if length > _SHORT:
        start += length - _SHORT
        length = decode_number(data[position + 1 : start])
        if length <= _SHORT:
            raise NotProved(_MALFORMED)
    end = start + length
    if end > len(data) or (kind == _STRING and length == 1 and data[start] < _STRING):
        raise NotProved(_MALFORMED)
    return kind == _LIST, start, end
