"""Fetch what a transaction of the site needs: nonce, fees and gas. Every function raises ChainError."""

from __future__ import annotations

from nft.clients.evm.answers import parse_number, parse_object
from nft.clients.evm.chain import ChainClient
from nft.clients.evm.errors import ChainUnavailable
from nft.core.evm.address import to_checksum
from nft.core.evm.transactions import Fees, build_fees
from nft.core.tokens.verdict import BlockRef

USUAL_TIP = 1_000_000_000
"""Wei, for nodes that suggest none."""


def fetch_nonce(client: ChainClient, sender: bytes, at: BlockRef | None = None) -> int:
    """Return how many transactions of the sender are in blocks, up to `at` or the newest."""
    return _fetch_count(client, sender, hex(at.number) if at else "latest")


def fetch_pending_nonce(client: ChainClient, sender: bytes) -> int:
    """Like `fetch_nonce`, with the transactions that the node has in no block yet."""
    return _fetch_count(client, sender, "pending")


def _fetch_count(client: ChainClient, sender: bytes, tag: str) -> int:
    return parse_number(client.ask("eth_getTransactionCount", [to_checksum(sender), tag]))


def fetch_fees(client: ChainClient) -> Fees:
    """Return what a transaction must offer now to be in one of the next blocks."""
    block = client.ask("eth_getBlockByNumber", ["latest", False])
    base_fee = block.get("baseFeePerGas") if isinstance(block, dict) else None
    if base_fee is None:
        raise ChainUnavailable("The node does not tell what gas costs.")
    try:
        tip = parse_number(client.ask("eth_maxPriorityFeePerGas", []))
    except ChainUnavailable:  # not every node has the method
        tip = USUAL_TIP
    return build_fees(parse_number(base_fee), tip)


def fetch_cost(client: ChainClient, tx_hash: str) -> int | None:
    """Return what a transaction cost its sender, in wei; None while it is in no block."""
    answer = client.ask("eth_getTransactionReceipt", [tx_hash])
    if answer is None:
        return None
    receipt = parse_object(answer)
    return parse_number(receipt.get("gasUsed")) * parse_number(receipt.get("effectiveGasPrice"))
