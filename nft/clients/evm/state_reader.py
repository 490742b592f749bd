"""What the reads of a verdict need: calls of contracts, made by a node or computed from its proved state."""

from __future__ import annotations

from typing import Protocol

from nft.clients.evm.chain import CALL_GAS, MAX_ANSWER, At


class StateReader(Protocol):
    @property
    def chain_id(self) -> int: ...

    @property
    def delegate_registry(self) -> bytes | None: ...

    def call(self, to: bytes, data: bytes, block: At, *, gas: int = CALL_GAS, max_bytes: int = MAX_ANSWER) -> bytes:
        """As `ChainClient.call`."""
