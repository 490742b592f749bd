"""The two steps of a mint that differ if the site pays: it signs, and it tracks its own transactions."""

from __future__ import annotations

from datetime import timedelta

from nft.clients.evm.fees import fetch_nonce
from nft.clients.evm.signers import get_signer
from nft.core.evm.abi.avatar_token import build_mint_once
from nft.errors import TokenActionError
from nft.minting.onchain import (
    Changes,
    MintAttempt,
    build_mined_columns,
    fetch_confirmed,
    fetch_confirmed_at,
    fetch_minted_token,
    fetch_token_in,
)
from nft.minting.outbox import SponsoredCall, get_pending, record_used_nonces, send_or_replace, sign_call
from nft.models import MintRequest, SponsoredTransaction
from nft.tokens.transactions import estimate_gas
from profiles.sentences import gettext as _

State = MintRequest.State
SOON = timedelta(seconds=2)
LATER = timedelta(minutes=1)
#: Gas of one mint at most: a receiving contract may burn all the gas it is given, at the site's expense.
MAX_GAS = 600_000
#: Nonces that one request may use up. Each transaction that fails on the chain costs the site.
MAX_NONCES = 3


def sign_mint(attempt: MintAttempt) -> Changes:
    """Do the step of the state PINNED: sign and store the transaction. The next step sends it."""
    request = attempt.request
    signed = get_pending(request)  # by a worker that crashed before it stored the new state
    if signed is not None:
        return _submitted(signed, attempt)
    if fetch_minted_token(attempt, "latest") is not None:  # by a transaction that a restored backup doesn't have
        return fetch_confirmed(attempt) or {"due_at": attempt.now + SOON}
    if len(set(request.transactions.values_list("sender", "nonce"))) >= MAX_NONCES:
        return _failed(
            _("The transaction failed on the chain %(nonces)s times. Nothing was minted.", nonces=MAX_NONCES)
        )
    signer = get_signer(request.chain_id)
    if signer is None:
        return _failed(
            _("The site stopped paying for tokens on this chain. Nothing was minted; start again to pay yourself.")
        )
    data = build_mint_once(request.pk, request.owner, request.metadata_uri)
    try:
        gas = estimate_gas(attempt.client, signer.address, request.contract, data)
        if gas > MAX_GAS:
            return _failed(
                _("The receiving contract makes this token too costly for the site. Pay from your own wallet.")
            )
        signed = sign_call(signer, attempt.client, SponsoredCall(request, request.contract, data, gas), attempt.now)
    except TokenActionError as error:
        if error.permanent:
            return _failed(error.sentence)
        return {"reason_sentence": error.sentence, "due_at": attempt.now + LATER}
    return _submitted(signed, attempt)


def follow_transactions(attempt: MintAttempt) -> Changes:
    """Do the step of the state SUBMITTED: any of the site's transactions may be the one that gets into a block."""
    in_block = _fetch_in_block(attempt)
    if in_block is not None:
        return in_block
    block = attempt.client.confirmed_block()
    confirmed = fetch_confirmed_at(attempt, block)
    if confirmed is not None:
        return confirmed
    sent = get_pending(attempt.request)
    if sent is None:
        return {"state": State.PINNED, "tx_hash": "", "due_at": attempt.now}
    is_used_up = fetch_nonce(attempt.client, sent.sender, block) > sent.nonce
    attempt.client.check_block(block)
    if is_used_up:  # without a token: our transaction failed, or another program with the same key used the nonce
        record_used_nonces(attempt.request.transactions.all(), attempt.client, attempt.now)
        return {"state": State.PINNED, "tx_hash": "", "due_at": attempt.now}
    sentence = send_or_replace(sent, attempt.client, attempt.now)
    return {"reason_sentence": sentence, "due_at": attempt.now + (LATER if sentence else SOON)}


def _fetch_in_block(attempt: MintAttempt) -> Changes | None:
    for sent in attempt.request.transactions.defer("raw"):
        receipt = attempt.client.receipt(sent.tx_hash)
        token_id = fetch_token_in(receipt, attempt) if receipt is not None and receipt.succeeded else None
        if receipt is not None and token_id is not None:
            # Hashes are unique, and anybody can read ours in the chain's pool and report it as their wallet's: other
            # requests with it continue without it.
            others = MintRequest.objects.filter(chain_id=sent.chain_id, tx_hash=sent.tx_hash, state=State.SUBMITTED)
            others = others.exclude(pk=attempt.request.pk)
            others.update(state=State.PINNED, tx_hash="", attempt=None, due_at=attempt.now)
            return {"state": State.MINED, "token_id": token_id, "tx_hash": sent.tx_hash, **build_mined_columns(receipt)}
    return None


def _submitted(signed: SponsoredTransaction, attempt: MintAttempt) -> Changes:
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
