"""To whom a token goes, as somebody wrote it: an address, a name (ENS), or the handle of a person here."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction

from nft.claims.checking import verify_claim
from nft.claims.claiming import get_claim, spend_check
from nft.clients.clients import Clients
from nft.clients.evm.errors import ChainError
from nft.clients.evm.fees import fetch_fees
from nft.core.errors import InvalidIdentifier
from nft.core.evm.abi.token_calls import build_safe_transfer_from, build_safe_transfer_from_1155
from nft.core.evm.address import ZERO, parse_address, to_checksum
from nft.core.evm.ens import looks_like_name
from nft.core.evm.token import TokenStandard
from nft.errors import ChainDown, NamesDown, NotNow, ReceiverRefused, TooManyNames
from nft.models import TokenClaim
from nft.models.accounts import accounts_on
from nft.names.lookup import find_address
from nft.names.records import NameProblem, NamesUnreachable
from nft.settings.chains import describe_chain
from nft.tokens.transactions import Transaction, estimate_gas, parse_tx_hash
from profiles.audit import record
from profiles.jobs import enqueue
from profiles.limits import TooMany, spend
from profiles.models import Profile
from profiles.people.people import profile_of

NAMES_PER_HOUR = 60


@dataclass(frozen=True)
class Receiver:
    """`address` is what counts, and the text of an address as it was typed (its checksum is not yet checked). `name`
    and `handle` are what it was found by, else "": for people to read."""

    address: str
    name: str = ""
    handle: str = ""


def find_receiver(text: str, chain_id: int, sender: User, clients: Clients) -> Receiver:
    """Names are looked up on their chain, now. Raises ReceiverRefused, NamesDown, TooManyNames."""
    text = text.strip()
    if looks_like_name(text):
        return _by_name(text, chain_id, sender, clients)
    if text.lower().startswith("0x"):
        return Receiver(text)
    return _by_handle(text.removeprefix("@").lower(), chain_id)


def _by_name(text: str, chain_id: int, sender: User, clients: Clients) -> Receiver:
    try:
        spend("names", sender.pk, NAMES_PER_HOUR)
        found = find_address(text, chain_id, clients)
    except TooMany as error:
        raise TooManyNames(error.sentence) from error
    except NamesUnreachable as error:
        raise NamesDown(error.sentence) from error
    except NameProblem as error:
        raise ReceiverRefused(error.sentence) from error
    return Receiver(to_checksum(found.address), name=found.name)


def _by_handle(handle: str, chain_id: int) -> Receiver:
    """The public account they linked first, of those that exist on the chain. Whoever hides theirs is not told apart
    from whoever has none."""
    profile = Profile.objects.filter(handle=handle).first()
    account = accounts_on(profile.user_id, chain_id).filter(is_public=True).first() if profile else None
    if account is None:
        chain_name = describe_chain(chain_id).name
        raise ReceiverRefused(
            f"“{handle[:60]}” is no address, no ENS name, and nobody here with that handle shows an account on "
            f"{chain_name}. Ask them for their address."
        )
    return Receiver(to_checksum(account.address), handle=handle)


# Sending a token to somebody else. The person's wallet signs; afterwards we look more often until it is settled.

WATCH = timedelta(minutes=5)


def build_transfer(claim: TokenClaim, to_text: str, clients: Clients) -> Transaction:
    """The transaction that sends one of this token to `to_text`. Raises TokenActionError."""
    if claim.state != TokenClaim.State.OWNED or claim.account is None:
        raise NotNow("You can only send a token that you hold.")
    if claim.vault is not None:
        raise NotNow("A vault holds this token and only lets you show it. Send it from the vault's own wallet.")
    sender = claim.account.address
    to = checked_receiver(to_text, sender, claim.contract)
    data = _call(claim, sender, to)
    try:
        client = clients.chain(claim.chain_id)
        gas, price = estimate_gas(client, sender, claim.contract, data), fetch_fees(client).expected
    except ChainError as error:
        raise ChainDown(describe_chain(claim.chain_id).name) from error
    return Transaction(claim.chain_id, sender, claim.contract, data, gas, price)


def checked_receiver(text: str, sender: bytes, contract: bytes) -> bytes:
    """An address a token can be sent to without being lost at once. Raises ReceiverRefused."""
    try:
        to = parse_address(text.strip())
    except InvalidIdentifier as error:
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
        claim.transfer_tx, claim.watch_until, claim.due_at = tx_hash, now + WATCH, now
        claim.save(update_fields=["transfer_tx", "watch_until", "due_at"])
        record(profile_of(user), "claim.transfer", user, claim=str(claim.pk), tx_hash=tx_hash)
        enqueue(verify_claim, claim.pk)
    return claim


def _call(claim: TokenClaim, sender: bytes, to: bytes) -> bytes:
    if claim.standard == TokenStandard.ERC1155:
        return build_safe_transfer_from_1155(sender, to, claim.token_id, 1)
    return build_safe_transfer_from(sender, to, claim.token_id)
