"""The site's own transactions: signed and stored first, then sent until the chain has them, always the same bytes.

Nonces are assigned under a lock on the account's row. A nonce is never skipped: its transaction is sent until it, or a
replacement of the same nonce at higher fees, is in a block.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from nft.clients.bundle import Clients
from nft.clients.evm.chain import ChainClient
from nft.clients.evm.errors import ChainError, TransactionRefused
from nft.clients.evm.fees import fetch_cost, fetch_fees, fetch_nonce, fetch_pending_nonce
from nft.clients.evm.signers import Signer, SignerError, get_signer, sign_digest
from nft.core.evm.transactions import Fees, UnsignedTransaction, build_replacement_fees, parse_call, transaction_hash
from nft.errors import TokenActionError
from nft.minting.sponsor import budget_left
from nft.models import MintRequest, SponsorAccount, SponsoredTransaction
from nft.settings import conf
from profiles.errors import Kind
from profiles.jobs import job
from profiles.leases import lease_row
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

log = logging.getLogger(__name__)

#: A transaction in no block for so long is replaced at higher fees, unless others of the account are before it.
STUCK_AFTER = timedelta(minutes=2)
#: Maximum transactions in one run of `sweep_outbox`.
PAGE = 100
#: What must be waited for passes by itself; the sentence is for the person.
MUST_WAIT = Kind("must-wait", gettext_noop("The site's transaction must wait"), 503, permanent=False)
UNDERPRICED = _(
    "The network asks for more than the site's transaction offers. It is sent again, dearer, if that stays."
)
_ENDED = (MintRequest.State.CONFIRMED, MintRequest.State.FAILED)
_ALREADY_KNOWN = re.compile(
    r"already (?:known|imported)|known transaction|nonce too low|replacement transaction underpriced", re.IGNORECASE
)
_UNDERPRICED = re.compile(r"underpriced|base fee|fee ?cap|fee ?too ?low|minimum gas price", re.IGNORECASE)
_NO_FUNDS = re.compile(r"insufficient (?:funds|balance)|InsufficientFunds", re.IGNORECASE)


@dataclass(frozen=True)
class SponsoredCall:
    """A contract call that the site pays for."""

    request: MintRequest
    to: bytes
    data: bytes
    gas: int


def sign_call(signer: Signer, client: ChainClient, call: SponsoredCall, now: datetime) -> SponsoredTransaction:
    """Sign and store the call's transaction without sending it. Return the pending one if it was signed before.

    Raise SignerError, ChainError, and TokenActionError (MUST_WAIT) if fees are too high or the budget is used up.
    """
    fees = _check_fees(fetch_fees(client))
    on_chain = fetch_nonce(client, signer.address)
    with transaction.atomic():
        account = _lock_account(client.chain_id, signer.address)
        earlier = get_pending(call.request)
        if earlier is not None:
            return earlier
        if budget_left(client.chain_id, now) < call.gas * fees.max_fee:
            sentence = _("What the site pays for tokens in one day is used up. It goes on by itself later.")
            raise TokenActionError(sentence, MUST_WAIT)
        nonce = max(account.next_nonce, on_chain)
        unsigned = UnsignedTransaction(client.chain_id, nonce, fees, call.gas, call.to, call.data)
        signed = _create_signed(unsigned, signer, call.request, now)
        account.next_nonce = nonce + 1
        account.save(update_fields=["next_nonce"])
    return signed


def get_pending(request: MintRequest) -> SponsoredTransaction | None:
    """Return the request's newest transaction whose nonce is not yet used up at a confirmed block."""
    return request.transactions.filter(settled_at=None).first()


def send_or_replace(sent: SponsoredTransaction, client: ChainClient, now: datetime) -> str:
    """Send the newest transaction of a nonce unless the node has it, and replace it if it is stuck.

    Return why that is delayed, for the person, or "". Raise ChainError, SignerError.
    """
    sentence = ""
    if client.transaction(sent.tx_hash) is None and (sentence := _send(sent, client)) != UNDERPRICED:
        return sentence
    if now - sent.signed_at < STUCK_AFTER or fetch_nonce(client, sent.sender) != sent.nonce:
        return sentence
    try:
        replacement = _sign_replacement(sent, client, now)
    except TokenActionError as error:
        return error.sentence
    return _send(replacement, client) if replacement else ""


def skip_used_nonces(clients: Clients) -> int:
    """Never reuse a nonce that a chain knows and the database does not, as after a restore. Return how many those are.

    Raise ChainError where a node does not tell: without its answer nothing may be signed.
    """
    for chain_id in conf().sponsor_chains:
        if (signer := get_signer(chain_id)) is not None:
            SponsorAccount.objects.get_or_create(chain_id=chain_id, address=signer.address)
    skipped = 0
    for account in SponsorAccount.objects.all():
        known = fetch_pending_nonce(clients.chain(account.chain_id), bytes(account.address))
        skipped += max(known - account.next_nonce, 0)
        account.next_nonce = max(known, account.next_nonce)
        account.save(update_fields=["next_nonce"])
    return skipped


