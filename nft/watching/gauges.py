"""Gauges for operators: backlogs, the age of the oldest answer from a chain, and what needs attention.

They are read every few seconds, however many claims there are. So each reads at most BOUND entries of an index: a value
of BOUND means that many or more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import Model, QuerySet

from nft.models import ClaimPicture, TokenClaim, WatchedChain
from nft.settings.chains import chains

State = TokenClaim.State
Row = TypeVar("Row", bound=Model)
BOUND = 10_000
#: Claims of a chain, by the time they are due, among which the stalest mark is looked for.
STALEST = 300


@dataclass(frozen=True)
class Gauge:
    """One value of a metric. `help` explains it to operators."""

    name: str
    help: str
    value: float
    labels: dict[str, str]


def get_gauges(now: datetime) -> Iterator[Gauge]:
    """Yield every gauge of the configured chains."""
    for chain_id in chains():
        yield from _claim_gauges(chain_id, now)
    for chain in WatchedChain.objects.filter(chain_id__in=chains()).order_by("chain_id"):
        yield from _watcher_gauges(chain, now)
    pictures = ClaimPicture.objects.filter(due_at__lte=now)
    yield Gauge("pictures_due", "Pictures of tokens that are due to be fetched.", _count(pictures), {})


def _claim_gauges(chain_id: int, now: datetime) -> Iterator[Gauge]:
    labels = {"chain": str(chain_id)}
    lanes = _lanes(chain_id)
    due = [_count(lane.filter(due_at__lte=now)) for lane in lanes]
    yield Gauge("claims_due", "Claims that are due to be checked.", min(BOUND, sum(due)), labels)
    asked = TokenClaim.objects.filter(chain_id=chain_id, asked_at__isnull=False, due_at__lte=now)
    waited = asked.order_by("due_at").values_list("asked_at", flat=True).first()
    wait = (now - waited).total_seconds() if waited is not None else 0.0
    yield Gauge("claim_wait_seconds", "Seconds that somebody has waited for a check that is due.", wait, labels)
    oldest = find_stalest_mark(chain_id)
    if oldest is not None:
        age = (now - oldest).total_seconds()
        help_text = "Seconds since the stalest verified claim was last confirmed by the chain."
        yield Gauge("stalest_mark_seconds", help_text, age, labels)


def find_stalest_mark(chain_id: int) -> datetime | None:
    """Return when the verified claim that was checked longest ago was checked; None if there is none."""
    return min((found for lane in _lanes(chain_id) if (found := _get_stalest(lane)) is not None), default=None)


def _lanes(chain_id: int) -> list[QuerySet[TokenClaim]]:
    return [TokenClaim.objects.filter(chain_id=chain_id, is_checked_alone=alone) for alone in (False, True)]


def _get_stalest(lane: QuerySet[TokenClaim]) -> datetime | None:
    """Return when the stalest claim was checked. It is among the first due, unless the chain did not answer for it."""
    first = lane.order_by("due_at", "id").values_list("state", "checked_at")[:STALEST]
    return min((at for state, at in first if state == State.OWNED and at is not None), default=None)


def _watcher_gauges(chain: WatchedChain, now: datetime) -> Iterator[Gauge]:
    labels = {"chain": str(chain.chain_id)}
    yield Gauge("watcher_blocks_behind", "Blocks that the watcher has not read yet.", chain.blocks_behind, labels)
    if chain.head_at is not None:
        age = (now - chain.head_at).total_seconds()
        yield Gauge("watcher_look_age_seconds", "Seconds since the watcher last read the newest block.", age, labels)
    yield Gauge("watcher_in_trouble", "1 if the last run ended with an error.", bool(chain.last_error), labels)
    if chain.alarm_at is not None:
        age = (now - chain.alarm_at).total_seconds()
        help_text = "Seconds since a node last gave wrong data, was stuck or served another chain."
        yield Gauge("chain_alarm_age_seconds", help_text, age, labels)


def _count(rows: QuerySet[Row]) -> int:
    return rows.order_by()[:BOUND].count()
