"""Search for the tokens of an account: once after it was linked, and again when its person asks.

A search runs in attempts of some seconds, so that other jobs get their turn. Progress is stored after every block
range, so a crashed worker loses nothing. An outage ends an attempt and is shown as such, never as an empty account.
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

from nft.clients.bundle import Clients
from nft.clients.evm.chain import ChainClient
from nft.clients.evm.errors import ChainUnavailable
from nft.clients.indexers import get_indexers
from nft.gallery.holdings import (
    has_unconfirmed_tokens,
    record_found_tokens,
    update_collection_names,
    verify_holdings,
)
from nft.gallery.pictures import request_first_pictures
from nft.gallery.sources import (
    fetch_enumerated_tokens,
    fetch_indexed_tokens,
    fetch_logged_tokens,
    get_known_contracts,
    get_recorded_tokens,
)
from nft.models import LinkedAccount, TokenSearch
from nft.settings.chains import chains, describe_chain
from profiles.errors import ExpectedError
from profiles.jobs import job
from profiles.leases import fresh, lease_row
from profiles.limits import spend
from profiles.row_queue import queue_due, queue_row
from profiles.sentences import gettext

log = logging.getLogger(__name__)

State = TokenSearch.State
# Attempts of one search. Then it is done with what it has read, and the page says so.
MAX_RUNS = 60
SEARCHES_PER_HOUR = 12
MAX_SPAN = 1_000_000
# The wait for the confirmation of a new token: short in the first runs, longer in later ones.
EAGER_RUNS = 10
EAGER_DELAY, SLOW_DELAY = timedelta(seconds=10), timedelta(seconds=60)
OUTAGE_DELAY = timedelta(minutes=2)
OUTAGE_TRIES = 5
OUTAGE = gettext("The chain did not answer. You may hold more than what stands here; we try again by ourselves.")


def start_searches(user: User, now: datetime, *, asks_indexers: bool = False, only_new: bool = False) -> int:
    """Start a search for each account of a person on each chain where it exists. Return how many were started.

    asks_indexers: whether the addresses may be sent to the configured indexers. only_new: skip what was searched
    before.
    """
    started = 0
    for account in LinkedAccount.objects.filter(user=user):
        for chain_id in chains():
            # A key has the same account on every chain, a contract account exists where it was proved.
            if not account.is_contract_account or chain_id == account.chain_id:
                started += _start(account, chain_id, now, asks_indexers=asks_indexers, only_new=only_new)
    return started


def search_new_accounts(sender: object, *, user_id: int, action: str, **_: object) -> None:
    """Start searches for new accounts. A receiver of `nft.signals.account_changed`."""
    user = get_user_model().objects.filter(pk=user_id).first() if action != "unlink" else None
    if user is not None:
        start_searches(user, timezone.now(), only_new=True)


def request_searches(user: User, now: datetime, *, asks_indexers: bool) -> int:
    """Start searches at the person's request. Return how many were started. Raise TooMany."""
    spend("searches", user.pk, SEARCHES_PER_HOUR)
    return start_searches(user, now, asks_indexers=asks_indexers)


