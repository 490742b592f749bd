"""Looking for the tokens of an account: once after it was linked, and again when its person asks.

A search is taken in turns of some seconds, so that others get theirs; what it has read is kept after each range of
blocks, whoever dies. An outage ends a turn and is said to be one: it never reads as "you hold nothing".
"""

from __future__ import annotations

import hashlib
import logging
import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from nft.clients.clients import Clients
from nft.clients.evm.chain import ChainClient
from nft.clients.evm.errors import ChainUnavailable
from nft.clients.indexers import get_indexers
from nft.gallery.holdings import ask_who_holds, awaits_confirmation, name_collections, note_found
from nft.gallery.pictures import ask_for_first_pictures
from nft.gallery.sources import find_enumerated, find_here, find_in_logs, find_indexed, known_contracts
from nft.models import LinkedAccount, TokenSearch
from nft.settings.chains import chains, describe_chain
from profiles.errors import ExpectedError
from profiles.jobs import enqueue, job
from profiles.leases import fresh, lease_row
from profiles.limits import spend

log = logging.getLogger(__name__)

State = TokenSearch.State
RUNS = 60
"""Turns of one search; then it rests where it came to, and says so."""
SEARCHES_PER_HOUR = 12
WIDEST = 1_000_000
EAGER_RUNS = 10
CONFIRMING, CONFIRMING_SLOWLY = timedelta(seconds=10), timedelta(seconds=60)
AGAIN_AFTER_OUTAGE = timedelta(minutes=2)
TRIES_AFTER_OUTAGE = 5
OUTAGE = "The chain did not answer. You may hold more than what stands here; we try again by ourselves."


def begin_searches(user: User, now: datetime, *, asks_indexers: bool = False, only_new: bool = False) -> int:
    """Looks for the tokens of all of a person's accounts, on every chain they exist on; how many searches began.

    `asks_indexers`: whether configured indexers may learn the addresses. `only_new`: of accounts never searched.
    """
    begun = 0
    for account in LinkedAccount.objects.filter(user=user):
        for chain_id in _chains_of(account):
            begun += _begin(account, chain_id, now, asks_indexers=asks_indexers, only_new=only_new)
    return begun


def search_new_accounts(sender: object, *, user_id: int, action: str, **_: object) -> None:
    """Listens to `nft.signals.account_changed`."""
    user = get_user_model().objects.filter(pk=user_id).first() if action != "unlink" else None
    if user is not None:
        begin_searches(user, timezone.now(), only_new=True)


def refresh(user: User, now: datetime, *, asks_indexers: bool) -> int:
    """The same, asked for by the person. Raises TooMany."""
    spend("searches", user.pk, SEARCHES_PER_HOUR)
    return begin_searches(user, now, asks_indexers=asks_indexers)


def _chains_of(account: LinkedAccount) -> list[int]:
    """A key is the same on every chain; a contract account stands where it was proved."""
    return [chain_id for chain_id in chains() if not account.is_contract_account or chain_id == account.chain_id]


def _begin(account: LinkedAccount, chain_id: int, now: datetime, *, asks_indexers: bool, only_new: bool) -> bool:
    anew = {
        **fresh(now),
        "state": State.RUNNING,
        "started_at": now,
        "finished_at": None,
        "runs": 0,
        "trouble": "",
        "has_asked": False,
        "asks_indexers": asks_indexers,
        "floor": describe_chain(chain_id).tokens_from_block,
    }
    with transaction.atomic():
        search, is_new = TokenSearch.objects.get_or_create(account=account, chain_id=chain_id, defaults=anew)
        if not is_new and (only_new or search.state == State.RUNNING):
            return False
        if not is_new:
            TokenSearch.objects.filter(pk=search.pk).update(**anew)
        enqueue(run_search, search.pk)
    return True


@job(queue="chain", rows=TokenSearch)
def run_search(search_id: uuid.UUID, now: datetime, clients: Clients, *, seconds: float = 20.0) -> TokenSearch | None:
    """One turn. None where nothing is due or somebody else is at it; else the search, perhaps still running."""
    search = lease_row(TokenSearch.objects.select_related("account").filter(pk=search_id), now)
    if search is None:
        return None
    search.runs += 1
    with search.attempting(now):
        try:
            if _go_on(search, clients, now, time.monotonic() + seconds) or search.runs >= RUNS:
                _finish(search, now)
            elif search.release(now, runs=search.runs):
                enqueue(run_search, search.pk)
        except ExpectedError as error:
            log.warning("Looking for tokens on chain %s: %s", search.chain_id, error)
            _fail(search, error, now)
    return search


