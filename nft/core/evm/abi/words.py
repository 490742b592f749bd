"""ABI words: 32 bytes each, numbers big-endian, addresses and small numbers padded on the left."""

from eth_hash.auto import keccak

from nft.core.errors import CoreError
from nft.core.evm.address import ADDRESS_BYTES
from nft.core.evm.errors import BadAnswer
from nft.core.ipfs.cid import Bytes

WORD = 32
_ADDRESS_PADDING = bytes(WORD - ADDRESS_BYTES)


def selector(signature: str) -> bytes:
    """The first four bytes of a call, from its canonical signature."""
    return keccak(signature.encode())[:4]


def encode_uint(number: int) -> bytes:
    """A uint256."""
    try:
        return number.to_bytes(WORD, "big")
    except OverflowError as error:
        raise CoreError("A number in call data must be from 0 to 2^256 - 1.") from error


def encode_address(address: bytes) -> bytes:
    """An address as one word."""
    if len(address) != ADDRESS_BYTES:
        raise CoreError(f"An address has 20 bytes, not {len(address)}.")
    return _ADDRESS_PADDING + address


def encode_bytes(data: bytes) -> bytes:
    """The tail of a dynamic `bytes` or `string`: length, then the data filled up to whole words."""
    return len(data).to_bytes(WORD, "big") + data + bytes(-len(data) % WORD)


def decode_uint(word: Bytes) -> int:
    """A whole word as a number."""
    if len(word) != WORD:
        raise BadAnswer(f"A number of {WORD} bytes was expected, {len(word)} came.")
    return int.from_bytes(word, "big")


def decode_address(word: Bytes) -> bytes:
    """A word that must be a left-padded address."""
    if len(word) != WORD or bytes(word[: WORD - ADDRESS_BYTES]) != _ADDRESS_PADDING:
        raise BadAnswer("The answer is not an address.")
    return bytes(word[WORD - ADDRESS_BYTES :])


def decode_bool(word: Bytes) -> bool:
    """A word that must be 0 or 1."""
    number = decode_uint(word)
    if number > 1:
        raise BadAnswer("The answer is neither true nor false.")
    return number == 1


def decode_bytes(answer: Bytes, offset: int, max_bytes: int) -> tuple[bytes, int]:
    """The `bytes` whose length stands at `offset`, and the offset behind its padding. The padding must be zero.

    Missing padding at the very end is accepted: hand-written contracts leave it out and nothing depends on it.
    """
    length = decode_uint(answer[offset : offset + WORD])
    if length > max_bytes:
        raise BadAnswer(f"The answer claims {length:,} bytes; {max_bytes:,} are read.")
    start = offset + WORD
    end = start + length
    padded = end + (-length % WORD)
    if len(answer) < end:
        raise BadAnswer("The answer is shorter than it claims.")
    if any(answer[end:padded]):
        raise BadAnswer("The answer has stray bytes in its padding.")
    return bytes(answer[start:end]), min(padded, len(answer))
