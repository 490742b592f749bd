"""ERC-721's optional enumeration: how many tokens an account has, and which."""

from nft.core.abi.words import decode_uint, encode_address, encode_uint, selector
from nft.core.varint import Bytes

ERC721_ENUMERABLE = bytes.fromhex("780e9d63")

_BALANCE = selector("balanceOf(address)")
_TOKEN_OF_OWNER_BY_INDEX = selector("tokenOfOwnerByIndex(address,uint256)")


def build_balance(owner: bytes) -> bytes:
    """ERC-721 `balanceOf(address)`: of all its tokens together."""
    return _BALANCE + encode_address(owner)


def build_token_of_owner_by_index(owner: bytes, index: int) -> bytes:
    """`tokenOfOwnerByIndex(address,uint256)`, from 0."""
    return _TOKEN_OF_OWNER_BY_INDEX + encode_address(owner) + encode_uint(index)


def parse_number(answer: Bytes) -> int:
    """The one number that either of them returns."""
    return decode_uint(answer)
