"""Counts for the desk: they end at BOUND, so that a page of staff costs the same however many rows there are."""

from __future__ import annotations

from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import QuerySet

#: Counts end here. `words_of_count` says "1,000+" from it on.
BOUND = 1_000


def bounded_count(rows: QuerySet[Any]) -> int:
    """Return how many rows there are, at most BOUND. `rows` must be filtered by columns that an index begins with."""
    return rows.order_by()[:BOUND].count()


def words_of_count(count: int) -> str:
    """Return the count as people read it: "12", "1,000+"."""
    return f"{intcomma(count)}+" if count >= BOUND else intcomma(count)
