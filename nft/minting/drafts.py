"""Drafts of mints: nothing of them is public, and their person publishes or cancels them.

A draft keeps the picture and the texts of the form, so that nobody chooses the file again, and so that the same token
is not minted twice.
"""

from __future__ import annotations

import unicodedata
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from nft.clients.bundle import Clients
from nft.clients.evm.errors import ChainError
from nft.clients.evm.fees import fetch_fees
from nft.core.evm.abi.avatar_token import build_mint_once
from nft.core.text import clean_text
from nft.errors import NO_CONTRACT, NOT_NOW, RATE_LIMITED, NotYours, TokenActionError
from nft.minting import sponsor
from nft.minting.errors import TextRefused
from nft.models import MintRequest, SentToken
from nft.models.accounts import accounts_on
from nft.settings.chains import default_chain_id, describe_chain
from nft.tokens.blocked import get_account_refusal
from nft.tokens.lookalikes import find_warning_for_mint
from nft.tokens.transactions import estimate_gas, format_fee
from profiles.audit import record
from profiles.blocks.matching import PictureBlocked, check_settled, describe_block, image_digests
from profiles.errors import Kind
from profiles.limits import TooMany, spend
from profiles.models import StoredImage
from profiles.people.profiles import profile_of
from profiles.pictures.classifying import is_awaited, want_classification
from profiles.positions import Position, take_page
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop
from profiles.store.images import keep_image

State = MintRequest.State
ACCOUNT_BLOCKED = Kind("account-blocked", gettext_noop("This account is blocked here"), 403)
MINTS_PER_HOUR = 20
#: How long a draft waits to be published. Then it is deleted.
DRAFTS_LAST = timedelta(days=1)
NAME_CHARACTERS = 100
DESCRIPTION_CHARACTERS = 500
#: As long as the metadata URI will be, which decides the gas.
LIKE_A_URI = "ipfs://" + "b" * 59
HIDDEN_CHARACTERS = {
    "name": gettext_noop("The name holds characters that can't be seen. Please remove them."),
    "description": gettext_noop("The description holds characters that can't be seen. Please remove them."),
}
WRONG_LENGTH = {
    "name": gettext_noop("The name must have %(low)s to %(high)s characters."),
    "description": gettext_noop("The description must have at most %(high)s characters."),
}
_JOINERS = "\u200c\u200d"


@dataclass(frozen=True)
class MintOrder:
    """What the person wants minted.

    `key` is made by the form and names the draft, so that a form sent twice is one mint. `image` is None if the draft
    has the picture already. `is_sponsored`: the site sends and pays instead of the person's wallet.
    """

    image: bytes | None
    name: str
    description: str
    account_id: uuid.UUID
    key: str
    is_sponsored: bool = False


def find_draft(user: User, key: str) -> MintRequest | None:
    """Return the person's draft that a form named, with its picture."""
    drafts = MintRequest.objects.filter(user=user, state=State.DRAFT, idempotency_key=key)
    return drafts.select_related("picture").first()


def keep_picture(user: User, image: bytes, key: str, now: datetime) -> MintRequest:
    """Decode and store the picture of a form with other faults as a draft, so that nobody chooses the file again.

    Raise TokenActionError, PictureError if it is no picture, and StorageError.
    """
    chain_id = default_chain_id()
    account = accounts_on(user.pk, chain_id).first()
    if account is None:
        raise NotYours(_("Link a wallet first."))
    columns = {"contract": get_contract(chain_id), "account": account, "owner": account.address}
    return _save_draft(user, key, columns | {"chain_id": chain_id} | _store_picture(user, image), now)


def start_mint(user: User, order: MintOrder, now: datetime, *, chain_id: int | None = None) -> MintRequest:
    """Decode and store the picture, privately, and save the draft that `publish_mint` publishes.

    Return the person's mint of the same picture, texts and account instead, if there is one: nothing is minted twice.
    `reason_sentence` warns of a picture like another's. Raise TokenActionError, PictureError if it is no picture, and
    StorageError.
    """
    known = MintRequest.objects.filter(user=user, idempotency_key=order.key).select_related("picture").first()
    if known is not None and known.state != State.DRAFT:
        return known
    chain_id = chain_id or default_chain_id()
    columns = _build_columns(user, order, chain_id, now)
    columns |= {"chain_id": chain_id, **_choose_picture(user, order, known)}
    columns["reason_sentence"] = find_warning_for_mint(user, columns["picture"], now)
    same = find_same(MintRequest(user=user, **columns))
    if same is None:
        return _save_draft(user, order.key, columns, now)
    if known is not None and known.pk != same.pk:
        _delete_draft(known)
    return same if same.state != State.DRAFT else _save_draft(user, same.idempotency_key, columns, now)


def find_same(wanted: MintRequest) -> MintRequest | None:
    """Return another mint of this picture with these texts to this account, a published one first.

    One that failed does not count, nor one whose token has left the person since.
    """
    token = {"chain_id": OuterRef("chain_id"), "contract": OuterRef("contract"), "token_id": OuterRef("token_id")}
    has_left = SentToken.objects.filter(user=wanted.user, **token)
    same = MintRequest.objects.filter(user=wanted.user, chain_id=wanted.chain_id, owner=wanted.owner)
    same = same.filter(name=wanted.name, description=wanted.description, sha256=wanted.sha256).exclude(pk=wanted.pk)
    same = same.exclude(state=State.FAILED).filter(~Exists(has_left))
    return same.order_by(F("published_at").desc(nulls_last=True)).first()


