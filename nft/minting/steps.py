"""The state machine of a mint, which workers run: each step is stored before the next begins.

STORING → PUBLISHING → PINNED → AWAITING_SIGNATURE → SUBMITTED → MINED → CONFIRMED, or FAILED with a reason. If the site
pays, it signs instead of waiting for a signature (sponsored_steps.py). A reorg leads from MINED back to SUBMITTED, a
dropped or failed transaction back to PINNED. The contract's own record (`tokenOfRequest` at a confirmed block) outranks
everything: it finds the token even if the page was closed before it sent us the hash, or if the wallet replaced the
transaction.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from nft.claims.claiming import claim_asset
from nft.claims.errors import ClaimError
from nft.claims.events import record_minted
from nft.clients.bundle import Clients
from nft.clients.evm.chain import HEAD
from nft.clients.evm.errors import ChainError
from nft.clients.evm.fees import fetch_fees
from nft.clients.evm.signers import SignerError
from nft.core.evm.abi.avatar_token import build_mint_once
from nft.core.evm.token import TokenStandard
from nft.core.ipfs.cid import parse_cid
from nft.core.tokens.metadata import build_metadata
from nft.core.tokens.paste import AssetReference
from nft.errors import TokenActionError
from nft.files.publishing import publish, read_back
from nft.files.store import ipfs_uri, pin_file
from nft.minting.drafts import check_picture
from nft.minting.onchain import (
    Changes,
    MintAttempt,
    build_mined_columns,
    fetch_confirmed,
    fetch_minted_token,
    fetch_token_in,
)
from nft.minting.published import external_url
from nft.minting.sponsored_steps import follow_transactions, sign_mint
from nft.models import MintRequest
from nft.settings import conf
from nft.tokens.blocked import get_account_refusal
from nft.tokens.transactions import estimate_gas
from profiles.blocks.matching import PictureBlocked
from profiles.jobs import job
from profiles.leases import lease_row
from profiles.models import Notice
from profiles.notices.recording import NewNotice, record_notice
from profiles.people.profiles import profile_of
from profiles.pictures.classifying import is_awaited
from profiles.row_queue import queue_row
from profiles.sentences import gettext
from profiles.store import objects
from profiles.store.errors import ObjectMissing, StorageError

log = logging.getLogger(__name__)

State = MintRequest.State
SOON = timedelta(seconds=2)
#: A transaction the node does not have after so long may be signed again; the contract prevents a second token.
DROPPED_AFTER = timedelta(minutes=10)
#: How often an account whose owners sign one after the other is looked after, at most.
OWNERS_LOOKED_AFTER = timedelta(minutes=5)
FOR_OWNERS = gettext("Waiting for the owners of the account: it is sent once all of them have signed.")
CHECKED_FIRST = gettext("Your picture is being checked before it is published.")
#: The mint fails if its files can't be stored within this time.
PIN_WITHIN = timedelta(days=1)
#: The wait before the files are checked again.
PIN_AGAIN_AFTER = timedelta(seconds=5)
#: Media type of what the site stores, whatever a person uploaded.
PICTURE_TYPE = "image/webp"
#: Steps in one attempt.
MAX_STEPS = 10
ENDED = frozenset({State.CONFIRMED, State.FAILED})
Step = Callable[[MintAttempt], Changes]


@job(queue="mints", rows=MintRequest)
def follow_mint(mint_id: uuid.UUID, now: datetime, clients: Clients) -> MintRequest | None:
    """Do every step that can be done now. Return None if nothing is due or another worker holds the request."""
    request = lease_row(MintRequest.objects.select_related("account", "picture", "user").filter(pk=mint_id), now)
    if request is None:
        return None
    if request.state == State.DRAFT:
        _delete_draft(request)
        return None
    with request.attempting(now):
        try:
            _run_steps(request, now, clients)
        except (ChainError, StorageError, SignerError) as error:
            reason = error.reason if isinstance(error, StorageError) else error.sentence
            request.retry(
                error, now, reason_sentence=gettext("%(reason)s We keep trying.", reason=reason), updated_at=now
            )
    return request


def _run_steps(request: MintRequest, now: datetime, clients: Clients) -> None:
    """Run one step after the other. Stop if the lease was lost, as when the person sends a hash meanwhile."""
    steps = _STEPS if request.sponsor is None else _SPONSORED_STEPS
    attempt = MintAttempt(request, clients.chain(request.chain_id), clients.ipfs, now)
    due_at = request.due_at
    for _ in range(MAX_STEPS):
        changes = steps[State(request.state)](attempt)
        due_at = changes.pop("due_at", due_at)
        if "state" in changes:
            changes = {"reason_sentence": "", "crashes": 0, **changes}
        if not _keep(request, now, changes):
            return
        if "state" not in changes or request.state in ENDED:
            break
    if request.release(due_at) and request.state in {State.SUBMITTED, State.MINED}:
        queue_row(follow_mint, request.pk, SOON)


def _use(request: MintRequest, now: datetime) -> None:
    """Claim the token as the person's picture, as they wished. If that is refused, its page still offers it."""
    assert request.token_id is not None  # noqa: S101  # as it is confirmed; tells the type checker
    asset = AssetReference(request.chain_id, request.contract, request.token_id, TokenStandard.ERC721)
    try:
        claim_asset(request.user, asset, now)
    except ClaimError as error:
        log.info("A minted token was not claimed: %s", error.kind.slug)


