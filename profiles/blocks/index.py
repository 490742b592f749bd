"""Find hashes that are close to others among millions, by an index over their quarters.

A row is a candidate if one of its quarters differs in one bit at most from that of a wanted hash. So every hash that
differs in 7 bits is found, and of those that differ in 10 about four of five.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_
from typing import TypeVar

from django.db.models import Q, QuerySet

from profiles.images.disguises import distance
from profiles.models.blocks import BANDS, Banded, bands_of

#: Hashes in one query, each with 68 values.
_CHUNK = 64
#: Rows read from the database at once.
_ROWS = 2000

Row = TypeVar("Row", bound=Banded)


def find_close(rows: QuerySet[Row], wanted: Iterable[int], limit: int, *columns: str) -> Iterator[tuple[object, ...]]:
    """Yield (wanted hash, distance, *columns of the row) for the rows within `limit` bits, each pair once."""
    hashes = list(dict.fromkeys(wanted))
    for start in range(0, len(hashes), _CHUNK):
        chunk = hashes[start : start + _CHUNK]
        by_band = _near_bands(chunk)
        near = reduce(or_, [Q(**{f"band_{place}__in": list(by_band[place])}) for place in range(BANDS)])
        found = rows.filter(near).order_by().values_list("hash", *(f"band_{place}" for place in range(BANDS)), *columns)
        for row in found.iterator(chunk_size=_ROWS):
            value, bands = row[0], row[1 : 1 + BANDS]
            close = {one for place, band in enumerate(bands) for one in by_band[place].get(band, ())}
            for one in close:
                if (apart := distance(one, value)) <= limit:
                    yield one, apart, *row[1 + BANDS :]


def _near_bands(wanted: Iterable[int]) -> list[dict[int, list[int]]]:
    """Return, for each quarter, the values that differ in one bit at most, with the wanted hashes that have them."""
    by_band: list[dict[int, list[int]]] = [defaultdict(list) for _ in range(BANDS)]
    for one in wanted:
        for place, band in enumerate(bands_of(one)):
            for near in (band, *(_flip(band, bit) for bit in range(16))):
                by_band[place][near].append(one)
    return by_band


def _flip(band: int, bit: int) -> int:
    flipped = (band & 0xFFFF) ^ (1 << bit)
    return flipped - 0x10000 if flipped & 0x8000 else flipped
