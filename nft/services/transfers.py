"""Sending a token to somebody else. The person's wallet signs; afterwards we look more often until it is settled."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction

from nft.clients.chain_errors import ChainError
from nft.clients.chain_sending import fetch_fees
from nft.core.abi import build_safe_transfer_from, build_safe_transfer_from_1155
from nft.core.address import ZERO, parse_address
from nft.core.errors import InvalidAddress
from nft.core.token import TokenStandard
from nft.models import TokenClaim
from nft.services import jobs
from nft.services.claims import get_claim, spend_check
from nft.services.doors import Doors
from nft.services.mint_errors import ChainDown, NotNow, ReceiverRefused
from nft.services.provenance import describe_chain
from nft.services.transactions import Transaction, estimate_gas, parse_tx_hash
from profiles.services.audit import record
from profiles.services.people import profile_of

WATCH = timedelta(minutes=5)


def build_transfer(claim: TokenClaim, to_text: str, doors: Doors) -> Transaction:
    """The transaction that sends one of this token to `to_text`. Raises TokenActionError."""
    if claim.state != TokenClaim.State.OWNED or claim.account is None:
        raise NotNow("You can only send a token that you hold.")
    if claim.vault is not None:
        raise NotNow("A vault holds this token and only lets you show it. Send it from the vault's own wallet.")
    sender = claim.account.address
    to = checked_receiver(to_text, sender, claim.contract)
    data = _call(claim, sender, to)
    try:
        client = doors.chain(claim.chain_id)
        gas, price = estimate_gas(client, sender, claim.contract, data), fetch_fees(client).usual
    except ChainError as error:
        raise ChainDown(describe_chain(claim.chain_id)["name"]) from error
    return Transaction(claim.chain_id, sender, claim.contract, data, gas, price)


def checked_receiver(text: str, sender: bytes, contract: bytes) -> bytes:
    """An address a token can be sent to without being lost at once. Raises ReceiverRefused."""
    try:
        to = parse_address(text.strip())
    except InvalidAddress as error:
        raise ReceiverRefused(str(error)) from error
    if to == ZERO:
        raise ReceiverRefused("This is the zero address, which belongs to nobody: the token would be lost.")
    if to == contract:
        raise ReceiverRefused("This is the token's own contract: the token would be lost.")
    if to == sender:
        raise ReceiverRefused("The token is in this account already.")
    return to


def record_transfer_sent(user: User, claim_id: uuid.UUID, tx_hash: str, now: datetime) -> TokenClaim:
    """Notes a transfer on its way and watches the token closely. Raises TokenActionError, ClaimError."""
    tx_hash = parse_tx_hash(tx_hash)
    get_claim(user, claim_id)
    spend_check(user)  # it makes us ask the chain at once, as a check does
    with transaction.atomic():
        claim = TokenClaim.objects.select_for_update(of=("self",)).get(user=user, pk=claim_id)
        claim.transfer_tx, claim.watch_until, claim.next_check_at = tx_hash, now + WATCH, now
        claim.save(update_fields=["transfer_tx", "watch_until", "next_check_at"])
        record(profile_of(user), "claim.transfer", user, claim=str(claim.pk), tx_hash=tx_hash)
        jobs.enqueue(jobs.VERIFY_CLAIM, claim.pk)
    return claim


def _call(claim: TokenClaim, sender: bytes, to: bytes) -> bytes:
    if claim.standard == TokenStandard.ERC1155:
        return build_safe_transfer_from_1155(sender, to, claim.token_id, 1)
    return build_safe_transfer_from(sender, to, claim.token_id)