def _keep(request: MintRequest, now: datetime, changes: Changes) -> bool:
    """Store what a step changed, and with the end of a mint the notice of it. False if the lease was lost."""
    with transaction.atomic():
        is_kept = request.keep(updated_at=now, **changes)
        if is_kept and changes.get("state") in ENDED:
            kind = Notice.Kind.MADE if request.state == State.CONFIRMED else Notice.Kind.NOT_MADE
            why = request.reason_sentence
            new = NewNotice(kind, now, str(request.pk), sentence=why, facts={"name": request.name})
            record_notice(profile_of(request.user).pk, new)
        if is_kept and changes.get("state") == State.CONFIRMED:
            record_minted(request, now)
        if is_kept and changes.get("state") == State.CONFIRMED and request.is_to_be_used:
            _use(request, now)
    return is_kept


def read_picture(request: MintRequest) -> bytes:
    """Return the private copy of the picture, as WebP. Raise ObjectMissing if there is none, or StorageError."""
    if request.picture is None:
        raise ObjectMissing(gettext("This mint has no private copy of its picture."))
    return objects.get(objects.master_key(request.picture.sha256))


def _delete_draft(draft: MintRequest) -> None:
    """Delete a draft that its person did not publish in time, unless they just did."""
    MintRequest.objects.filter(pk=draft.pk, attempt=draft.attempt, state=State.DRAFT).delete()


def _store(attempt: MintAttempt) -> Changes:
    """Do the step of STORING: make both files of the token out of the picture, and read each back by its CID."""
    request = attempt.request
    try:
        picture = read_picture(request)
    except ObjectMissing:
        sentence = gettext(
            "The picture was lost on our side before it was published. Nothing was minted; please start again."
        )
        return {"state": State.FAILED, "reason_sentence": sentence, "due_at": None}
    assert request.picture is not None  # noqa: S101  # as it was read; tells the type checker
    try:
        check_picture(request.picture)
    except PictureBlocked as error:
        return {"state": State.FAILED, "reason_sentence": error.sentence, "due_at": None, "picture": None}
    if is_awaited(request.picture):
        return {"reason_sentence": CHECKED_FIRST, "due_at": attempt.now + PIN_AGAIN_AFTER}
    if refusal := get_account_refusal(request.owner):
        return {"state": State.FAILED, "reason_sentence": refusal, "due_at": None}
    image = pin_file(picture, PICTURE_TYPE, attempt.now)
    document = build_metadata(request.name, request.description, image.uri, external_url(image.cid))
    metadata = pin_file(document, "application/json", attempt.now)
    return {
        "state": State.PUBLISHING,
        "image_cid": str(image.cid),
        "image_uri": image.uri,
        "metadata_cid": str(metadata.cid),
        "picture": None,  # the private copy is not needed any more
    }


def _publish(attempt: MintAttempt) -> Changes:
    """Do the step of PUBLISHING, again until every IPFS service has the files: nothing is signed before that."""
    request = attempt.request
    files = [request.image_cid, request.metadata_cid]
    missing = publish(files, attempt.now) or read_back(files, attempt.ipfs)
    if not missing:
        return {"state": State.PINNED, "metadata_uri": ipfs_uri(parse_cid(request.metadata_cid))}
    if attempt.now - (request.published_at or request.created_at) > PIN_WITHIN:
        sentence = gettext("No IPFS service took the files within a day. Nothing was minted; please try again later.")
        return {"state": State.FAILED, "reason_sentence": sentence, "due_at": None}
    return {"reason_sentence": missing, "due_at": attempt.now + PIN_AGAIN_AFTER}


