"""What the workers do for a mint: one step of its state machine after the other, each stored before the next.

DRAFT → PINNED → AWAITING_SIGNATURE → SUBMITTED → MINED → CONFIRMED, or FAILED with a reason; where the site pays, it
signs in place of waiting for a signature (sponsored_steps.py). A reorg leads from MINED back to SUBMITTED, a dropped or
failed transaction back to a signature. The contract's own record (`tokenOfRequest` at a confirmed block) outranks
everything: it finds the token also when the page was closed before it told us the hash, or the wallet replaced the
transaction.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from nft.clients.clients import Clients
from nft.clients.evm.chain import HEAD
from nft.clients.evm.errors import ChainError
from nft.clients.evm.fees import fetch_fees
from nft.clients.evm.signers import SignerError
from nft.clients.ipfs.blockstore import BlockStoreError
from nft.core.evm.abi.avatar_token import build_mint_once
from nft.core.tokens.metadata import build_metadata
from nft.errors import WouldFail
from nft.files.publishing import publish, read_back
from nft.files.store import pin_file
from nft.minting.reading import Changes, MintTry, fetch_minted_token, find_confirmed, find_token_in, place_of
from nft.minting.sponsored_steps import follow_transactions, sign_mint
from nft.models import MintRequest
from nft.tokens.transactions import estimate_gas
from profiles.jobs import enqueue, job
from profiles.leases import lease_row

State = MintRequest.State
SOON = timedelta(seconds=2)
DROPPED_AFTER = timedelta(minutes=10)
"""A transaction the node has not heard of for so long may be signed again; the contract prevents a second token."""
PIN_WITHIN = timedelta(days=1)
PINNING = timedelta(seconds=5)
MAX_STEPS = 10
ENDED = frozenset({State.CONFIRMED, State.FAILED})
Step = Callable[[MintTry], Changes]


@job(queue="ipfs", rows=MintRequest)  # pinners and gateways first, then the chain
def follow_mint(mint_id: uuid.UUID, now: datetime, clients: Clients) -> MintRequest | None:
    """Goes on as far as it gets now. None where nothing is due, or somebody else is at it."""
    request = lease_row(MintRequest.objects.select_related("account").filter(pk=mint_id), now)
    if request is None:
        return None
    with request.attempting(now):
        try:
            _go_on(request, now, clients)
        except (ChainError, BlockStoreError, SignerError) as error:
            request.retry(error, now, reason_sentence=f"{error} We keep trying.", updated_at=now)
    return request


def _go_on(request: MintRequest, now: datetime, clients: Clients) -> None:
    """One step after the other; ends early where the request was taken from us, as by the person who sends a hash."""
    attempt = MintTry(request, clients.chain(request.chain_id), clients.ipfs, now)
    due_at = request.due_at
    for _ in range(MAX_STEPS):
        changes = _step_of(request)(attempt)
        due_at = changes.pop("due_at", due_at)
        if "state" in changes:
            changes = {"reason_sentence": "", "crashes": 0, **changes}
        if not request.keep(updated_at=now, **changes):
            return
        if "state" not in changes or request.state in ENDED:
            break
    if request.release(due_at) and request.state in {State.SUBMITTED, State.MINED}:
        enqueue(follow_mint, request.pk, delay=SOON.total_seconds())


def _step_of(request: MintRequest) -> Step:
    return (_STEPS if request.sponsor is None else _SPONSORED)[State(request.state)]


def _pin(attempt: MintTry) -> Changes:
    """DRAFT, until everybody who shall hold the files does: nothing is signed for what could vanish."""
    request = attempt.request
    document = build_metadata(request.name, request.description, request.image_uri)
    pinned = pin_file(document, "application/json", attempt.now)
    files = [request.image_cid, str(pinned.cid)]
    missing = publish(files, attempt.now) or read_back(files, attempt.ipfs)
    if not missing:
        return {"state": State.PINNED, "metadata_cid": str(pinned.cid), "metadata_uri": pinned.uri}
    if attempt.now - request.created_at > PIN_WITHIN:
        sentence = "No IPFS service took the files within a day. Nothing was minted; please try again later."
        return {"state": State.FAILED, "reason_sentence": sentence, "due_at": None}
    return {"reason_sentence": missing, "due_at": attempt.now + PINNING}


def _prepare(attempt: MintTry) -> Changes:
    request = attempt.request
    awaiting = {
        "state": State.AWAITING_SIGNATURE,
        "due_at": attempt.now,
        "reason_sentence": request.reason_sentence,
    }
    if fetch_minted_token(attempt, HEAD) is not None:  # signed already; the next step waits for its confirmation
        return {**awaiting, "gas": None}
    data = build_mint_once(request.pk, request.owner, request.metadata_uri)
    try:
        gas = estimate_gas(attempt.client, request.owner, request.contract, data)
        return {**awaiting, "gas": gas, "gas_price": fetch_fees(attempt.client).expected}
    except WouldFail as error:
        return {"state": State.FAILED, "reason_sentence": error.sentence, "due_at": None}


def _await_signature(attempt: MintTry) -> Changes:
    """The page may have been closed before it told us the hash: the contract knows."""
    found = find_confirmed(attempt)
    if found is not None:
        return found
    age = attempt.now - attempt.request.created_at
    return {"due_at": attempt.now + min(max(age / 5, timedelta(seconds=10)), timedelta(days=1))}


def _find_in_block(attempt: MintTry) -> Changes:
    request = attempt.request
    receipt = attempt.client.receipt(request.tx_hash)
    if receipt is None:
        return _look_in_pool(attempt)
    if not receipt.succeeded:
        return _sign_again(attempt, "The transaction failed on the chain. Nothing was minted.")
    token_id = find_token_in(receipt, attempt)
    if token_id is None:
        return _sign_again(attempt, "The transaction that was sent is not the one we prepared.")
    return {"state": State.MINED, "token_id": token_id, **place_of(receipt)}


def _look_in_pool(attempt: MintTry) -> Changes:
    request, now = attempt.request, attempt.now
    found = find_confirmed(attempt)
    if found is not None:  # replaced by another transaction of the wallet
        return found
    sent = attempt.client.transaction(request.tx_hash)
    if sent is None and now - (request.submitted_at or now) > DROPPED_AFTER:
        return _sign_again(attempt, "The chain dropped the transaction. Please sign it again; you get one token only.")
    is_key_account = request.account is not None and not request.account.is_contract_account
    if sent is not None and is_key_account and (sent.sender != request.owner or sent.to != request.contract):
        return _sign_again(attempt, "The transaction that was sent is not the one we prepared.")
    return {"due_at": now + SOON}


def _confirm(attempt: MintTry) -> Changes:
    request = attempt.request
    receipt = attempt.client.receipt(request.tx_hash)
    if receipt is None or not receipt.succeeded:
        gone = {"token_id": None, "mined_block_number": None, "mined_block_hash": ""}
        return {"state": State.SUBMITTED, "due_at": attempt.now, **gone}
    if place_of(receipt)["mined_block_hash"] != request.mined_block_hash:
        return {"due_at": attempt.now + SOON, **place_of(receipt)}
    return find_confirmed(attempt) or {"due_at": attempt.now + SOON}


def _sign_again(attempt: MintTry, sentence: str) -> Changes:
    """Through PINNED, where the gas is estimated anew and a contract that would refuse again ends it."""
    return {"state": State.PINNED, "tx_hash": "", "reason_sentence": sentence, "due_at": attempt.now}


_STEPS: dict[MintRequest.State, Step] = {
    State.DRAFT: _pin,
    State.PINNED: _prepare,
    State.AWAITING_SIGNATURE: _await_signature,
    State.SUBMITTED: _find_in_block,
    State.MINED: _confirm,
}
_SPONSORED = {**_STEPS, State.PINNED: sign_mint, State.SUBMITTED: follow_transactions}
