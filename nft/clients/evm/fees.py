"""What is asked of a chain before the site sends a transaction of its own. Every function raises ChainError."""

from __future__ import annotations

from nft.clients.evm.answers import decode, parse_number
from nft.clients.evm.chain import ChainClient
from nft.clients.evm.errors import ChainUnavailable
from nft.core.evm.address import to_checksum
from nft.core.evm.transactions import Fees, build_fees
from nft.core.tokens.verdict import BlockRef

USUAL_TIP = 1_000_000_000
"""Wei, for nodes that suggest none."""


def fetch_nonce(client: ChainClient, sender: bytes, at: BlockRef | None = None) -> int:
    """Return how many transactions of the sender are in blocks, up to `at` or the newest."""
    tag = hex(at.number) if at else "latest"
    return parse_number(client.ask("eth_getTransactionCount", [to_checksum(sender), tag]))


def fetch_fees(client: ChainClient) -> Fees:
    """Return what a transaction must offer now to be in one of the next blocks."""
    block = client.ask("eth_getBlockByNumber", ["latest", False])
    base_fee = block.get("baseFeePerGas") if isinstance(block, dict) else None
    if base_fee is None:
        raise ChainUnavailable("The node does not tell what gas costs.")
    return build_fees(parse_number(base_fee), _fetch_tip(client))


def fetch_cost(client: ChainClient, tx_hash: str) -> int | None:
    """Return what a transaction cost its sender, in wei; None while it is in no block."""
    receipt = client.ask("eth_getTransactionReceipt", [tx_hash])
    if receipt is None:
        return None
    return decode(lambda one: parse_number(one["gasUsed"]) * parse_number(one["effectiveGasPrice"]), receipt)


def _fetch_tip(client: ChainClient) -> int:
    try:
        return parse_number(client.ask("eth_maxPriorityFeePerGas", []))
    except ChainUnavailable:  # not every node has the method
        return USUAL_TIP
