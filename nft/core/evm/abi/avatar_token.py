"""Calls of our own contract, contracts/src/AvatarToken.sol, beyond the token standards: minting at most once."""

from __future__ import annotations

from uuid import UUID

from nft.core.buffers import Bytes
from nft.core.evm.abi.words import WORD, decode_uint, encode_address, encode_bytes, encode_uint, selector

_MINT_ONCE = selector("mintOnce(bytes32,address,string)")
_TOKEN_OF_REQUEST = selector("tokenOfRequest(address,bytes32)")


def build_mint_once(request_id: UUID, to: bytes, metadata_uri: str) -> bytes:
    """Build `mintOnce`: it mints at most once per sender and `request_id`, however often it is sent.

    The token id is found in the receipt's Transfer event.
    """
    return b"".join(
        (
            _MINT_ONCE,
            _request_word(request_id),
            encode_address(to),
            encode_uint(3 * WORD),
            encode_bytes(metadata_uri.encode()),
        )
    )


def build_token_of_request(sender: bytes, request_id: UUID) -> bytes:
    """Build `tokenOfRequest(address,bytes32)`."""
    return _TOKEN_OF_REQUEST + encode_address(sender) + _request_word(request_id)


def parse_token_of_request(answer: Bytes) -> int | None:
    """Return the token id that a request minted, even if burned since; None if there is none. Raise `BadAnswer`."""
    return decode_uint(answer) or None


def _request_word(request_id: UUID) -> bytes:
    return request_id.bytes.rjust(WORD, b"\0")
