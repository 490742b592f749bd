"""Counts for the desk: they end at BOUND, so that a page of staff costs the same however many rows there are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

#: Counts end here. `words_of_count` says "1,000+" from it on.
BOUND = 1_000


def bounded_count(rows: QuerySet[Any]) -> int:
    """Return how many rows there are, at most BOUND. `rows` must be filtered by columns that an index begins with."""
    return rows.order_by()[:BOUND].count()


def words_of_count(count: int) -> str:
    """Return the count as people read it: "12", "1,000+"."""
    return f"{intcomma(count)}+" if count >= BOUND else intcomma(count)


def count_newest(rows: QuerySet[Any], time: str, since: datetime) -> int:
    """Return how many of the newest BOUND rows are from `since` or later.

    `rows` must be ordered newest first by an index, as by a key that counts up. So no index on the time is needed.
    """
    newest = rows.values(time)[:BOUND]
    count: int = newest.aggregate(count=Count(time, filter=Q(**{f"{time}__gte": since})))["count"]
    return count


def today() -> datetime:
    """Return when the present day began, in the time zone of the site."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
