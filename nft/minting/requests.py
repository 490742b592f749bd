"""A picture, a name and a description become a token: what the person does. What the workers do is in mint_steps.py.

Every step is stored before the next is tried, and the contract mints at most once per request (`mintOnce`), so that
no closed page, killed worker, dropped or replaced transaction can make two tokens or lose one.
"""

from __future__ import annotations

import unicodedata
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from nft.claims.claiming import claim_asset
from nft.core.evm.abi.avatar_token import build_mint_once
from nft.core.evm.token import TokenStandard
from nft.core.text import clean_text
from nft.core.tokens.paste import AssetReference
from nft.errors import BadTransactionHash, NoContract, NotNow, NotYours
from nft.files.store import pin_file
from nft.minting import sponsor
from nft.minting.errors import LooksAlike, TextRefused, TooManyMints
from nft.minting.steps import follow_mint
from nft.models import LinkedAccount, MintRequest, TokenClaim
from nft.models.accounts import accounts_on
from nft.settings.chains import default_chain_id, describe_chain
from nft.tokens.lookalikes import find_warning_for_new
from nft.tokens.transactions import Transaction, parse_tx_hash
from profiles.audit import record
from profiles.jobs import enqueue
from profiles.leases import fresh
from profiles.limits import TooMany, spend
from profiles.people.people import profile_of
from profiles.store.images import keep_image

State = MintRequest.State
MINTS_PER_HOUR = 20
HASHES_PER_HOUR = 60
NAME_CHARACTERS = 100
DESCRIPTION_CHARACTERS = 500
_JOINERS = "\u200c\u200d"
_LABELS = {
    State.DRAFT: ("store", "Picture and description stored on IPFS"),
    State.PINNED: ("prepare", "Transaction prepared"),
    State.AWAITING_SIGNATURE: ("sign", "Signed by your wallet"),
    State.SUBMITTED: ("mine", "In a block"),
    State.MINED: ("confirm", "Confirmed for good"),
}


@dataclass(frozen=True)
class MintOrder:
    """`key`: made by the form, so that a form sent twice is one mint."""

    image: bytes
    name: str
    description: str
    account_id: uuid.UUID
    key: str
    is_sponsored: bool = False
    """The site sends and pays, in place of the person's wallet."""
    despite_likeness: bool = False
    """The person was told whose picture it is like, and means it."""


def start_mint(user: User, order: MintOrder, now: datetime, *, chain_id: int | None = None) -> MintRequest:
    """Decodes and pins the picture, and stores the request; workers go on from there.

    Raises TokenActionError, PictureError of profiles for what is no picture, BlockStoreError, and errors of the
    object store."""
    known = MintRequest.objects.filter(user=user, idempotency_key=order.key).first()
    if known is not None:
        return known
    chain_id = chain_id or default_chain_id()
    account = _account(user, order.account_id, chain_id)
    columns = {
        "contract": contract_on(chain_id),
        "name": checked_text("name", order.name, 1, NAME_CHARACTERS),
        "description": checked_text("description", order.description, 0, DESCRIPTION_CHARACTERS),
        "account": account,
        "owner": account.address,
    }
    if order.is_sponsored:
        sponsor.check_offer(user, chain_id, now)
        columns["sponsor"] = sponsor.sponsor_on(chain_id)
    _spend(user, "mints", MINTS_PER_HOUR)
    kept = keep_image(order.image)
    if not order.despite_likeness and (warning := find_warning_for_new(user, kept.row)):
        raise LooksAlike(warning)
    pinned = pin_file(kept.master, kept.row.mime, now)
    with transaction.atomic():
        if order.is_sponsored:
            _check_offer_alone(user, order.key, chain_id, now)
        request, is_new = MintRequest.objects.get_or_create(
            user=user,
            idempotency_key=order.key,
            defaults={
                "chain_id": chain_id,
                "image_cid": str(pinned.cid),
                "image_uri": pinned.uri,
                "due_at": now,
                "created_at": now,
                **columns,
            },
        )
        if is_new:
            record(profile_of(user), "mint.start", user, mint=str(request.pk))
            enqueue(follow_mint, request.pk)
    return request


def _check_offer_alone(user: User, key: str, chain_id: int, now: datetime) -> None:
    """Two forms of one person at once can't both get the last token the site pays for."""
    get_user_model().objects.select_for_update().get(pk=user.pk)
    if not MintRequest.objects.filter(user=user, idempotency_key=key).exists():
        sponsor.check_offer(user, chain_id, now)


def contract_on(chain_id: int) -> bytes:
    """Our contract's address on a chain. Raises NoContract."""
    chain = describe_chain(chain_id)
    if chain.avatar_contract is None:
        raise NoContract(chain.name)
    return chain.avatar_contract


