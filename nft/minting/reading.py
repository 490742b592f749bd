"""What the chain says about a mint: the contract's own record outranks receipts, and a confirmed block the newest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nft.clients.evm.answers import Receipt
from nft.clients.evm.chain import At, ChainClient
from nft.clients.evm.errors import CallFailed
from nft.clients.ipfs.gateways import Gateways
from nft.core.evm.abi.avatar_token import build_token_of_request, parse_token_of_request
from nft.core.evm.abi.transfer_events import find_minted_token_id
from nft.core.evm.errors import BadAnswer
from nft.core.tokens.verdict import BlockRef
from nft.models import MintRequest

State = MintRequest.State
Changes = dict[str, Any]


@dataclass(frozen=True)
class MintTry:
    """One worker's visit to a request."""

    request: MintRequest
    client: ChainClient
    ipfs: Gateways
    now: datetime


def find_confirmed(attempt: MintTry) -> Changes | None:
    """The end, where the contract names the request's token at a confirmed block. Raises ChainError."""
    return find_at(attempt, attempt.client.confirmed_block())


def find_at(attempt: MintTry, block: BlockRef) -> Changes | None:
    """As `find_confirmed`, at a block that is known to be confirmed."""
    token_id = fetch_minted_token(attempt, block)
    if token_id is None:
        return None
    attempt.client.check_block(block)
    return {"state": State.CONFIRMED, "token_id": token_id, "due_at": None}


def fetch_minted_token(attempt: MintTry, at: At) -> int | None:
    """The token the request made, burned since or not. Raises ChainError."""
    request = attempt.request
    try:
        call = build_token_of_request(request.sender, request.pk)
        return parse_token_of_request(attempt.client.call(request.contract, call, at))
    except (CallFailed, BadAnswer):  # no contract there, or not at this block yet
        return None


def find_token_in(receipt: Receipt, attempt: MintTry) -> int | None:
    """The token the receipt shows, if it is that of this very request."""
    try:
        token_id = find_minted_token_id(receipt.logs, attempt.request.contract, attempt.request.owner)
    except BadAnswer:
        return None
    return token_id if fetch_minted_token(attempt, "latest") == token_id else None


def place_of(receipt: Receipt) -> Changes:
    return {"mined_block_number": receipt.block.number, "mined_block_hash": "0x" + receipt.block.hash.hex()}