def _prepare(attempt: MintAttempt) -> Changes:
    """Do the step of PINNED: estimate the gas of the transaction that the wallet must sign."""
    request = attempt.request
    awaiting: Changes = {
        "state": State.AWAITING_SIGNATURE,
        "due_at": attempt.now,
        "reason_sentence": request.reason_sentence,
    }
    if fetch_minted_token(attempt, HEAD) is not None:  # minted already; the next step waits for the confirmation
        return {**awaiting, "gas": None}
    data = build_mint_once(request.pk, request.owner, request.metadata_uri)
    try:
        gas = estimate_gas(attempt.client, request.owner, request.contract, data)
        return {**awaiting, "gas": gas, "gas_price": fetch_fees(attempt.client).expected}
    except TokenActionError as error:
        return {"state": State.FAILED, "reason_sentence": error.sentence, "due_at": None}


def _await_signature(attempt: MintAttempt) -> Changes:
    """Do the step of AWAITING_SIGNATURE: ask the contract, as the page may be closed before it sends us the hash."""
    confirmed = fetch_confirmed(attempt)
    if confirmed is not None:
        return confirmed
    age = attempt.now - (attempt.request.published_at or attempt.request.created_at)
    return {"due_at": attempt.now + min(max(age / 5, timedelta(seconds=10)), timedelta(days=1))}


def _fetch_in_block(attempt: MintAttempt) -> Changes:
    """Do the step of SUBMITTED: look for the transaction in a block, else in the pool."""
    request = attempt.request
    receipt = attempt.client.receipt(request.tx_hash)
    if receipt is None:
        return _check_pool(attempt)
    if not receipt.succeeded:
        return _sign_again(attempt, gettext("The transaction failed on the chain. Nothing was minted."))
    token_id = fetch_token_in(receipt, attempt)
    if token_id is None:
        return _sign_again(attempt, gettext("The transaction that was sent is not the one we prepared."))
    return {"state": State.MINED, "token_id": token_id, **build_mined_columns(receipt)}


def _check_pool(attempt: MintAttempt) -> Changes:
    request, now = attempt.request, attempt.now
    confirmed = fetch_confirmed(attempt)
    if confirmed is not None:  # by another transaction, with which the wallet replaced this one
        return confirmed
    sent = attempt.client.transaction(request.tx_hash)
    age = now - (request.submitted_at or now)
    if sent is None and age > _dropped_after(request):
        return _sign_again(
            attempt, gettext("The chain dropped the transaction. Please sign it again; you get one token only.")
        )
    if sent is None and _has_owners(request):
        return {"reason_sentence": FOR_OWNERS, "due_at": now + min(max(age / 5, SOON), OWNERS_LOOKED_AFTER)}
    is_key_account = request.account is not None and not request.account.is_contract_account
    if sent is not None and is_key_account and (sent.sender != request.owner or sent.to != request.contract):
        return _sign_again(attempt, gettext("The transaction that was sent is not the one we prepared."))
    return {"due_at": now + SOON}


def _has_owners(request: MintRequest) -> bool:
    """Return whether a contract account mints. The hash it reported may be known only to its owners."""
    return request.account is not None and request.account.is_contract_account


def _dropped_after(request: MintRequest) -> timedelta:
    cosigning = timedelta(seconds=conf().cosign_seconds if _has_owners(request) else 0)
    return max(DROPPED_AFTER, cosigning)


def _confirm(attempt: MintAttempt) -> Changes:
    """Do the step of MINED: wait for a confirmed block, or go back to SUBMITTED after a reorg."""
    request = attempt.request
    receipt = attempt.client.receipt(request.tx_hash)
    if receipt is None or not receipt.succeeded:
        not_mined: Changes = {"token_id": None, "mined_block_number": None, "mined_block_hash": ""}
        return {"state": State.SUBMITTED, "due_at": attempt.now, **not_mined}
    mined = build_mined_columns(receipt)
    if mined["mined_block_hash"] != request.mined_block_hash:
        return {"due_at": attempt.now + SOON, **mined}
    return fetch_confirmed(attempt) or {"due_at": attempt.now + SOON}


def _sign_again(attempt: MintAttempt, sentence: str) -> Changes:
    """Go back to PINNED, which estimates the gas anew and fails if the contract would refuse again."""
    return {"state": State.PINNED, "tx_hash": "", "reason_sentence": sentence, "due_at": attempt.now}


_STEPS: dict[MintRequest.State, Step] = {
    State.STORING: _store,
    State.PUBLISHING: _publish,
    State.PINNED: _prepare,
    State.AWAITING_SIGNATURE: _await_signature,
    State.SUBMITTED: _fetch_in_block,
    State.MINED: _confirm,
}
_SPONSORED_STEPS: dict[MintRequest.State, Step] = {
    **_STEPS,
    State.PINNED: sign_mint,
    State.SUBMITTED: follow_transactions,
}
