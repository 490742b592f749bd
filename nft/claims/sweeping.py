"""Check every claim again within NFT_SWEEP_PERIOD, and first those that somebody waits for, in pages of one chain.

The period is shorter than AVATAR_MARK_MAX_AGE (a system check requires it), so a mark always rests on a read of the
chain itself (V1); the watcher only makes losses known sooner.

A chain has three lanes of due claims. Workers share a lane by leases: who leases a full page wakes another worker for
the next one before it asks the chain, so that as many work at once as are free.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from uuid import UUID

from django.core.cache import cache
from django.db.models import Min, QuerySet

from nft.claims.batches import NEEDED, OUTAGE_PAUSE, build_questions, check_together, release_unchecked
from nft.claims.checking import is_due_too_late, longest_wait, record_check, verify_claim, verify_leased
from nft.clients.bundle import Clients
from nft.clients.evm.errors import ChainUnavailable
from nft.models import TokenClaim
from nft.settings import conf
from nft.settings.chains import chains
from nft.tokens.alarms import raise_alarm_if_clocks_differ, raise_alarm_where_due
from nft.tokens.facts import decide_outage
from profiles.jobs import enqueue, job
from profiles.leases import due, fresh, get_shares, lease_rows, lease_shares
from profiles.outages import CACHE_ERRORS, outage_of, write_through_outage

log = logging.getLogger(__name__)

#: A check this far behind its time is late, and the desk says so.
LATE = timedelta(minutes=10)
#: Claims that one run of the sweep checks: two calls of 1,000 each, and the block before and after.
PAGE = 2000
#: Claims that one run checks for the people who wait for them. Those that are refused are recorded one by one.
PAGE_ASKED = 500
#: Claims that one run checks one by one, and the seconds after which it leaves the rest to the next run.
PAGE_ALONE, SECONDS_ALONE = 25, 3.0
#: Seconds for which a chain that did not answer is left alone.
OUTAGE_SECONDS = 8
#: Shorter than a claim's lease: a run that hangs ends before another worker takes its claims.
TIME_LIMIT = timedelta(seconds=80)
#: A claim that is due again sooner than this gets a run of its own; later ones are found by `sweep_claims`.
SOON = timedelta(seconds=30)


class Lane(StrEnum):
    """What is due on a chain: claims that somebody waits for, all others, and those to be checked by themselves."""

    ASKED = "asked"
    SWEEP = "sweep"
    ALONE = "alone"


def request_check(chain_id: int, *, alone: bool = False) -> None:
    """Wake a worker, once the transaction is committed that made claims due and set their `asked_at`."""
    enqueue(check_lane, chain_id, (Lane.ALONE if alone else Lane.ASKED).value)


def ask_again(now: datetime) -> dict[str, object]:
    """Return the columns of a claim that is due now, as if it had never failed, and that somebody waits for."""
    return fresh(now) | {"asked_at": now}


@job(queue="watch", every=lambda: timedelta(seconds=min(conf().sweep_period, 10)))
def sweep_claims(now: datetime) -> None:
    """Wake a worker for each lane where claims are due."""
    for chain_id, lane in find_due(now):
        enqueue(check_lane, chain_id, lane.value)


@job(queue="claims", once=True, time_limit=TIME_LIMIT)
def check_lane(chain_id: int, lane: str, now: datetime, clients: Clients) -> None:
    """Check one page. If it is full, another run for the next page is queued first."""
    raise_alarm_if_clocks_differ(chain_id, now)
    if _is_out(chain_id):
        return
    check_page(chain_id, Lane(lane), now, clients, on_more=lambda: enqueue(check_lane, chain_id, lane))
    if lane != Lane.SWEEP:
        _wake_soon(chain_id, Lane(lane), now)


def _wake_soon(chain_id: int, lane: Lane, now: datetime) -> None:
    """Queue runs for claims that are retried or watched within SOON, and for those that left this lane."""
    upcoming = {Lane.ALONE: _lane(chain_id, Lane.ALONE)} | {lane: _lane(chain_id, lane).filter(due_at__gt=now)}
    for which, claims in upcoming.items():
        soonest = claims.filter(due_at__lt=now + SOON, attempt=None).order_by().aggregate(at=Min("due_at"))["at"]
        if soonest is not None:
            enqueue(check_lane, chain_id, which.value, delay=max(0.0, (soonest - now).total_seconds()))


def find_due(now: datetime) -> list[tuple[int, Lane]]:
    """Return the lanes in which claims are due."""
    lanes = [(chain_id, lane) for chain_id in chains() for lane in Lane]
    for chain_id, lane in lanes:
        if _lane(chain_id, lane).filter(due_at__gt=now + longest_wait()).exists():
            correct_due_times(chain_id, now)
    return [(chain_id, lane) for chain_id, lane in lanes if due(_lane(chain_id, lane), now).exists()]


def correct_due_times(chain_id: int, now: datetime) -> None:
    """Make claims due that the clock, before it was set back, left for too late. Reads every claim of the chain."""
    if late := TokenClaim.objects.filter(is_due_too_late(now), chain_id=chain_id).update(due_at=now):
        log.error("The clock was set back: %s claims on chain %s are checked now.", late, chain_id)


def sweep_page(chain_id: int, now: datetime, clients: Clients, *, alone: bool) -> bool:
    """Check the claims of a chain that are due longest, together or one by one. Return whether more are."""
    return check_page(chain_id, Lane.ALONE if alone else Lane.SWEEP, now, clients)


def check_page(
    chain_id: int, lane: Lane, now: datetime, clients: Clients, *, on_more: Callable[[], object] = lambda: None
) -> bool:
    """Check a page of a lane. Return whether more claims are due; `on_more` is called as soon as that is known.

    A chain that can't be reached is left for OUTAGE_PAUSE.
    """
    if lane is Lane.ALONE:
        return _check_one_by_one(chain_id, now, clients, on_more)
    rows = _lane(chain_id, lane)
    if lane is Lane.SWEEP:
        leased = lease_rows(rows, now, PAGE)
    else:
        leased = lease_shares(rows, now, PAGE_ASKED, TokenClaim.person)
    has_more = bool(leased) and due(rows, now).exists()
    if has_more:
        on_more()
    return _check(chain_id, leased, now, clients, is_asked=lane is Lane.ASKED) and has_more


def _check(chain_id: int, leased: Sequence[TokenClaim], now: datetime, clients: Clients, *, is_asked: bool) -> bool:
    """Return whether the chain answered."""
    if len(leased) == 1 and (is_asked or leased[0].crashes):  # as carefully as can be
        return not verify_leased(leased[0], now, clients).is_outage
    try:
        if leased:
            check_together(chain_id, leased, now, clients)
    except ChainUnavailable as error:
        if is_asked:
            _record_outage(chain_id, leased, error, now)
        release_unchecked(leased, now + OUTAGE_PAUSE)
        raise_alarm_where_due(chain_id, error, now)
        _pause(chain_id)
        return False
    except Exception as error:
        if outage_of(error) is not None:
            lease = TokenClaim.policy.lease.total_seconds()
            write_through_outage(partial(release_unchecked, leased, now), lease)
            raise
        # One of them may have caused it. They are leased again in halves, as after a crash.
        log.exception("A page of %s claims on chain %s failed", len(leased), chain_id)
        _let_lease_end(leased, now)
    return True


def _pause(chain_id: int) -> None:
    """Let no run begin for OUTAGE_SECONDS on a chain that does not answer: each wakes another before it asks."""
    with suppress(*CACHE_ERRORS):
        cache.set(_outage_key(chain_id), 1, OUTAGE_SECONDS)


def _is_out(chain_id: int) -> bool:
    try:
        return bool(cache.get(_outage_key(chain_id)))
    except CACHE_ERRORS:
        return False


def _outage_key(chain_id: int) -> str:
    return f"nft.outage.{chain_id}"


def _record_outage(chain_id: int, leased: Sequence[TokenClaim], error: ChainUnavailable, now: datetime) -> None:
    """Tell the people who wait why it takes longer."""
    for claim, question in zip(leased, build_questions(chain_id, leased), strict=True):
        record_check(claim, decide_outage(chain_id, question.holders[0], error) if question.holders else None, now)


def _let_lease_end(leased: Sequence[TokenClaim], now: datetime) -> None:
    TokenClaim.objects.filter(pk__in=[claim.pk for claim in leased], attempt=leased[0].attempt).update(due_at=now)


def _lane(chain_id: int, lane: Lane) -> QuerySet[TokenClaim]:
    claims = TokenClaim.objects.filter(chain_id=chain_id, is_checked_alone=lane is Lane.ALONE)
    if lane is not Lane.ALONE:
        claims = claims.filter(asked_at__isnull=lane is Lane.SWEEP)
    return claims.order_by("due_at", "id").only(*NEEDED)


def _check_one_by_one(chain_id: int, now: datetime, clients: Clients, on_more: Callable[[], object]) -> bool:
    """Check each by itself, in fair shares: a check that crashes its worker takes no other along.

    If no node answers, the others are not tried.
    """
    rows = _lane(chain_id, Lane.ALONE)
    keys = get_shares(rows.filter(due_at__lte=now), PAGE_ALONE, TokenClaim.person)
    has_more = len(keys) == PAGE_ALONE
    if has_more:
        on_more()
    ends_at = time.monotonic() + SECONDS_ALONE
    for number, key in enumerate(keys):
        if number and time.monotonic() > ends_at:
            on_more()
            return True
        outcome = verify_claim(key, now, clients) if isinstance(key, UUID) else None
        if outcome is not None and outcome.is_outage:
            _pause(chain_id)
            return False
    return has_more
