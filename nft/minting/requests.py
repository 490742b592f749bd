"""Start, publish and follow a mint: what the person does. What the workers do is in steps.py.

Nothing is public before the person has seen it all once more and published it. Every later step is stored before the
next is tried, and the contract mints at most once per request (`mintOnce`), so that no closed page, killed worker,
dropped or replaced transaction can make two tokens or lose one.
"""

from __future__ import annotations

import unicodedata
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypedDict

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from nft.claims.claiming import claim_asset
from nft.core.evm.abi.avatar_token import build_mint_once
from nft.core.evm.token import TokenStandard
from nft.core.text import clean_text
from nft.core.tokens.paste import AssetReference
from nft.errors import BAD_TRANSACTION_HASH, NO_CONTRACT, NOT_NOW, RATE_LIMITED, NotYours, TokenActionError
from nft.minting import sponsor
from nft.minting.errors import TextRefused
from nft.minting.steps import follow_mint
from nft.models import MintRequest, TokenClaim
from nft.models.accounts import accounts_on
from nft.settings.chains import default_chain_id, describe_chain
from nft.tokens.lookalikes import find_warning_for_mint
from nft.tokens.transactions import Transaction, parse_tx_hash
from profiles.audit import record
from profiles.leases import fresh
from profiles.limits import TooMany, spend
from profiles.people.profiles import profile_of
from profiles.row_queue import queue_due
from profiles.store.images import keep_image

State = MintRequest.State
MINTS_PER_HOUR = 20
HASHES_PER_HOUR = 60
#: How long a draft waits to be published. Then it is deleted.
DRAFTS_LAST = timedelta(days=1)
NAME_CHARACTERS = 100
DESCRIPTION_CHARACTERS = 500
_JOINERS = "\u200c\u200d"
_LABELS = {
    State.STORING: ("store", "Picture and description stored"),
    State.PUBLISHING: ("publish", "Published to IPFS"),
    State.PINNED: ("prepare", "Transaction prepared"),
    State.AWAITING_SIGNATURE: ("sign", "Signed by your wallet"),
    State.SUBMITTED: ("mine", "In a block"),
    State.MINED: ("confirm", "Confirmed for good"),
}


class PageStep(TypedDict):
    """A step of a mint as its page shows it."""

    key: str
    label: str
    state: Literal["done", "now", "todo", "failed"]


@dataclass(frozen=True)
class MintOrder:
    """What the person wants minted.

    `key` is made by the form, so that a form sent twice is one mint. `is_sponsored`: the site sends and pays instead of
    the person's wallet.
    """

    image: bytes
    name: str
    description: str
    account_id: uuid.UUID
    key: str
    is_sponsored: bool = False


def start_mint(user: User, order: MintOrder, now: datetime, *, chain_id: int | None = None) -> MintRequest:
    """Decode and store the picture, privately, and create the draft that `publish_mint` publishes.

    `reason_sentence` warns of a picture like another's. Raise TokenActionError, PictureError if it is no picture, and
    StorageError.
    """
    known = MintRequest.objects.filter(user=user, idempotency_key=order.key).first()
    if known is not None:
        return known
    chain_id = chain_id or default_chain_id()
    columns = _build_columns(user, order, chain_id, now)
    _spend(user, "mints", MINTS_PER_HOUR)
    picture = keep_image(order.image, sizes=()).row
    columns |= {"picture": picture, "reason_sentence": find_warning_for_mint(user, picture, now)}
    columns |= {"chain_id": chain_id, "due_at": now + DRAFTS_LAST, "created_at": now}
    with transaction.atomic():
        request, is_new = MintRequest.objects.get_or_create(user=user, idempotency_key=order.key, defaults=columns)
        if is_new:
            record(profile_of(user), "mint.start", user, mint=str(request.pk))
    return request


def publish_mint(user: User, mint_id: uuid.UUID, now: datetime, *, pays_self: bool = False) -> MintRequest:
    """Let workers publish a draft and mint it: from here on, nobody can take it back. Idempotent.

    `pays_self`: the person pays although they ordered a token that the site pays for. Raise TokenActionError.
    """
    with transaction.atomic():
        # Locked: two drafts published at once can't both get the last token that the site pays for.
        get_user_model().objects.select_for_update(no_key=True).get(pk=user.pk)
        request = get_mint(user, mint_id, lock=True)
        if request.state != State.DRAFT:
            return request
        if request.account is None:
            raise NotYours("The account that was to receive the token is no longer linked. Please start again.")
        if pays_self:
            request.sponsor = None
        if request.sponsor is not None:
            sponsor.check_offer(user, request.chain_id, now)
        _go_on(request, now, state=State.STORING, published_at=now)
        record(profile_of(user), "mint.publish", user, mint=str(request.pk))
    return request


def cancel_mint(user: User, mint_id: uuid.UUID) -> None:
    """Delete a draft. Its picture is deleted like every stored picture without a holder. Raise TokenActionError."""
    with transaction.atomic():
        request = get_mint(user, mint_id, lock=True)
        if request.state != State.DRAFT:
            raise TokenActionError("You have published it already, so it can't be canceled.", NOT_NOW)
        record(profile_of(user), "mint.cancel", user, mint=str(request.pk))
        request.delete()


