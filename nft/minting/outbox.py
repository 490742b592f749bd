"""Transactions of the site's own: signed and stored first, then sent as often as it takes, always the same bytes.

The next number (nonce) is given out under a lock on the account's row. A number once used is never given up: what was
signed for it is sent until the chain has taken it or a dearer one of the same number.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from nft.clients.clients import Clients
from nft.clients.evm.chain import ChainClient
from nft.clients.evm.errors import ChainError, TransactionRefused
from nft.clients.evm.fees import fetch_cost, fetch_fees, fetch_nonce
from nft.clients.evm.signers import Signer, SignerError, get_signer, sign_digest
from nft.core.evm.transactions import Fees, UnsignedTransaction, build_replacement_fees, parse_call, transaction_hash
from nft.minting.sponsor import budget_left
from nft.models import MintRequest, SponsorAccount, SponsoredTransaction
from nft.settings import conf
from profiles.jobs import job
from profiles.leases import lease_row

log = logging.getLogger(__name__)

STUCK_AFTER = timedelta(minutes=2)
"""A transaction in no block for so long is replaced at higher fees, unless others of our account are before it."""
PAGE = 100
DEARER_SOON = "The network asks for more than the site's transaction offers. It is sent again, dearer, if that stays."
_ENDED = (MintRequest.State.CONFIRMED, MintRequest.State.FAILED)
_NO_NEWS = re.compile(
    r"already (?:known|imported)|known transaction|nonce too low|replacement transaction underpriced", re.IGNORECASE
)
_TOO_CHEAP = re.compile(r"underpriced|base fee|fee ?cap|fee ?too ?low|minimum gas price", re.IGNORECASE)
_NO_MONEY = re.compile(r"insufficient (?:funds|balance)|InsufficientFunds", re.IGNORECASE)


class MustWait(Exception):
    """Not now; the sentence is for the person."""

    permanent = False


@dataclass(frozen=True)
class Order:
    """A call that the site shall pay for."""

    request: MintRequest
    to: bytes
    data: bytes
    gas: int


def sign_next(signer: Signer, client: ChainClient, order: Order, now: datetime) -> SponsoredTransaction:
    """The order's transaction, signed and stored, not sent; the one there is where it was signed before.

    Raises MustWait, SignerError, ChainError."""
    fees = _affordable(fetch_fees(client))
    on_chain = fetch_nonce(client, signer.address)
    with transaction.atomic():
        account = _locked(client.chain_id, signer.address)
        before = newest_unsettled(order.request)
        if before is not None:
            return before
        if budget_left(client.chain_id, now) < order.gas * fees.max_fee:
            raise MustWait("What the site pays for tokens in one day is used up. It goes on by itself later.")
        nonce = max(account.next_nonce, on_chain)
        unsigned = UnsignedTransaction(client.chain_id, nonce, fees, order.gas, order.to, order.data)
        signed = _store(unsigned, signer, order.request, now)
        account.next_nonce = nonce + 1
        account.save(update_fields=["next_nonce"])
    return signed


def newest_unsettled(request: MintRequest) -> SponsoredTransaction | None:
    return request.transactions.filter(settled_at=None).first()


def push(sent: SponsoredTransaction, client: ChainClient, now: datetime) -> str:
    """Sees to it that the chain knows the newest transaction of a number; what a person should hear, or "".

    Raises ChainError, SignerError."""
    sentence = ""
    if client.transaction(sent.tx_hash) is None and (sentence := _send(sent, client)) != DEARER_SOON:
        return sentence
    if now - sent.signed_at < STUCK_AFTER or fetch_nonce(client, sent.sender) != sent.nonce:
        return sentence
    try:
        dearer = _outbid(sent, client, now)
    except MustWait as wait:
        return str(wait)
    return _send(dearer, client) if dearer else ""


def settle(sent: QuerySet[SponsoredTransaction], client: ChainClient, now: datetime) -> None:
    """Notes that a number is used up for good, and what that cost."""
    for one in sent.filter(settled_at=None):
        one.cost, one.settled_at, one.due_at = fetch_cost(client, one.tx_hash), now, None
        one.save(update_fields=["cost", "settled_at", "due_at"])


@job(queue="ipfs", every=timedelta(seconds=10))
def sweep_outbox(now: datetime, clients: Clients) -> int:
    """Settles, or sends on, what no request looks after any more: those that ended, those of people who left."""
    is_over = Q(request=None) | Q(request__state__in=_ENDED) | Q(request__gave_up_at__isnull=False)
    loose = SponsoredTransaction.objects.filter(is_over, settled_at=None)
    newest: dict[tuple[int, bytes, int], SponsoredTransaction] = {}
    for found in loose[:PAGE]:
        newest.setdefault((found.chain_id, bytes(found.sender), found.nonce), found)
    for found in newest.values():
        sent = lease_row(SponsoredTransaction.objects.filter(pk=found.pk), now)
        if sent is None:
            continue
        with sent.attempting(now):
            try:
                is_settled = _look_after(sent, clients.chain(sent.chain_id), now)
                sent.release(None if is_settled else now)
            except (ChainError, SignerError) as error:
                log.warning("Transaction %s waits: %s", sent.tx_hash, error)
                sent.retry(error, now, timedelta(0))
    return len(newest)


def _look_after(sent: SponsoredTransaction, client: ChainClient, now: datetime) -> bool:
    """Settle it, or send it on. Return whether its number is used up."""
    block = client.confirmed_block()
    is_used_up = fetch_nonce(client, sent.sender, block) > sent.nonce
    client.check_block(block)
    if is_used_up:
        settle(_of_same_nonce(sent), client, now)
    else:
        push(sent, client, now)
    return is_used_up


def _send(sent: SponsoredTransaction, client: ChainClient) -> str:
    try:
        client.send_raw(bytes(sent.raw))
    except TransactionRefused as error:
        if _NO_NEWS.search(str(error)):
            return ""
        if _TOO_CHEAP.search(str(error)):
            return DEARER_SOON
        log.error("Chain %s refuses %s of 0x%s: %s", sent.chain_id, sent.tx_hash, sent.sender.hex(), error)  # noqa: TRY400
        if _NO_MONEY.search(str(error)):
            return "The site's own account has no money left for this. It goes on as soon as it has."
        return "The chain does not take the site's transaction at the moment. We keep trying."
    return ""


def _outbid(sent: SponsoredTransaction, client: ChainClient, now: datetime) -> SponsoredTransaction | None:
    """None where it was signed by a key that the site no longer has, or somebody else was faster."""
    signer = get_signer(sent.chain_id)
    if signer is None or signer.address != bytes(sent.sender):
        return None
    fees = _affordable(build_replacement_fees(Fees(sent.max_fee, sent.tip), fetch_fees(client)))
    with transaction.atomic():
        _locked(sent.chain_id, bytes(sent.sender))
        if _of_same_nonce(sent).first() != sent:
            return None
        unsigned = UnsignedTransaction(sent.chain_id, sent.nonce, fees, sent.gas, *parse_call(bytes(sent.raw)))
        return _store(unsigned, signer, sent.request, now)


def _affordable(fees: Fees) -> Fees:
    """Raises MustWait."""
    if fees.max_fee <= conf().sponsor_max_fee:
        return fees
    raise MustWait("The network asks for more at the moment than the site pays. It goes on when that falls.")


def _store(
    unsigned: UnsignedTransaction, signer: Signer, request: MintRequest | None, now: datetime
) -> SponsoredTransaction:
    raw = unsigned.signed(sign_digest(signer, unsigned.digest()))
    return SponsoredTransaction.objects.create(
        request=request,
        chain_id=unsigned.chain_id,
        sender=signer.address,
        nonce=unsigned.nonce,
        tx_hash=transaction_hash(raw),
        raw=raw,
        gas=unsigned.gas,
        max_fee=unsigned.fees.max_fee,
        tip=unsigned.fees.tip,
        signed_at=now,
        due_at=now,
    )


def _locked(chain_id: int, address: bytes) -> SponsorAccount:
    SponsorAccount.objects.get_or_create(chain_id=chain_id, address=address)
    return SponsorAccount.objects.select_for_update().get(chain_id=chain_id, address=address)


def _of_same_nonce(sent: SponsoredTransaction) -> QuerySet[SponsoredTransaction]:
    return SponsoredTransaction.objects.filter(chain_id=sent.chain_id, sender=sent.sender, nonce=sent.nonce)
