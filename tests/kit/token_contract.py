"""A chain with one contract, which answers every call for a URI with the same text."""

from __future__ import annotations

from typing import Any

from nft.clients.evm.chain import CALL_GAS, At, ChainClient
from nft.clients.evm.errors import CallFailed
from nft.core.evm.abi.words import encode_bytes, encode_uint
from nft.core.tokens.verdict import BlockRef
from nft.testing.genesis import CHAIN_ID

NAME = bytes.fromhex("06fdde03")


class Answering(ChainClient):
    """Calls with less than `least_gas` fail without a reason, as those do that run out of it."""

    def __init__(self, answer: str, least_gas: int = 0) -> None:
        super().__init__(CHAIN_ID, [], "latest")
        self._answer, self._least_gas = answer, least_gas

    def confirmed_block(self) -> BlockRef:
        return BlockRef(1, bytes(32))

    def call(self, to: bytes | None, data: bytes, block: At, *, gas: int = CALL_GAS, **options: Any) -> bytes:
        if data == NAME:
            return encode_uint(32) + encode_bytes(b"Avatars")
        if gas < self._least_gas:
            raise CallFailed("out of gas", data=b"")
        return encode_uint(32) + encode_bytes(self._answer.encode("utf-8", "surrogateescape"))
