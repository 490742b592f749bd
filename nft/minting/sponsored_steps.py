"""The two steps of a mint that differ where the site pays: it signs, and it looks after what it sent."""

from __future__ import annotations

from datetime import timedelta

from nft.clients.evm.fees import fetch_nonce
from nft.clients.evm.signers import get_signer
from nft.core.evm.abi.avatar_token import build_mint_once
from nft.errors import WouldFail
from nft.minting.outbox import MustWait, Order, newest_unsettled, push, settle, sign_next
from nft.minting.reading import Changes, MintTry, fetch_minted_token, find_at, find_confirmed, find_token_in, place_of
from nft.models import MintRequest, SponsoredTransaction
from nft.tokens.transactions import estimate_gas

State = MintRequest.State
SOON = timedelta(seconds=2)
LATER = timedelta(minutes=1)
MOST_GAS = 600_000
"""Of one mint. A receiving contract may burn as much gas as it is given, and here it would be the site's."""
MOST_NUMBERS = 3
"""So many transactions of one request may fail on the chain; each of them costs the site."""


def sign_mint(attempt: MintTry) -> Changes:
    """PINNED: signs and stores the transaction; the next step sends it."""
    request = attempt.request
    signed = newest_unsettled(request)  # by a worker that died before it could say so
    if signed is not None:
        return _submitted(signed, attempt)
    if fetch_minted_token(attempt, "latest") is not None:  # by one that a restored backup does not know of
        return find_confirmed(attempt) or {"due_at": attempt.now + SOON}
    if len(set(request.transactions.values_list("sender", "nonce"))) >= MOST_NUMBERS:
        return _failed(f"The transaction failed on the chain {MOST_NUMBERS} times. Nothing was minted.")
    signer = get_signer(request.chain_id)
    if signer is None:
        return _failed(
            "The site stopped paying for tokens on this chain. Nothing was minted; start again to pay yourself."
        )
    data = build_mint_once(request.pk, request.owner, request.metadata_uri)
    try:
        gas = estimate_gas(attempt.client, signer.address, request.contract, data)
        if gas > MOST_GAS:
            return _failed("The receiving contract makes this token too costly for the site. Pay from your own wallet.")
        signed = sign_next(signer, attempt.client, Order(request, request.contract, data, gas), attempt.now)
    except WouldFail as error:
        return _failed(error.sentence)
    except MustWait as wait:
        return {"reason_sentence": str(wait), "due_at": attempt.now + LATER}
    return _submitted(signed, attempt)


def follow_transactions(attempt: MintTry) -> Changes:
    """SUBMITTED: any transaction of ours may be the one that gets into a block."""
    in_block = _find_in_block(attempt)
    if in_block is not None:
        return in_block
    block = attempt.client.confirmed_block()
    found = find_at(attempt, block)
    if found is not None:
        return found
    sent = newest_unsettled(attempt.request)
    if sent is None:
        return {"state": State.PINNED, "tx_hash": "", "due_at": attempt.now}
    is_used_up = fetch_nonce(attempt.client, sent.sender, block) > sent.nonce
    attempt.client.check_block(block)
    if is_used_up:  # by one that failed, or by somebody else with the same key; at this block there is no token
        settle(attempt.request.transactions.all(), attempt.client, attempt.now)
        return {"state": State.PINNED, "tx_hash": "", "due_at": attempt.now}
    sentence = push(sent, attempt.client, attempt.now)
    return {"reason_sentence": sentence, "due_at": attempt.now + (LATER if sentence else SOON)}


def _find_in_block(attempt: MintTry) -> Changes | None:
    for sent in attempt.request.transactions.defer("raw"):
        receipt = attempt.client.receipt(sent.tx_hash)
        token_id = find_token_in(receipt, attempt) if receipt is not None and receipt.succeeded else None
        if receipt is not None and token_id is not None:
            _take_hash_back(sent, attempt)
            return {"state": State.MINED, "token_id": token_id, "tx_hash": sent.tx_hash, **place_of(receipt)}
    return None


def _take_hash_back(sent: SponsoredTransaction, attempt: MintTry) -> None:
    """Anybody can read it from the chain's pool and name it as their wallet's: theirs goes on without it."""
    theirs = MintRequest.objects.filter(chain_id=sent.chain_id, tx_hash=sent.tx_hash, state=State.SUBMITTED)
    others = theirs.exclude(pk=attempt.request.pk)
    others.update(state=State.PINNED, tx_hash="", attempt=None, due_at=attempt.now)


def _submitted(signed: SponsoredTransaction, attempt: MintTry) -> Changes:
    return {
        "state": State.SUBMITTED,
        "sponsor": bytes(signed.sender),
        "tx_hash": signed.tx_hash,
        "gas": signed.gas,
        "submitted_at": signed.signed_at,
        "due_at": attempt.now,
    }


def _failed(sentence: str) -> Changes:
    return {"state": State.FAILED, "reason_sentence": sentence, "due_at": None}
