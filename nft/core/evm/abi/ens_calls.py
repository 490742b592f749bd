"""Calls of the Ethereum Name Service: the registry, and resolvers with their records.

Sources: EIP-137 (registry), ENSIP-1, 3, 5 and 9 (records), ENSIP-10 (resolvers that answer for names below their own).
"""

from __future__ import annotations

from nft.core.buffers import Bytes
from nft.core.evm.abi.words import (
    WORD,
    decode_address,
    decode_only_bytes,
    decode_string,
    encode_bytes,
    encode_uint,
    selector,
)
from nft.core.evm.address import ADDRESS_BYTES, ZERO
from nft.core.evm.errors import BadAnswer
from profiles.sentences import gettext as _

# The ERC-165 interface id of ENSIP-10.
EXTENDED_RESOLVER = bytes.fromhex("9061b923")
# Of a whole answer.
MAX_RECORD_BYTES = 64 * 1024

_RESOLVER = selector("resolver(bytes32)")
_ADDR = selector("addr(bytes32)")
_ADDR_OF_COIN = selector("addr(bytes32,uint256)")
_TEXT = selector("text(bytes32,string)")
_SET_TEXT = selector("setText(bytes32,string,string)")
_NAME = selector("name(bytes32)")
_RESOLVE = selector("resolve(bytes,bytes)")


def build_resolver(node: bytes) -> bytes:
    """Build the registry's `resolver(bytes32)`."""
    return _RESOLVER + node


def parse_resolver(answer: Bytes) -> bytes | None:
    """Return the resolver's address, or None if the node has none. Raise `BadAnswer`."""
    return _none_if_zero(decode_address(answer))


def build_addr(node: bytes) -> bytes:
    """Build `addr(bytes32)`: the address on the registry's chain."""
    return _ADDR + node


def parse_addr(answer: Bytes) -> bytes | None:
    """Return the address, or None if none is set. Raise `BadAnswer`."""
    return _none_if_zero(decode_address(answer))


def build_addr_of_coin(node: bytes, coin_type: int) -> bytes:
    """Build `addr(bytes32,uint256)`: the address for a coin type."""
    return _ADDR_OF_COIN + node + encode_uint(coin_type)


def parse_addr_of_coin(answer: Bytes) -> bytes | None:
    """Return the address, or None if none is set. Raise `BadAnswer`, also if it is not that of an EVM chain."""
    address = decode_only_bytes(answer, MAX_RECORD_BYTES)
    if len(address) not in {0, ADDRESS_BYTES}:
        raise BadAnswer(
            _("The record holds %(address)s bytes, which is no address of an EVM chain.", address=len(address))
        )
    return _none_if_zero(address or ZERO)


def build_text(node: bytes, key: str) -> bytes:
    """Build `text(bytes32,string)`."""
    return _TEXT + node + encode_uint(2 * WORD) + encode_bytes(key.encode())


def build_set_text(node: bytes, key: str, value: str) -> bytes:
    """Build `setText(bytes32,string,string)`, which the resolver takes from who manages the name (ENSIP-5)."""
    first, second = encode_bytes(key.encode()), encode_bytes(value.encode())
    return _SET_TEXT + node + encode_uint(3 * WORD) + encode_uint(3 * WORD + len(first)) + first + second


def build_name_of(node: bytes) -> bytes:
    """Build `name(bytes32)`: the name that the holder of a reverse node chose."""
    return _NAME + node


def parse_string(answer: Bytes) -> str:
    """Return the string that `text` or `name` returns. Raise `BadAnswer`."""
    return decode_string(answer, MAX_RECORD_BYTES)


def build_resolve(dns_name: bytes, call: bytes) -> bytes:
    """Build `resolve(bytes,bytes)`: ask an extended resolver for the answer to `call`."""
    tail = encode_bytes(dns_name)
    return _RESOLVE + encode_uint(2 * WORD) + encode_uint(2 * WORD + len(tail)) + tail + encode_bytes(call)


def parse_resolve(answer: Bytes) -> bytes:
    """Return the answer that `resolve` wraps. Raise `BadAnswer`."""
    return decode_only_bytes(answer, MAX_RECORD_BYTES)


def _none_if_zero(address: bytes) -> bytes | None:
    return None if address == ZERO else address
