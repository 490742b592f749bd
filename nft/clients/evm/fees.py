"""Fetch what a transaction of the site needs: nonce, fees and gas. Every function raises ChainError."""

from __future__ import annotations

from nft.clients.evm.answers import parse_base_fee, parse_cost, parse_optional, parse_price, parse_small
from nft.clients.evm.chain import ChainClient
from nft.clients.evm.errors import ChainError
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
    return client.ask("eth_getTransactionCount", [to_checksum(sender), tag], parse_small)


def fetch_fees(client: ChainClient) -> Fees:
    """Return what a transaction must offer now to be in one of the next blocks."""
    base_fee = client.ask("eth_getBlockByNumber", ["latest", False], parse_base_fee)
    try:
        tip = client.ask("eth_maxPriorityFeePerGas", [], parse_price)
    except ChainError:  # not every node has the method
        tip = USUAL_TIP
    return build_fees(base_fee, tip)


def fetch_cost(client: ChainClient, tx_hash: str) -> int | None:
    """Return what a transaction cost its sender, in wei; None while it is in no block."""
    return client.ask("eth_getTransactionReceipt", [tx_hash], parse_optional(parse_cost))