def fetch_fee(request: MintRequest, clients: Clients) -> str:
    """Return about what the wallet will pay for a draft, such as "0.0002 ETH"; empty if the chain does not answer.

    Raise TokenActionError if the contract would refuse.
    """
    data = build_mint_once(request.pk, request.owner, LIKE_A_URI)
    try:
        client = clients.chain(request.chain_id)
        gas = estimate_gas(client, request.owner, request.contract, data)
        return format_fee(request.chain_id, gas * fetch_fees(client).expected)
    except ChainError:
        return ""


def cancel_mint(user: User, mint_id: uuid.UUID) -> None:
    """Delete a draft. Its picture is deleted like every stored picture without a holder. Raise TokenActionError."""
    with transaction.atomic():
        request = get_mint(user, mint_id, lock=True)
        if request.state != State.DRAFT:
            raise TokenActionError(_("You have published it already, so it can't be canceled."), NOT_NOW)
        record(profile_of(user), "mint.cancel", user, mint=str(request.pk))
        request.delete()


def get_mint(user: User, mint_id: uuid.UUID, *, lock: bool = False) -> MintRequest:
    """Return the person's mint, with `lock` for the rest of the transaction. Raise NotYours."""
    mints = MintRequest.objects.select_for_update(of=("self",)) if lock else MintRequest.objects.all()
    request = mints.filter(user=user, pk=mint_id).first()
    if request is None:
        raise NotYours(_("You have no such token in the making."))
    return request


def get_mints_page(user: User, after: Position | None, size: int) -> tuple[list[MintRequest], Position | None]:
    """Return a page of a person's mints, newest first, and where the next one begins."""
    named = MintRequest.objects.filter(user=user).exclude(name="").select_related("account", "picture", "user")
    return take_page(named, "created_at", after, size)


def _save_draft(user: User, key: str, columns: dict[str, Any], now: datetime) -> MintRequest:
    """Create or update the draft that `key` names, unless it was published meanwhile. It lasts another DRAFTS_LAST."""
    columns = columns | {"due_at": now + DRAFTS_LAST}
    with transaction.atomic():
        defaults = columns | {"created_at": now}
        request, is_new = MintRequest.objects.get_or_create(user=user, idempotency_key=key, defaults=defaults)
        if is_new:
            record(profile_of(user), "mint.start", user, mint=str(request.pk))
        elif MintRequest.objects.filter(pk=request.pk, state=State.DRAFT).update(**columns):
            request.refresh_from_db()
    return request


def _delete_draft(draft: MintRequest) -> None:
    """Delete it unless another page published it meanwhile."""
    with transaction.atomic():
        still = MintRequest.objects.select_for_update(of=("self",)).filter(pk=draft.pk, state=State.DRAFT).first()
        if still is not None:
            still.delete()


def _choose_picture(user: User, order: MintOrder, known: MintRequest | None) -> dict[str, Any]:
    if order.image is not None:
        return _store_picture(user, order.image)
    if known is None or known.picture is None:
        raise TextRefused("image", _("Choose a picture."))
    return {"picture": known.picture, "sha256": known.sha256}


def _store_picture(user: User, image: bytes) -> dict[str, Any]:
    spend_one(user, "mints", MINTS_PER_HOUR)
    row = keep_image(image, sizes=()).row
    check_picture(row)
    return {"picture": row, "sha256": row.sha256}


def _build_columns(user: User, order: MintOrder, chain_id: int, now: datetime) -> dict[str, Any]:
    """Build what the order sets in a MintRequest. Raise TokenActionError."""
    account = accounts_on(user.pk, chain_id).filter(pk=order.account_id).first()
    if account is None:
        raise NotYours(_("Choose one of your linked accounts on this chain to receive the token."))
    columns: dict[str, Any] = {
        "contract": get_contract(chain_id),
        "name": parse_line("name", order.name, 1, NAME_CHARACTERS),
        "description": parse_line("description", order.description, 0, DESCRIPTION_CHARACTERS),
        "account": account,
        "owner": account.address,
    }
    if refusal := get_account_refusal(account.address):
        raise TokenActionError(refusal, ACCOUNT_BLOCKED)
    columns["sponsor"] = None
    if order.is_sponsored:
        sponsor.check_offer(user, chain_id, now)
        columns["sponsor"] = sponsor.get_sponsor_address(chain_id)
    return columns


def check_picture(image: StoredImage) -> None:
    """Raise PictureBlocked for a picture that is blocked, or looks so: what is published can't be held afterwards."""
    check_settled(image_digests(image))
    cause = want_classification(image, timezone.now())
    if cause is not None and not is_awaited(image):
        raise PictureBlocked(describe_block(cause.reason))


def get_contract(chain_id: int) -> bytes:
    """Return our contract's address on a chain. Raise TokenActionError (NO_CONTRACT)."""
    chain = describe_chain(chain_id)
    if chain.avatar_contract is None:
        raise TokenActionError(
            _("Nothing can be minted on %(name)s: this site has no contract there.", name=chain.name), NO_CONTRACT
        )
    return chain.avatar_contract


def parse_line(field: str, text: str, low: int, high: int) -> str:
    """Return `text` as one clean line of `low` to `high` characters. Raise TextRefused."""
    shown = (character for character in text if character not in "\r\n\t" and character not in _JOINERS)
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"} for character in shown):
        raise TextRefused(field, _(HIDDEN_CHARACTERS[field]))
    clean = clean_text(text, 2 * high + 2)
    if not low <= len(clean) <= high:
        raise TextRefused(field, _(WRONG_LENGTH[field], low=low, high=high))
    return clean


def spend_one(user: User, what: str, per_hour: int) -> None:
    """Count one towards an hourly limit of the person. Raise TokenActionError (RATE_LIMITED)."""
    try:
        spend(what, user.pk, per_hour)
    except TooMany as error:
        raise TokenActionError(error.sentence, RATE_LIMITED, retry_after=error.retry_after) from error
