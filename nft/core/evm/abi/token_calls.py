"""Calls of the token standards: ERC-165, ERC-721 with its extensions, and ERC-1155."""

from __future__ import annotations

from nft.core.buffers import Bytes
from nft.core.errors import CoreError
from nft.core.evm.abi.words import (
    WORD,
    decode_address,
    decode_bool,
    decode_only_bytes,
    decode_string,
    decode_uint,
    encode_address,
    encode_bytes,
    encode_uint,
    selector,
)
from profiles.sentences import gettext as _

# ERC-165 interface ids
ERC721 = bytes.fromhex("80ac58cd")
ERC721_ENUMERABLE = bytes.fromhex("780e9d63")
ERC1155 = bytes.fromhex("d9b67a26")

# The longest token URI seen so far has 89 KB; a data: URI may hold all metadata.
MAX_URI_BYTES = 2 * 1024 * 1024
MAX_NAME_BYTES = 4096

_SUPPORTS_INTERFACE = selector("supportsInterface(bytes4)")
_NAME = selector("name()")
_OWNER_OF = selector("ownerOf(uint256)")
_TOKEN_URI = selector("tokenURI(uint256)")
_BALANCE = selector("balanceOf(address)")
_TOKEN_OF_OWNER_BY_INDEX = selector("tokenOfOwnerByIndex(address,uint256)")
_TRANSFER_721 = selector("safeTransferFrom(address,address,uint256)")
_BALANCE_OF = selector("balanceOf(address,uint256)")
_URI = selector("uri(uint256)")
_TRANSFER_1155 = selector("safeTransferFrom(address,address,uint256,uint256,bytes)")


def build_supports_interface(interface_id: bytes) -> bytes:
    """Build ERC-165 `supportsInterface(bytes4)`."""
    if len(interface_id) != 4:
        raise CoreError(_("An interface id has four bytes."))
    return _SUPPORTS_INTERFACE + interface_id.ljust(WORD, b"\0")


def parse_supports_interface(answer: Bytes) -> bool:
    """Return what the contract claims. Raise `BadAnswer`."""
    return decode_bool(answer)


def build_name() -> bytes:
    """Build `name()`: the collection's name."""
    return _NAME


def parse_name(answer: Bytes) -> str:
    """Return the collection's name, not cleaned. Raise `BadAnswer`."""
    return decode_string(answer, MAX_NAME_BYTES)


def build_owner_of(token_id: int) -> bytes:
    """Build ERC-721 `ownerOf(uint256)`."""
    return _OWNER_OF + encode_uint(token_id)


def parse_owner_of(answer: Bytes) -> bytes:
    """Return the owner's address. Raise `BadAnswer`."""
    return decode_address(answer)


def build_token_uri(token_id: int) -> bytes:
    """Build ERC-721 `tokenURI(uint256)`."""
    return _TOKEN_URI + encode_uint(token_id)


def parse_token_uri_answer(answer: Bytes, max_bytes: int = MAX_URI_BYTES) -> str:
    """Return the string that `tokenURI` or `uri` returns; what is no UTF-8 becomes U+FFFD. Raise `BadAnswer`."""
    return bytes(decode_only_bytes(answer, max_bytes)).decode("utf-8", "replace")


def build_balance(owner: bytes) -> bytes:
    """Build ERC-721 `balanceOf(address)`: the number of all its tokens together."""
    return _BALANCE + encode_address(owner)


def build_token_of_owner_by_index(owner: bytes, index: int) -> bytes:
    """Build ERC-721 `tokenOfOwnerByIndex(address,uint256)`. `index` starts at 0."""
    return _TOKEN_OF_OWNER_BY_INDEX + encode_address(owner) + encode_uint(index)


def parse_number(answer: Bytes) -> int:
    """Return the number that either of the last two returns. Raise `BadAnswer`."""
    return decode_uint(answer)


def build_safe_transfer_from(sender: bytes, to: bytes, token_id: int) -> bytes:
    """Build ERC-721 `safeTransferFrom(address,address,uint256)`."""
    return _TRANSFER_721 + encode_address(sender) + encode_address(to) + encode_uint(token_id)


def build_balance_of(holder: bytes, token_id: int) -> bytes:
    """Build ERC-1155 `balanceOf(address,uint256)`."""
    return _BALANCE_OF + encode_address(holder) + encode_uint(token_id)


def parse_balance_of(answer: Bytes) -> int:
    """Return how many of the token the holder has. Raise `BadAnswer`."""
    return decode_uint(answer)


def build_uri(token_id: int) -> bytes:
    """Build ERC-1155 `uri(uint256)`. Its answer may contain `{id}`."""
    return _URI + encode_uint(token_id)


def build_safe_transfer_from_1155(sender: bytes, to: bytes, token_id: int, amount: int) -> bytes:
    """Build ERC-1155 `safeTransferFrom(address,address,uint256,uint256,bytes)` with empty data."""
    return b"".join(
        (
            _TRANSFER_1155,
            encode_address(sender),
            encode_address(to),
            encode_uint(token_id),
            encode_uint(amount),
            encode_uint(5 * WORD),
            encode_bytes(b""),
        )
    )
