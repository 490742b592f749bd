"""Publish and follow a mint: what the person does. What the workers do is in steps.py, what comes before in drafts.py.

Nothing is public before the person has seen it all once more and published it. Every later step is stored before the
next is tried, and the contract mints at most once per request (`mintOnce`), so that no closed page, killed worker,
dropped or replaced transaction can make two tokens or lose one.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypedDict

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from nft.claims.claiming import claim_asset
from nft.core.evm.abi.avatar_token import build_mint_once
from nft.core.evm.token import TokenStandard
from nft.core.tokens.paste import AssetReference
from nft.errors import BAD_TRANSACTION_HASH, NOT_NOW, NotYours, TokenActionError
from nft.minting import sponsor
from nft.minting.drafts import find_same, get_mint, spend_one
from nft.minting.steps import follow_mint
from nft.models import MintRequest, TokenClaim
from nft.tokens.transactions import Transaction, parse_tx_hash
from profiles.audit import record
from profiles.leases import fresh
from profiles.people.profiles import profile_of
from profiles.row_queue import queue_due
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

State = MintRequest.State
HASHES_PER_HOUR = 60
_LABELS = {
    State.STORING: ("store", gettext_noop("Picture and description stored")),
    State.PUBLISHING: ("publish", gettext_noop("Published to IPFS")),
    State.PINNED: ("prepare", gettext_noop("Transaction prepared")),
    State.AWAITING_SIGNATURE: ("sign", gettext_noop("Signed by your wallet")),
    State.SUBMITTED: ("mine", gettext_noop("In a block")),
    State.MINED: ("confirm", gettext_noop("Confirmed for good")),
}


class PageStep(TypedDict):
    """A step of a mint as its page shows it."""

    key: str
    label: str
    state: Literal["done", "now", "todo", "failed"]


@dataclass(frozen=True)
class PublishChoice:
    """What the person chose on the page that asks.

    `pays_self`: they pay although they ordered a token that the site pays for. `is_to_be_used`: the token becomes
    their picture.
    """

    pays_self: bool = False
    is_to_be_used: bool = False


def publish_mint(user: User, mint_id: uuid.UUID, now: datetime, choice: PublishChoice | None = None) -> MintRequest:
    """Let workers publish a draft and mint it: from here on, nobody can take it back. Idempotent.

    Return the person's mint of the same instead, if there is one by now. Raise TokenActionError.
    """
    choice = choice or PublishChoice()
    with transaction.atomic():
        # Locked: two drafts published at once can't both get the last token that the site pays for.
        get_user_model().objects.select_for_update(no_key=True).get(pk=user.pk)
        request = get_mint(user, mint_id, lock=True)
        if request.state != State.DRAFT:
            return request
        same = find_same(request)
        if same is not None and same.state != State.DRAFT:
            request.delete()
            return same
        if request.account is None:
            raise NotYours(_("The account that was to receive the token is no longer linked. Please start again."))
        if not request.name:
            raise TokenActionError(_("Give the token a name first."), NOT_NOW)
        if choice.pays_self:
            request.sponsor = None
        if request.sponsor is not None:
            sponsor.check_offer(user, request.chain_id, now)
        _go_on(request, now, state=State.STORING, published_at=now, is_to_be_used=choice.is_to_be_used)
        record(profile_of(user), "mint.publish", user, mint=str(request.pk))
    return request


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
    spend_one(user, "transactions", HASHES_PER_HOUR)  # each causes a check of the chain at once
    try:
        with transaction.atomic():
            request = get_mint(user, mint_id, lock=True)
            if request.sponsor is not None:
                raise TokenActionError(_("The site sends this transaction itself."), NOT_NOW)
            if request.state not in {State.AWAITING_SIGNATURE, State.SUBMITTED}:
                if request.tx_hash == tx_hash:
                    return request
                raise TokenActionError(_("There is nothing to sign for this token at the moment."), NOT_NOW)
            _go_on(request, now, state=State.SUBMITTED, tx_hash=tx_hash, submitted_at=now)
            record(profile_of(user), "mint.sent", user, mint=str(request.pk), tx_hash=tx_hash)
    except IntegrityError as error:
        raise TokenActionError(
            _("This transaction was already given for another token."), BAD_TRANSACTION_HASH
        ) from error
    return request


def use_mint(user: User, mint_id: uuid.UUID, now: datetime) -> TokenClaim:
    """Claim the minted token as the person's picture. Raise TokenActionError or ClaimError."""
    request = get_mint(user, mint_id)
    if request.state != State.CONFIRMED or request.token_id is None:
        raise TokenActionError(_("The token is not confirmed yet."), NOT_NOW)
    asset = AssetReference(request.chain_id, request.contract, request.token_id, TokenStandard.ERC721)
    return claim_asset(user, asset, now)


def build_steps(request: MintRequest) -> list[PageStep]:
    """Build the steps that a page shows."""
    labels = dict(_LABELS)
    if request.sponsor is not None:
        del labels[State.AWAITING_SIGNATURE]
        labels[State.PINNED] = ("sign", gettext_noop("Signed and paid by the site"))
    is_failed = request.state == State.FAILED
    reached = _failed_at(request) if is_failed else State(request.state)
    at = [State.DRAFT, *labels, State.CONFIRMED].index(reached) - 1
    current: Literal["failed", "now"] = "failed" if is_failed else "now"
    return [
        {"key": key, "label": _(label), "state": "done" if index < at else current if index == at else "todo"}
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
