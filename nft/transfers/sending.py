"""Send a token to another person.

The receiver is typed as an address, an ENS name, or the handle of a person here. The sender's wallet signs; afterwards
the token is checked more often for a while, so that the page follows the transfer.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction

from nft.claims.claiming import get_claim, spend_check
from nft.claims.sweeping import request_check
from nft.clients.bundle import Clients
from nft.clients.evm.chain import HEAD
from nft.clients.evm.errors import ChainError
from nft.clients.evm.fees import fetch_fees
from nft.core.errors import InvalidIdentifier
from nft.core.evm.abi.token_calls import (
    build_balance_of,
    build_safe_transfer_from,
    build_safe_transfer_from_1155,
    parse_balance_of,
)
from nft.core.evm.address import ZERO, parse_address, to_checksum
from nft.core.evm.ens import looks_like_name
from nft.core.evm.errors import BadAnswer
from nft.core.evm.token import TokenStandard
from nft.errors import NOT_NOW, RATE_LIMITED, TokenActionError
from nft.models import TokenClaim
from nft.models.accounts import accounts_on
from nft.names.errors import NameLookupError
from nft.names.lookup import NAMES_PER_HOUR, fetch_address
from nft.settings.chains import describe_chain
from nft.tokens.transactions import Transaction, estimate_gas, parse_tx_hash
from nft.transfers.errors import CHAIN_UNAVAILABLE, NAMES_UNAVAILABLE, RECEIVER_REFUSED
from profiles.audit import record
from profiles.limits import TooMany, spend
from profiles.people.hiding import visible_profiles
from profiles.people.profiles import profile_of
from profiles.sentences import gettext as _

#: How long a token is checked more often after its transfer was sent.
WATCH_FOR = timedelta(minutes=5)


@dataclass(frozen=True)
class Receiver:
    """Who gets the token: `address`, as typed if an address was typed (its checksum is not yet verified).

    `name` and `handle` are what the address was found by, else "". They are only shown.
    """

    address: str
    name: str = ""
    handle: str = ""


def find_receiver(text: str, chain_id: int, sender: User, clients: Clients) -> Receiver:
    """Return the receiver that `text` names. An ENS name is looked up now.

    Raise TokenActionError (RECEIVER_REFUSED, NAMES_UNAVAILABLE, RATE_LIMITED).
    """
    text = text.strip()
    if looks_like_name(text):
        return _find_by_name(text, chain_id, sender, clients)
    if text.lower().startswith("0x"):
        return Receiver(text)
    return _find_by_handle(text.removeprefix("@").lower(), chain_id)


def _find_by_name(text: str, chain_id: int, sender: User, clients: Clients) -> Receiver:
    try:
        spend("names", sender.pk, NAMES_PER_HOUR)
        found = fetch_address(text, chain_id, clients)
    except TooMany as error:
        raise TokenActionError(error.sentence, RATE_LIMITED, retry_after=error.retry_after) from error
    except NameLookupError as error:
        kind = RECEIVER_REFUSED if error.permanent else NAMES_UNAVAILABLE
        raise TokenActionError(error.sentence, kind) from error
    return Receiver(to_checksum(found.address), name=found.name)


def _find_by_handle(handle: str, chain_id: int) -> Receiver:
    """Return the public account that the person linked first, of those that exist on the chain.

    The error is the same for a person with hidden accounts and for one without any.
    """
    profile = visible_profiles().filter(handle=handle).first()
    account = accounts_on(profile.user_id, chain_id).filter(is_public=True).first() if profile else None
    if account is None:
        chain_name = describe_chain(chain_id).name
        raise TokenActionError(
            _(
                "“%(handle)s” is no address, no ENS name, and nobody here with that handle shows an "
                "account on %(chain_name)s. Ask them for their address.",
                handle=handle[:60],
                chain_name=chain_name,
            ),
            RECEIVER_REFUSED,
        )
    return Receiver(to_checksum(account.address), handle=handle)


def fetch_copies(claim: TokenClaim, clients: Clients) -> int | None:
    """Return how many copies of the token the account holds: 1 of ERC-721; None if the chain does not answer."""
    if claim.standard != TokenStandard.ERC1155 or claim.account is None:
        return 1
    asked = build_balance_of(claim.account.address, claim.token_id)
    try:
        return parse_balance_of(clients.chain(claim.chain_id).call(claim.contract, asked, HEAD))
    except (BadAnswer, ChainError):
        return None


def build_transfer(claim: TokenClaim, to_text: str, clients: Clients, *, amount: int = 1) -> Transaction:
    """Build the transaction that sends copies of this token to the address `to_text`. Raise TokenActionError."""
    if claim.state != TokenClaim.State.OWNED or claim.account is None:
        raise TokenActionError(_("You can only send a token that you hold."), NOT_NOW)
    if claim.vault is not None:
        raise TokenActionError(
            _("A vault holds this token and only lets you show it. Send it from the vault's own wallet."), NOT_NOW
        )
    sender = claim.account.address
    to = parse_receiver(to_text, sender, claim.contract)
    if claim.standard == TokenStandard.ERC1155:
        data = build_safe_transfer_from_1155(sender, to, claim.token_id, amount)
    else:
        data = build_safe_transfer_from(sender, to, claim.token_id)
    try:
        client = clients.chain(claim.chain_id)
        gas, price = estimate_gas(client, sender, claim.contract, data), fetch_fees(client).expected
    except ChainError as error:
        name = describe_chain(claim.chain_id).name
        sentence = _("%(name)s can't be reached right now. Please try again in a minute.", name=name)
        raise TokenActionError(sentence, CHAIN_UNAVAILABLE) from error
    has_owners = claim.account.is_contract_account
    return Transaction(claim.chain_id, sender, claim.contract, data, gas, price, has_owners=has_owners)


def parse_receiver(text: str, sender: bytes, contract: bytes) -> bytes:
    """Parse an address to which the token can be sent without being lost. Raise TokenActionError (RECEIVER_REFUSED)."""
    try:
        to = parse_address(text.strip())
    except InvalidIdentifier as error:
        raise TokenActionError(error.sentence, RECEIVER_REFUSED) from error
    refused = {
        sender: _("The token is in this account already."),
        contract: _("This is the token's own contract: the token would be lost."),
        ZERO: _("This is the zero address, which belongs to nobody: the token would be lost."),
    }
    if to in refused:
        raise TokenActionError(refused[to], RECEIVER_REFUSED)
    return to


def record_transfer_sent(user: User, claim_id: uuid.UUID, tx_hash: str, now: datetime) -> TokenClaim:
    """Record that a transfer was sent, and check the token now and more often for WATCH_FOR.

    Raise TokenActionError, ClaimError.
    """
    tx_hash = parse_tx_hash(tx_hash)
    get_claim(user, claim_id)
    spend_check(user)  # it causes a check of the chain
    with transaction.atomic():
        claim = TokenClaim.objects.select_for_update(of=("self",)).get(user=user, pk=claim_id)
        claim.transfer_tx, claim.watch_until, claim.due_at, claim.asked_at = tx_hash, now + WATCH_FOR, now, now
        claim.save(update_fields=["transfer_tx", "watch_until", "due_at", "asked_at"])
        record(profile_of(user), "claim.transfer", user, claim=str(claim.pk), tx_hash=tx_hash)
        request_check(claim.chain_id, alone=claim.is_checked_alone)
    return claim