def record_used_nonces(sent: QuerySet[SponsoredTransaction], client: ChainClient, now: datetime) -> None:
    """Record that the nonces of these transactions are used up for good, and what each transaction cost."""
    for one in sent.filter(settled_at=None):
        one.cost, one.settled_at, one.due_at = fetch_cost(client, one.tx_hash), now, None
        one.save(update_fields=["cost", "settled_at", "due_at"])


@job(queue="mints", every=timedelta(seconds=10))
def sweep_outbox(now: datetime, clients: Clients) -> int:
    """Finish the transactions that no job of a mint tracks any more: the mint ended, or its person left.

    Return the number of nonces in this run.
    """
    is_over = Q(request=None) | Q(request__state__in=_ENDED) | Q(request__gave_up_at__isnull=False)
    untracked = SponsoredTransaction.objects.filter(is_over, settled_at=None)
    newest: dict[tuple[int, bytes, int], SponsoredTransaction] = {}
    for found in untracked[:PAGE]:
        newest.setdefault((found.chain_id, bytes(found.sender), found.nonce), found)
    for found in newest.values():
        sent = lease_row(SponsoredTransaction.objects.filter(pk=found.pk), now)
        if sent is None:
            continue
        with sent.attempting(now):
            try:
                is_used_up = _track(sent, clients.chain(sent.chain_id), now)
                sent.release(None if is_used_up else now)
            except (ChainError, SignerError) as error:
                log.warning("Transaction %s is retried: %s", sent.tx_hash, error)
                sent.retry(error, now, timedelta(0))
    return len(newest)


def _track(sent: SponsoredTransaction, client: ChainClient, now: datetime) -> bool:
    """Return whether the nonce is used up at a confirmed block, after recording that; else send or replace."""
    block = client.confirmed_block()
    is_used_up = fetch_nonce(client, sent.sender, block) > sent.nonce
    client.check_block(block)
    if is_used_up:
        record_used_nonces(_of_same_nonce(sent), client, now)
    else:
        send_or_replace(sent, client, now)
    return is_used_up


def _send(sent: SponsoredTransaction, client: ChainClient) -> str:
    """Send the stored bytes. Return why the node refuses them, for the person, or ""."""
    try:
        client.send_raw(bytes(sent.raw))
    except TransactionRefused as error:
        if _ALREADY_KNOWN.search(str(error)):
            return ""
        if _UNDERPRICED.search(str(error)):
            return UNDERPRICED
        log.error("Chain %s refused the site's transaction %s: %s", sent.chain_id, sent.tx_hash, error)  # noqa: TRY400
        if _NO_FUNDS.search(str(error)):
            return _("The site's own account has no money left for this. It goes on as soon as it has.")
        return _("The chain does not take the site's transaction at the moment. We keep trying.")
    return ""


def _sign_replacement(sent: SponsoredTransaction, client: ChainClient, now: datetime) -> SponsoredTransaction | None:
    """Sign the same call at higher fees. Return None if the site no longer has the key, or another worker signed one.

    Raise SignerError, ChainError, and TokenActionError (MUST_WAIT).
    """
    signer = get_signer(sent.chain_id)
    if signer is None or signer.address != bytes(sent.sender):
        return None
    fees = _check_fees(build_replacement_fees(Fees(sent.max_fee, sent.tip), fetch_fees(client)))
    with transaction.atomic():
        _lock_account(sent.chain_id, bytes(sent.sender))
        if _of_same_nonce(sent).first() != sent:
            return None
        unsigned = UnsignedTransaction(sent.chain_id, sent.nonce, fees, sent.gas, *parse_call(bytes(sent.raw)))
        return _create_signed(unsigned, signer, sent.request, now)


def _check_fees(fees: Fees) -> Fees:
    """Return fees that the site pays. Raise TokenActionError (MUST_WAIT) for higher ones."""
    if fees.max_fee <= conf().sponsor_max_fee:
        return fees
    sentence = _("The network asks for more at the moment than the site pays. It goes on when that falls.")
    raise TokenActionError(sentence, MUST_WAIT)


def _create_signed(
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


def _lock_account(chain_id: int, address: bytes) -> SponsorAccount:
    SponsorAccount.objects.get_or_create(chain_id=chain_id, address=address)
    return SponsorAccount.objects.select_for_update().get(chain_id=chain_id, address=address)


def _of_same_nonce(sent: SponsoredTransaction) -> QuerySet[SponsoredTransaction]:
    return SponsoredTransaction.objects.filter(chain_id=sent.chain_id, sender=sent.sender, nonce=sent.nonce)
