"""Read the rows of big tables in pages, those of one person one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet

_PAGE = 1000


def read_rows(rows: QuerySet[Any, Any], user: str, *columns: str) -> Iterator[tuple[Any, ...]]:
    """Yield key, user and columns of each row, ordered by `user` (the name of its column) and key.

    Each page is one statement that begins after the last row of the page before: no cursor stays open.
    """
    after = Q()
    while True:
        page = list(rows.filter(after).order_by(user, "pk").values_list("pk", user, *columns)[:_PAGE])
        yield from page
        if len(page) < _PAGE:
            return
        key, last_user = page[-1][:2]
        after = Q(**{f"{user}__gt": last_user}) | Q(**{user: last_user}, pk__gt=key)