def checked_text(field: str, text: str, low: int, high: int) -> str:
    """One clean line of `low` to `high` characters. Raises TextRefused."""
    if any(_is_hidden(character) for character in text):
        raise TextRefused(field, f"The {field} holds characters that can't be seen. Please remove them.")
    clean = clean_text(text, 2 * high + 2)
    if not low <= len(clean) <= high:
        size = f"{low} to {high}" if low else f"at most {high}"
        raise TextRefused(field, f"The {field} must have {size} characters.")
    return clean


def build_mint_transaction(request: MintRequest) -> Transaction | None:
    """What the wallet must sign now; None while there is nothing to sign."""
    if request.state != State.AWAITING_SIGNATURE or request.gas is None:
        return None
    data = build_mint_once(request.pk, request.owner, request.metadata_uri)
    return Transaction(request.chain_id, request.owner, request.contract, data, request.gas, request.gas_price)


def record_mint_sent(user: User, mint_id: uuid.UUID, tx_hash: str, now: datetime) -> MintRequest:
    """Stores the hash the wallet gave; the chain decides whether it is true. Raises TokenActionError."""
    tx_hash = parse_tx_hash(tx_hash)
    get_mint(user, mint_id)
    _spend(user, "transactions", HASHES_PER_HOUR)  # each makes us ask the chain at once
    try:
        with transaction.atomic():
            request = _locked(user, mint_id)
            if request.sponsor is not None:
                raise NotNow("The site sends this transaction itself.")
            if request.state not in {State.AWAITING_SIGNATURE, State.SUBMITTED}:
                if request.tx_hash == tx_hash:
                    return request
                raise NotNow("There is nothing to sign for this token at the moment.")
            request.state, request.tx_hash, request.submitted_at = State.SUBMITTED, tx_hash, now
            request.reason_sentence = ""
            for name, value in fresh(now).items():
                setattr(request, name, value)
            request.save()
            record(profile_of(user), "mint.sent", user, mint=str(request.pk), tx_hash=tx_hash)
            enqueue(follow_mint, request.pk)
    except IntegrityError as error:
        raise BadTransactionHash("This transaction was already given for another token.") from error
    return request


def use_mint(user: User, mint_id: uuid.UUID, now: datetime) -> TokenClaim:
    """Claims the finished token as the person's picture. Raises TokenActionError or ClaimError."""
    request = get_mint(user, mint_id)
    if request.state != State.CONFIRMED or request.token_id is None:
        raise NotNow("The token is not confirmed yet.")
    asset = AssetReference(request.chain_id, request.contract, request.token_id, TokenStandard.ERC721)
    return claim_asset(user, asset, now)


def get_mint(user: User, mint_id: uuid.UUID) -> MintRequest:
    """Raises NotYours."""
    request = MintRequest.objects.filter(user=user, pk=mint_id).first()
    if request is None:
        raise NotYours("You have no such token in the making.")
    return request


def steps_of(request: MintRequest) -> list[dict[str, Any]]:
    """The steps a page shows: done, now, todo or failed."""
    labels = dict(_LABELS)
    if request.sponsor is not None:
        del labels[State.AWAITING_SIGNATURE]
        labels[State.PINNED] = ("sign", "Signed and paid by the site")
    at = [*labels, State.CONFIRMED].index(_reached(request))
    is_failed = request.state == State.FAILED
    steps = []
    for index, (key, label) in enumerate(labels.values()):
        now = "failed" if is_failed else "now"
        steps.append({"key": key, "label": label, "state": "done" if index < at else now if index == at else "todo"})
    return steps


def _reached(request: MintRequest) -> MintRequest.State:
    """Where a failed request stopped is told by what it has."""
    if request.state != State.FAILED:
        return MintRequest.State(request.state)
    return State.PINNED if request.metadata_uri else State.DRAFT


def _account(user: User, account_id: uuid.UUID, chain_id: int) -> LinkedAccount:
    account = accounts_on(user.pk, chain_id).filter(pk=account_id).first()
    if account is None:
        raise NotYours("Choose one of your linked accounts on this chain to receive the token.")
    return account


def _spend(user: User, what: str, per_hour: int) -> None:
    try:
        spend(what, user.pk, per_hour)
    except TooMany as error:
        raise TooManyMints(error.sentence) from error


def _locked(user: User, mint_id: uuid.UUID) -> MintRequest:
    request = MintRequest.objects.select_for_update(of=("self",)).filter(user=user, pk=mint_id).first()
    if request is None:
        raise NotYours("You have no such token in the making.")
    return request


def _is_hidden(character: str) -> bool:
    blank = character in "\r\n\t" or character in _JOINERS
    return not blank and unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"}
