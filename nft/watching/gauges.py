"""Figures for whoever runs the site: what waits, how old the oldest word of a chain is, what needs a person.

They are read every few seconds and however many claims there are, so each looks at no more than BOUND entries of an
index: a figure of BOUND means that many or more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Min, QuerySet

from nft.models import ClaimPicture, TokenClaim, WatchedChain
from nft.settings.chains import chains

State = TokenClaim.State
BOUND = 10_000
STALEST = 1000
"""So many claims of a chain, those that are due first, are looked through for the stalest mark."""


@dataclass(frozen=True)
class Gauge:
    name: str
    says: str
    value: float
    labels: dict[str, str]


def read_gauges(now: datetime) -> Iterator[Gauge]:
    for chain_id in chains():
        yield from _claims(chain_id, now)
    for chain in WatchedChain.objects.filter(chain_id__in=chains()).order_by("chain_id"):
        yield from _watcher(chain, now)
    dead = TokenClaim.objects.filter(gave_up_at__isnull=False)
    yield Gauge("claims_dead", "Claims whose check died and that wait for a person.", _bounded(dead), {})
    media = ClaimPicture.objects.filter(due_at__lte=now)
    yield Gauge("pictures_due", "Pictures of tokens that are due to be fetched.", _bounded(media), {})


def _claims(chain_id: int, now: datetime) -> Iterator[Gauge]:
    labels = {"chain": str(chain_id)}
    lanes = [TokenClaim.objects.filter(chain_id=chain_id, is_checked_alone=alone) for alone in (False, True)]
    due = [_bounded(lane.filter(due_at__lte=now)) for lane in lanes]
    yield Gauge("claims_due", "Claims that are due to be checked.", min(BOUND, sum(due)), labels)
    oldest = [found for lane in lanes if (found := _stalest(lane)) is not None]
    if oldest:
        age = (now - min(oldest)).total_seconds()
        says = "Since the verified claim that waits longest was last answered for."
        yield Gauge("stalest_mark_seconds", says, age, labels)


def _stalest(lane: QuerySet[TokenClaim]) -> datetime | None:
    """Whoever was answered longest ago is due first, or was put off a little where the chain did not answer."""
    first = lane.order_by("due_at", "id").values("pk")[:STALEST]
    answered = TokenClaim.objects.filter(pk__in=first, state=State.OWNED).aggregate(at=Min("checked_at"))
    oldest: datetime | None = answered["at"]
    return oldest


def _watcher(chain: WatchedChain, now: datetime) -> Iterator[Gauge]:
    labels = {"chain": str(chain.chain_id)}
    yield Gauge("watcher_blocks_behind", "Blocks that were there and not read.", chain.blocks_behind, labels)
    if chain.head_at is not None:
        age = (now - chain.head_at).total_seconds()
        yield Gauge("watcher_look_age_seconds", "Since the watcher last saw the newest block.", age, labels)
    yield Gauge("watcher_in_trouble", "1 where its last look ended early.", bool(chain.last_error), labels)
    if chain.alarm_at is not None:
        age = (now - chain.alarm_at).total_seconds()
        says = "Since a node last lied, was stuck or served another chain."
        yield Gauge("chain_alarm_age_seconds", says, age, labels)


def _bounded(rows: QuerySet[Any]) -> int:
    return rows.order_by()[:BOUND].count()