def _go_on(search: TokenSearch, clients: Clients, now: datetime, ends_at: float) -> bool:
    """Whether there is nothing more to do. Raises ChainError."""
    view, head = clients.chain(search.chain_id).first_working_view()
    contracts = known_contracts(search.chain_id)
    search.head = head.number
    _start_anew_if_others(search, contracts)
    if not search.has_asked:
        _ask_other_sources(search, view, contracts, now)
    while (blocks := _next_blocks(search)) and time.monotonic() < ends_at:
        _read_blocks(search, view, contracts, blocks, now)
    if not ask_who_holds(search, view, now, ends_at):
        return False
    name_collections(search, view, view.confirmed_block())
    return _next_blocks(search) is None


def _start_anew_if_others(search: TokenSearch, contracts: Sequence[bytes]) -> None:
    sources = hashlib.sha256(b"".join(contracts)).hexdigest()
    if search.sources != sources:
        search.sources, search.first_read, search.last_read = sources, None, None


def _ask_other_sources(search: TokenSearch, view: ChainClient, contracts: Sequence[bytes], now: datetime) -> None:
    account = search.account
    note_found(account, search.chain_id, find_here(account, search.chain_id), now)
    if search.asks_indexers:
        listed = find_indexed(get_indexers(search.chain_id), account.address)
        search.trouble = listed.trouble and f"{listed.trouble} What only it knows is missing here."
        note_found(account, search.chain_id, listed.found, now)
    enumerated = find_enumerated(view, contracts, account.address, view.confirmed_block())
    note_found(account, search.chain_id, enumerated, now)
    search.has_asked = True
    _save(search, has_asked=True, trouble=search.trouble, head=search.head, sources=search.sources)


def _next_blocks(search: TokenSearch) -> tuple[int, int] | None:
    """First what is new, then back from the newest: what came lately is what people look for."""
    if search.first_read is None or search.last_read is None:
        return max(search.floor, search.head - search.span + 1), search.head
    if search.last_read < search.head:
        return search.last_read + 1, min(search.head, search.last_read + search.span)
    if search.first_read > search.floor:
        return max(search.floor, search.first_read - search.span), search.first_read - 1
    return None


def _read_blocks(
    search: TokenSearch, view: ChainClient, contracts: Sequence[bytes], blocks: tuple[int, int], now: datetime
) -> None:
    """A range that is too wide for the node is made narrower, as the watcher does."""
    first, last = blocks
    width = last - first + 1
    try:
        found = list(find_in_logs(view, contracts, search.account.address, first, last))
    except ChainUnavailable:
        if width <= 1:
            raise
        view.head()  # raises where the node is down
        search.span = max(1, width // 4)
        return
    note_found(search.account, search.chain_id, found, now)
    search.first_read = first if search.first_read is None else min(first, search.first_read)
    search.last_read = last if search.last_read is None else max(last, search.last_read)
    search.span = min(WIDEST, max(search.span, width) * 2)
    _save(
        search,
        first_read=search.first_read,
        last_read=search.last_read,
        span=search.span,
        head=search.head,
        sources=search.sources,
    )


def _save(search: TokenSearch, **columns: object) -> None:
    """Raise ChainUnavailable where another turn, or an unlinked account, has ended this one."""
    if not search.keep(**columns):
        raise ChainUnavailable("Another turn has taken over.")


def _finish(search: TokenSearch, now: datetime) -> None:
    """Tokens that only just came are asked about again by themselves, until their block is confirmed."""
    again = None
    if search.runs < RUNS and awaits_confirmation(search):
        again = now + (CONFIRMING if search.runs < EAGER_RUNS else CONFIRMING_SLOWLY)
    done = {"state": State.DONE, "finished_at": now, "span": search.span, "runs": search.runs}
    with transaction.atomic():
        if not search.release(again, **done):
            return
        ask_for_first_pictures(search.account, search.chain_id, now)
        if again is not None:
            enqueue(run_search, search.pk, delay=(again - now).total_seconds())


def _fail(search: TokenSearch, error: ExpectedError, now: datetime) -> None:
    failed = {"state": State.FAILED, "finished_at": now, "trouble": OUTAGE, "span": search.span, "runs": search.runs}
    if search.tries <= TRIES_AFTER_OUTAGE:
        search.retry(error, now, AGAIN_AFTER_OUTAGE, **failed)
    else:
        search.fail(error, **failed)