def _build_columns(user: User, order: MintOrder, chain_id: int, now: datetime) -> dict[str, object]:
    """Build what the order sets in a MintRequest. Raise TokenActionError."""
    account = accounts_on(user.pk, chain_id).filter(pk=order.account_id).first()
    if account is None:
        raise NotYours("Choose one of your linked accounts on this chain to receive the token.")
    columns: dict[str, object] = {
        "contract": get_contract(chain_id),
        "name": parse_line("name", order.name, 1, NAME_CHARACTERS),
        "description": parse_line("description", order.description, 0, DESCRIPTION_CHARACTERS),
        "account": account,
        "owner": account.address,
    }
    if order.is_sponsored:
        sponsor.check_offer(user, chain_id, now)
        columns["sponsor"] = sponsor.get_sponsor_address(chain_id)
    return columns


def get_contract(chain_id: int) -> bytes:
    """Return our contract's address on a chain. Raise TokenActionError (NO_CONTRACT)."""
    chain = describe_chain(chain_id)
    if chain.avatar_contract is None:
        raise TokenActionError(f"Nothing can be minted on {chain.name}: this site has no contract there.", NO_CONTRACT)
    return chain.avatar_contract


def parse_line(field: str, text: str, low: int, high: int) -> str:
    """Return `text` as one clean line of `low` to `high` characters. Raise TextRefused."""
    shown = (character for character in text if character not in "\r\n\t" and character not in _JOINERS)
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"} for character in shown):
        raise TextRefused(field, f"The {field} holds characters that can't be seen. Please remove them.")
    clean = clean_text(text, 2 * high + 2)
    if not low <= len(clean) <= high:
        size = f"{low} to {high}" if low else f"at most {high}"
        raise TextRefused(field, f"The {field} must have {size} characters.")
    return clean


def build_mint_transaction(request: MintRequest) -> Transaction | None:
    """Build what the wallet must sign now, None while there is nothing to sign."""
    if request.state != State.AWAITING_SIGNATURE or request.gas is None:
        return None
    data = build_mint_once(request.pk, request.owner, request.metadata_uri)
    has_owners = request.account is not None and request.account.is_contract_account
    return Transaction(
        request.chain_id, request.owner, request.contract, data, request.gas, request.gas_price, has_owners=has_owners
    )


def record_mint_sent(user: User, mint_id: uuid.UUID, tx_hash: str, now: datetime) -> MintRequest:
    """Record the hash that the wallet reported, which workers verify. Raise TokenActionError."""
    tx_hash = parse_tx_hash(tx_hash)
    get_mint(user, mint_id)
    _spend(user, "transactions", HASHES_PER_HOUR)  # each causes a check of the chain at once
    try:
        with transaction.atomic():
            request = get_mint(user, mint_id, lock=True)
            if request.sponsor is not None:
                raise TokenActionError("The site sends this transaction itself.", NOT_NOW)
            if request.state not in {State.AWAITING_SIGNATURE, State.SUBMITTED}:
                if request.tx_hash == tx_hash:
                    return request
                raise TokenActionError("There is nothing to sign for this token at the moment.", NOT_NOW)
            _go_on(request, now, state=State.SUBMITTED, tx_hash=tx_hash, submitted_at=now)
            record(profile_of(user), "mint.sent", user, mint=str(request.pk), tx_hash=tx_hash)
    except IntegrityError as error:
        raise TokenActionError("This transaction was already given for another token.", BAD_TRANSACTION_HASH) from error
    return request


def use_mint(user: User, mint_id: uuid.UUID, now: datetime) -> TokenClaim:
    """Claim the minted token as the person's picture. Raise TokenActionError or ClaimError."""
    request = get_mint(user, mint_id)
    if request.state != State.CONFIRMED or request.token_id is None:
        raise TokenActionError("The token is not confirmed yet.", NOT_NOW)
    asset = AssetReference(request.chain_id, request.contract, request.token_id, TokenStandard.ERC721)
    return claim_asset(user, asset, now)


def get_mint(user: User, mint_id: uuid.UUID, *, lock: bool = False) -> MintRequest:
    """Return the person's mint, with `lock` for the rest of the transaction. Raise NotYours."""
    mints = MintRequest.objects.select_for_update(of=("self",)) if lock else MintRequest.objects.all()
    request = mints.filter(user=user, pk=mint_id).first()
    if request is None:
        raise NotYours("You have no such token in the making.")
    return request


def build_steps(request: MintRequest) -> list[PageStep]:
    """Build the steps that a page shows."""
    labels = dict(_LABELS)
    if request.sponsor is not None:
        del labels[State.AWAITING_SIGNATURE]
        labels[State.PINNED] = ("sign", "Signed and paid by the site")
    is_failed = request.state == State.FAILED
    reached = _failed_at(request) if is_failed else State(request.state)
    at = [State.DRAFT, *labels, State.CONFIRMED].index(reached) - 1
    current: Literal["failed", "now"] = "failed" if is_failed else "now"
    return [
        {"key": key, "label": label, "state": "done" if index < at else current if index == at else "todo"}
        for index, (key, label) in enumerate(labels.values())
    ]


def _failed_at(request: MintRequest) -> MintRequest.State:
    """Return the state in which a request failed, which is known by what it has."""
    if request.metadata_uri:
        return State.PINNED
    return State.PUBLISHING if request.metadata_cid else State.STORING


def _go_on(request: MintRequest, now: datetime, **columns: object) -> None:
    """Write columns of a locked request and let a worker go on with it."""
    for name, value in (fresh(now) | {"reason_sentence": ""} | columns).items():
        setattr(request, name, value)
    request.save()
    queue_due(follow_mint)


def _spend(user: User, what: str, per_hour: int) -> None:
    try:
        spend(what, user.pk, per_hour)
    except TooMany as error:
        raise TokenActionError(error.sentence, RATE_LIMITED, retry_after=error.retry_after) from error