def _start(account: LinkedAccount, chain_id: int, now: datetime, *, asks_indexers: bool, only_new: bool) -> bool:
    columns = {
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
        search, is_new = TokenSearch.objects.get_or_create(account=account, chain_id=chain_id, defaults=columns)
        if not is_new and (only_new or search.state == State.RUNNING):
            return False
        if not is_new:
            TokenSearch.objects.filter(pk=search.pk).update(**columns)
        queue_due(run_search)
    return True


@job(queue="chain", rows=TokenSearch)
def run_search(search_id: uuid.UUID, now: datetime, clients: Clients, *, seconds: float = 20.0) -> TokenSearch | None:
    """Continue a search for about `seconds`. Return None if nothing is due or another worker holds it."""
    search = lease_row(TokenSearch.objects.select_related("account").filter(pk=search_id), now)
    if search is None:
        return None
    search.runs += 1
    with search.attempting(now):
        try:
            if _continue(search, clients, now, time.monotonic() + seconds) or search.runs >= MAX_RUNS:
                _finish(search, now)
            elif search.release(now, runs=search.runs):
                queue_due(run_search)
        except ExpectedError as error:
            log.warning("The token search on chain %s was interrupted: %s", search.chain_id, error)
            _record_outage(search, error, now)
    return search


def _continue(search: TokenSearch, clients: Clients, now: datetime, ends_at: float) -> bool:
    """Return whether the search is complete. Raise ChainError."""
    view, head = clients.chain(search.chain_id).first_working_view()
    contracts = get_known_contracts(search.chain_id)
    search.head = head.number
    sources = hashlib.sha256(b"".join(contracts)).hexdigest()
    if search.sources != sources:  # other contracts than before: start over
        search.sources, search.first_read, search.last_read = sources, None, None
    if not search.has_asked:
        _ask_other_sources(search, view, contracts, now)
    while (blocks := _choose_blocks(search)) and time.monotonic() < ends_at:
        _read_blocks(search, view, contracts, blocks, now)
    if not verify_holdings(search, view, now, ends_at):
        return False
    update_collection_names(search, view, view.confirmed_block())
    return _choose_blocks(search) is None


def _ask_other_sources(search: TokenSearch, view: ChainClient, contracts: Sequence[bytes], now: datetime) -> None:
    """Record the tokens of all sources but the logs."""
    account, chain_id = search.account, search.chain_id
    record_found_tokens(account, chain_id, get_recorded_tokens(account, chain_id), now)
    if search.asks_indexers:
        listed = fetch_indexed_tokens(get_indexers(chain_id), account.address)
        search.trouble = listed.trouble and gettext(
            "%(trouble)s What only it knows is missing here.", trouble=listed.trouble
        )
        record_found_tokens(account, chain_id, listed.found, now)
    enumerated = fetch_enumerated_tokens(view, contracts, account.address, view.confirmed_block())
    record_found_tokens(account, chain_id, enumerated, now)
    search.has_asked = True
    _save(search, has_asked=True, trouble=search.trouble, head=search.head, sources=search.sources)


def _choose_blocks(search: TokenSearch) -> tuple[int, int] | None:
    """Return the next range to read: first the new blocks, then backwards, as people look for recent tokens."""
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
    """Read the logs of a range. If it is too wide for the node, only make the span narrower, as the watcher does."""
    first, last = blocks
    width = last - first + 1
    try:
        found = list(fetch_logged_tokens(view, contracts, search.account.address, first, last))
    except ChainUnavailable:
        if width <= 1:
            raise
        view.head()  # raises if the node is down
        search.span = max(1, width // 4)
        return
    record_found_tokens(search.account, search.chain_id, found, now)
    search.first_read = first if search.first_read is None else min(first, search.first_read)
    search.last_read = last if search.last_read is None else max(last, search.last_read)
    search.span = min(MAX_SPAN, max(search.span, width) * 2)
    _save(
        search,
        first_read=search.first_read,
        last_read=search.last_read,
        span=search.span,
        head=search.head,
        sources=search.sources,
    )


def _save(search: TokenSearch, **columns: object) -> None:
    """Store progress. Raise ChainUnavailable if another attempt took over, or the account was unlinked."""
    if not search.keep(**columns):
        raise ChainUnavailable(gettext("Another turn has taken over."))


def _finish(search: TokenSearch, now: datetime) -> None:
    """End the search. While there are unconfirmed tokens, it runs again by itself."""
    again = None
    if search.runs < MAX_RUNS and has_unconfirmed_tokens(search):
        again = now + (EAGER_DELAY if search.runs < EAGER_RUNS else SLOW_DELAY)
    done = {"state": State.DONE, "finished_at": now, "span": search.span, "runs": search.runs}
    with transaction.atomic():
        if not search.release(again, **done):
            return
        request_first_pictures(search.account, search.chain_id, now)
        if again is not None:
            queue_row(run_search, search.pk, again - now)


def _record_outage(search: TokenSearch, error: ExpectedError, now: datetime) -> None:
    failed = {"state": State.FAILED, "finished_at": now, "trouble": OUTAGE, "span": search.span, "runs": search.runs}
    if search.tries <= OUTAGE_TRIES:
        search.retry(error, now, OUTAGE_DELAY, **failed)
    else:
        search.fail(error, **failed)
