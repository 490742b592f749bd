"""Encode and decode ABI values: words of 32 bytes, big-endian, with numbers and addresses padded on the left.

The decoders raise `BadAnswer`; the encoders raise `CoreError`.
"""

from __future__ import annotations

from eth_hash.auto import keccak

from nft.core.buffers import Bytes
from nft.core.errors import CoreError
from nft.core.evm.address import ADDRESS_BYTES, check_length
from nft.core.evm.errors import BadAnswer
from profiles.sentences import gettext as _

WORD = 32
_PADDING_BYTES = WORD - ADDRESS_BYTES
_ADDRESS_PADDING = bytes(_PADDING_BYTES)


def selector(signature: str) -> bytes:
    """Return the first four bytes of a call, from its canonical signature."""
    return keccak(signature.encode())[:4]


def encode_uint(number: int) -> bytes:
    """Encode a uint256."""
    try:
        return number.to_bytes(WORD, "big")
    except OverflowError as error:
        raise CoreError(_("A number in call data must be from 0 to 2^256 - 1.")) from error


def encode_address(address: bytes) -> bytes:
    """Encode an address as one word."""
    check_length(address)
    return _ADDRESS_PADDING + address


def encode_bytes(data: bytes) -> bytes:
    """Encode the tail of a dynamic `bytes` or `string`: the length, then the data padded to whole words."""
    return len(data).to_bytes(WORD, "big") + data + bytes(-len(data) % WORD)


def decode_uint(word: Bytes) -> int:
    """Decode exactly one word as a number."""
    if len(word) != WORD:
        raise BadAnswer(_("A number of %(word)s bytes was expected, %(came)s came.", word=WORD, came=len(word)))
    return int.from_bytes(word, "big")


def decode_address(word: Bytes) -> bytes:
    """Decode exactly one word as a left-padded address."""
    if len(word) != WORD or word[:_PADDING_BYTES] != _ADDRESS_PADDING:
        raise BadAnswer(_("The answer is not an address."))
    return bytes(word[_PADDING_BYTES:])


def decode_bool(word: Bytes) -> bool:
    """Decode exactly one word that is 0 or 1."""
    number = decode_uint(word)
    if number > 1:
        raise BadAnswer(_("The answer is neither true nor false."))
    return number == 1


def decode_bytes(answer: Bytes, offset: int, max_bytes: int) -> tuple[bytes, int]:
    """Decode the `bytes` whose length stands at `offset`; return them and the offset after their padding.

    The padding must be zero. Missing padding at the very end is accepted: hand-written contracts omit it, and nothing
    depends on it.
    """
    length = decode_uint(answer[offset : offset + WORD])
    if length > max_bytes:
        raise BadAnswer(_("The answer claims %(length)s bytes; %(bytes)s are read.", length=length, bytes=max_bytes))
    start = offset + WORD
    end = start + length
    padded = end + (-length % WORD)
    if len(answer) < end:
        raise BadAnswer(_("The answer is shorter than it claims."))
    if any(answer[end:padded]):
        raise BadAnswer(_("The answer has stray bytes in its padding."))
    return bytes(answer[start:end]), min(padded, len(answer))


def decode_only_bytes(answer: Bytes, max_bytes: int) -> bytes:
    """Decode the answer of a call that returns one `bytes` and nothing else."""
    if decode_uint(answer[:WORD]) != WORD:
        raise BadAnswer(_("The answer is not one string."))
    content, end = decode_bytes(answer, WORD, max_bytes)
    if any(answer[end:]):
        raise BadAnswer(_("The answer has more behind its string."))
    return content


def decode_string(answer: Bytes, max_bytes: int) -> str:
    """Decode the answer of a call that returns one `string` and nothing else."""
    try:
        return decode_only_bytes(answer, max_bytes).decode()
    except UnicodeDecodeError as error:
        raise BadAnswer(_("The contract's text is not valid UTF-8.")) from error
