"""What a chain is asked by whoever sends transactions of the site's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nft.clients.evm.errors import ChainUnavailable
from nft.core.evm.address import to_checksum
from nft.core.evm.transactions import Fees, build_fees
from nft.core.tokens.verdict import BlockRef

if TYPE_CHECKING:
    from nft.clients.evm.chain import ChainClient

USUAL_TIP = 1_000_000_000
"""Wei; where a node has no opinion of its own."""


def fetch_nonce(client: ChainClient, sender: bytes, at: BlockRef | None = None) -> int:
    """How many transactions the sender has in blocks, up to `at` or the newest. Raises ChainError."""
    tag = hex(at.number) if at else "latest"
    return _number(client.ask("eth_getTransactionCount", [to_checksum(sender), tag]))


def fetch_fees(client: ChainClient) -> Fees:
    """What a transaction needs now to be in one of the next blocks. Raises ChainError."""
    block = client.ask("eth_getBlockByNumber", ["latest", False])
    base_fee = block.get("baseFeePerGas") if isinstance(block, dict) else None
    if base_fee is None:
        raise ChainUnavailable("The node does not tell what gas costs.")
    return build_fees(_number(base_fee), _fetch_tip(client))


def fetch_balance(client: ChainClient, address: bytes) -> int:
    """In wei. Raises ChainError."""
    return _number(client.ask("eth_getBalance", [to_checksum(address), "latest"]))


def fetch_cost(client: ChainClient, tx_hash: str) -> int | None:
    """What a transaction cost its sender, in wei; None while it is in no block. Raises ChainError."""
    receipt: dict[str, Any] | None = client.ask("eth_getTransactionReceipt", [tx_hash])
    if receipt is None:
        return None
    try:
        return _number(receipt["gasUsed"]) * _number(receipt["effectiveGasPrice"])
    except (KeyError, TypeError) as error:
        raise ChainUnavailable("The node answered with something of the wrong shape.") from error


def _fetch_tip(client: ChainClient) -> int:
    try:
        return _number(client.ask("eth_maxPriorityFeePerGas", []))
    except ChainUnavailable:  # not every node has the method
        return USUAL_TIP


def _number(text: Any) -> int:
    try:
        return int(text, 16)
    except (TypeError, ValueError) as error:
        raise ChainUnavailable("The node answered with something of the wrong shape.") from error
