"""Let the tokens that people hold follow the transfers that the watcher sees.

A log is a hint: a token that arrives or leaves is marked at once, and a check at a confirmed block decides. Without an
answer nothing is added or removed for good.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.db.models.functions import Least

from nft.clients.bundle import Clients
from nft.clients.evm.errors import ChainError
from nft.core.evm.abi.transfer_events import TransferEvent
from nft.gallery.holdings import MANY_CHECKS, PAGE, check_tokens, record_found_tokens
from nft.gallery.pictures import request_pictures_of
from nft.gallery.sources import TOKENS_PER_LOG, FoundToken
from nft.models import HeldToken, LinkedAccount, SentToken
from nft.models.accounts import accounts_at
from profiles.jobs import enqueue, job

log = logging.getLogger(__name__)

Token = tuple[bytes, int]
# Addresses or tokens in one query.
CHUNK = 1000
# Sent tokens kept for one person, the newest.
MAX_SENT = 500
# The wait before a token is checked again about which there was no answer: at first, and after MANY_CHECKS.
CHECKED_EVERY, CHECKED_RARELY = timedelta(seconds=20), timedelta(hours=1)


@dataclass
class _Moves:
    """What transfers mean for linked accounts. `sent`: the last one out of a person's accounts, None if it is back."""

    arrived: dict[LinkedAccount, list[FoundToken]] = field(default_factory=lambda: defaultdict(list))
    moved_at: dict[tuple[object, Token], int] = field(default_factory=dict)
    sent: dict[tuple[int, Token], TransferEvent | None] = field(default_factory=dict)


def record_moves(chain_id: int, moved: Mapping[Token, Sequence[TransferEvent]], now: datetime) -> None:
    """Record which tokens arrived at linked accounts and left them. `moved`: each token's transfers in order."""
    events = [event for each in moved.values() for event in each if event.sender != event.recipient]
    accounts = _get_accounts(chain_id, {address for event in events for address in (event.sender, event.recipient)})
    moves = _find_moves(events, accounts)
    for account, found in moves.arrived.items():
        record_found_tokens(account, chain_id, found[-TOKENS_PER_LOG:], now)
    rows = list(_get_rows(chain_id, moves.moved_at))
    for row in rows:
        row.moved_at_block = max(moves.moved_at[row.account_id, (row.contract, row.token_id)], row.moved_at_block or 0)
        row.move_checks = 0
    HeldToken.objects.bulk_update(rows, ["moved_at_block", "move_checks"])
    arriving = [row.pk for row in rows if row.seen_at_block is None]
    request_pictures_of(HeldToken.objects.filter(pk__in=arriving[:CHUNK]), now)
    _record_sent(chain_id, moves.sent, now)


def undo_moves_after(chain_id: int, block_number: int) -> None:
    """Have the tokens checked that moved after this block, which a reorg replaced."""
    undone = HeldToken.objects.filter(chain_id=chain_id, moved_at_block__gt=block_number)
    undone.update(moved_at_block=block_number, logged_at_block=Least("logged_at_block", block_number))
    SentToken.objects.filter(chain_id=chain_id, block_number__gt=block_number).delete()


def queue_moved(chain_id: int, block_number: int, now: datetime) -> None:
    """Ask for a check of the tokens whose transfer is in the confirmed block `block_number` or an earlier one."""
    sent = SentToken.objects.filter(chain_id=chain_id, block_number__lte=block_number, is_confirmed=False)
    sent.update(is_confirmed=True)
    if _get_due(chain_id, block_number, now).exists():
        enqueue(check_moved, chain_id)


