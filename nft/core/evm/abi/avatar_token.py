"""Calls of our own contract, contracts/src/AvatarToken.sol, beyond the token standards: mint at most once, roles."""

from __future__ import annotations

from uuid import UUID

from eth_hash.auto import keccak

from nft.core.buffers import Bytes
from nft.core.evm.abi.words import WORD, decode_bool, decode_uint, encode_address, encode_bytes, encode_uint, selector

_MINT_ONCE = selector("mintOnce(bytes32,address,string)")
_TOKEN_OF_REQUEST = selector("tokenOfRequest(address,bytes32)")
_HAS_ROLE = selector("hasRole(bytes32,address)")
MINTER_ROLE = keccak(b"MINTER_ROLE")


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


def build_is_minter(account: bytes) -> bytes:
    """Build `hasRole(MINTER_ROLE, account)`."""
    return _HAS_ROLE + MINTER_ROLE + encode_address(account)


def parse_is_minter(answer: Bytes) -> bool:
    """Raise `BadAnswer`."""
    return decode_bool(answer)


def _request_word(request_id: UUID) -> bytes:
    return request_id.bytes.rjust(WORD, b"\0")
