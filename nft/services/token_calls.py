"""Calls beyond the standards' own that nft.core.abi has: a collection's name, and our contract's `mintOnce`."""

from __future__ import annotations

from uuid import UUID

from nft.core.abi.calls import parse_token_uri_answer
from nft.core.abi.words import WORD, decode_uint, encode_address, encode_bytes, encode_uint, selector

MAX_NAME_BYTES = 4096

_NAME = selector("name()")
_MINT_ONCE = selector("mintOnce(bytes32,address,string)")
_TOKEN_OF_REQUEST = selector("tokenOfRequest(address,bytes32)")


def build_name() -> bytes:
    return _NAME


def parse_name(answer: bytes) -> str:
    """As the contract says it, uncleaned. Raises BadAnswer."""
    return parse_token_uri_answer(answer, MAX_NAME_BYTES)


def build_mint_once(request_id: UUID, to: bytes, metadata_uri: str) -> bytes:
    """Mints at most once per sender and `request_id`, however often it is sent."""
    return b"".join(
        (
            _MINT_ONCE,
            request_word(request_id),
            encode_address(to),
            encode_uint(3 * WORD),
            encode_bytes(metadata_uri.encode()),
        )
    )


def build_token_of_request(sender: bytes, request_id: UUID) -> bytes:
    return _TOKEN_OF_REQUEST + encode_address(sender) + request_word(request_id)


def parse_token_of_request(answer: bytes) -> int | None:
    """The token a request made, burned since or not; None while there is none. Raises BadAnswer."""
    return decode_uint(answer) or None


def request_word(request_id: UUID) -> bytes:
    return request_id.bytes.rjust(WORD, b"\0")
