"""Walks through big tables: some pages at each run of a job, from where the last run ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from django.core.cache import cache

Position = TypeVar("Position")


def walk(name: str, read_page: Callable[[Position | None], Position | None], *, seconds: float) -> bool:
    """Read pages for about `seconds`, at least one. Return whether the end of the table was reached.

    read_page: called with the position that it returned last; None at the beginning, and to be returned at the end. The
    position is in the cache. If it is lost, or two runs overlap, pages are read again.
    """
    key, ends_at = f"walk:{name}", time.monotonic() + seconds
    position: Position | None = cache.get(key)
    while True:
        position = read_page(position)
        cache.set(key, position, None)
        if position is None or time.monotonic() >= ends_at:
            return position is None