@job(queue="chain", once=True)
def check_moved(chain_id: int, now: datetime, clients: Clients) -> None:
    """Check a page of the tokens that moved. The watcher asks again for what is left, and after an outage."""
    try:
        view, _ = clients.chain(chain_id).first_working_view()
        due = _get_due(chain_id, view.confirmed_block().number, now).select_related("account")
        rows = list(due.order_by("checked_at", "pk")[:PAGE])
        arriving = [row.pk for row in rows if row.seen_at_block is None]
        check_tokens(view, [(row, row.account.address) for row in rows], now)
    except ChainError as error:
        log.warning("Tokens that moved on chain %s wait for their check: %s", chain_id, error)
        return
    request_pictures_of(HeldToken.objects.filter(pk__in=arriving, seen_at_block__isnull=False), now)


def _get_due(chain_id: int, block_number: int, now: datetime) -> QuerySet[HeldToken]:
    is_due = Q(move_checks=0) | Q(move_checks__lt=MANY_CHECKS, checked_at__lt=now - CHECKED_EVERY)
    is_due |= Q(checked_at__lt=now - CHECKED_RARELY)
    return HeldToken.objects.filter(is_due, chain_id=chain_id, moved_at_block__lte=block_number)


def _get_accounts(chain_id: int, addresses: Iterable[bytes]) -> dict[bytes, list[LinkedAccount]]:
    """Return the accounts linked here by their address: two where a key delegated to code (EIP-7702)."""
    wanted = sorted(set(addresses))
    found: dict[bytes, list[LinkedAccount]] = defaultdict(list)
    for start in range(0, len(wanted), CHUNK):
        linked = LinkedAccount.objects.filter(accounts_at(chain_id), address__in=wanted[start : start + CHUNK])
        for account in linked:
            found[account.address].append(account)
    return found


def _find_moves(events: Iterable[TransferEvent], accounts: Mapping[bytes, Sequence[LinkedAccount]]) -> _Moves:
    moves = _Moves()
    for event in events:
        token = (event.contract, event.token_id)
        senders, receivers = accounts.get(event.sender, ()), accounts.get(event.recipient, ())
        for account in (*senders, *receivers):
            moves.moved_at[account.pk, token] = max(event.block_number, moves.moved_at.get((account.pk, token), 0))
        for account in senders:
            moves.sent[account.user_id, token] = event
        for account in receivers:
            moves.sent[account.user_id, token] = None
            found = FoundToken(event.contract, event.token_id, event.standard, event.block_number)
            moves.arrived[account].append(found)
    return moves


def _get_rows(chain_id: int, moved_at: Mapping[tuple[object, Token], int]) -> Iterable[HeldToken]:
    keys = sorted(moved_at, key=str)
    for start in range(0, len(keys), CHUNK):
        page = set(keys[start : start + CHUNK])
        contracts, token_ids = {token[0] for _, token in page}, {token[1] for _, token in page}
        rows = HeldToken.objects.filter(chain_id=chain_id, contract__in=contracts, token_id__in=token_ids)
        for row in rows.filter(account_id__in={account_id for account_id, _ in page}):
            if (row.account_id, (row.contract, row.token_id)) in page:
                yield row


def _record_sent(chain_id: int, sent: Mapping[tuple[int, Token], TransferEvent | None], now: datetime) -> None:
    rows = [
        SentToken(
            user_id=user_id,
            chain_id=chain_id,
            contract=contract,
            token_id=token_id,
            recipient=event.recipient,
            tx_hash="0x" + event.transaction_hash.hex(),
            block_number=event.block_number,
            seen_at=now,
        )
        for (user_id, (contract, token_id)), event in sent.items()
        if event is not None
    ]
    SentToken.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["user", "chain_id", "contract", "token_id"],
        update_fields=["recipient", "tx_hash", "block_number", "is_confirmed", "seen_at"],
    )
    for user_id in {row.user_id for row in rows}:
        surplus = SentToken.objects.filter(user_id=user_id).values_list("pk", flat=True)[MAX_SENT:]
        SentToken.objects.filter(pk__in=list(surplus)).delete()
    for (user_id, (contract, token_id)), event in sent.items():
        if event is None:
            back = SentToken.objects.filter(user_id=user_id, chain_id=chain_id, contract=contract, token_id=token_id)
            back.delete()
