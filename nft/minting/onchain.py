"""Look up a mint's token on the chain.

The contract's own record (`tokenOfRequest`) outranks receipts, and a confirmed block outranks the newest one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from nft.clients.evm.answers import Receipt
from nft.clients.evm.chain import At, ChainClient
from nft.clients.evm.errors import CallFailed, ChainUnavailable
from nft.clients.ipfs.gateways import Gateways
from nft.core.evm.abi.avatar_token import build_token_of_request, parse_token_of_request
from nft.core.evm.abi.logs import address_topic
from nft.core.evm.abi.transfer_events import (
    TRANSFER_TOPICS,
    TransferEvent,
    find_minted_token_id,
    parse_transfer_log,
)
from nft.core.evm.address import ZERO
from nft.core.evm.errors import BadAnswer
from nft.core.tokens.verdict import BlockRef
from nft.models import MintRequest

State = MintRequest.State
#: Blocks in one request for logs, and requests: wide ranges first, which some nodes refuse.
LOG_RANGES = ((2_000, 10), (100, 20))


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
    confirmed: Changes = {"state": State.CONFIRMED, "token_id": token_id, "due_at": None}
    if attempt.request.mined_block_number is None:
        confirmed |= fetch_mint_transaction(attempt, token_id, block.number)
    return confirmed


def fetch_mint_transaction(attempt: MintAttempt, token_id: int, last: int) -> Changes:
    """Return hash and block of the transaction that minted the token, from the log up to block `last`.

    The hash that a wallet reported may be none of the chain's: a Safe reports the one its owners sign, and a wallet may
    replace a transaction. Without a log in the last blocks, no hash is better than a wrong one. Raise ChainError.
    """
    event = _find_mint(attempt, token_id, last)
    if event is None:
        return {"tx_hash": ""}
    tx_hash = "0x" + event.transaction_hash.hex()
    others = MintRequest.objects.filter(chain_id=attempt.request.chain_id, tx_hash=tx_hash)
    is_shared = others.exclude(pk=attempt.request.pk).exists()  # two mints in one transaction, and hashes are unique
    return {
        "tx_hash": "" if is_shared else tx_hash,
        "mined_block_number": event.block_number,
        "mined_block_hash": "0x" + event.block_hash.hex(),
    }


def _find_mint(attempt: MintAttempt, token_id: int, last: int) -> TransferEvent | None:
    for span, count in LOG_RANGES:
        try:
            return _find_mint_in(attempt, token_id, range(last, max(-1, last - span * count), -span), span)
        except ChainUnavailable:
            if (span, count) == LOG_RANGES[-1]:
                raise
    return None


def _find_mint_in(attempt: MintAttempt, token_id: int, ends: range, span: int) -> TransferEvent | None:
    """Search the ranges of `span` blocks that end at `ends`, the newest first."""
    indexed = (address_topic(ZERO), None, f"0x{token_id:064x}")
    for end in ends:
        first = max(0, end - span + 1)
        for entry in attempt.client.logs([attempt.request.contract], TRANSFER_TOPICS[:1], first, end, indexed):
            for event in parse_transfer_log(entry):
                if (event.sender, event.token_id) == (ZERO, token_id):
                    return event
    return None


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
