"""Look up a mint's token on the chain.

The contract's own record (`tokenOfRequest`) outranks receipts, and a confirmed block outranks the newest one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

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


class Changes(TypedDict, total=False):
    """Columns of a MintRequest to write. Without `state` the step is repeated at `due_at`."""

    state: MintRequest.State
    reason_sentence: str
    due_at: datetime | None
    crashes: int
    picture: None
    image_cid: str
    image_uri: str
    metadata_cid: str
    metadata_uri: str
    sponsor: bytes
    gas: int | None
    gas_price: int | None
    tx_hash: str
    submitted_at: datetime
    token_id: int | None
    mined_block_number: int | None
    mined_block_hash: str


@dataclass(frozen=True)
class MintAttempt:
    """A leased mint request, and what its steps need."""

    request: MintRequest
    client: ChainClient
    ipfs: Gateways
    now: datetime


def fetch_confirmed(attempt: MintAttempt) -> Changes | None:
    """Return the final columns if the contract has the request's token at a confirmed block. Raise ChainError."""
    return fetch_confirmed_at(attempt, attempt.client.confirmed_block())


def fetch_confirmed_at(attempt: MintAttempt, block: BlockRef) -> Changes | None:
    """Like `fetch_confirmed`, at a block that is known to be confirmed."""
    token_id = fetch_minted_token(attempt, block)
    if token_id is None:
        return None
    attempt.client.check_block(block)
    return {"state": State.CONFIRMED, "token_id": token_id, "due_at": None}


def fetch_minted_token(attempt: MintAttempt, at: At) -> int | None:
    """Return the id of the token that the request minted, also if it was burned since. Raise ChainError."""
    request = attempt.request
    try:
        call = build_token_of_request(request.sender, request.pk)
        return parse_token_of_request(attempt.client.call(request.contract, call, at))
    except (CallFailed, BadAnswer):  # no contract there, or not at this block yet
        return None


def fetch_token_in(receipt: Receipt, attempt: MintAttempt) -> int | None:
    """Return the token id in the receipt, None unless the contract says that it is this request's. Raise ChainError."""
    try:
        token_id = find_minted_token_id(receipt.logs, attempt.request.contract, attempt.request.owner)
    except BadAnswer:
        return None
    return token_id if fetch_minted_token(attempt, "latest") == token_id else None


def build_mined_columns(receipt: Receipt) -> Changes:
    return {"mined_block_number": receipt.block.number, "mined_block_hash": "0x" + receipt.block.hash.hex()}
