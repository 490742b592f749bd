"""Where a page of a list ended, so that the next one begins there though rows come and go meanwhile."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

# What the text of a position looks like.
POSITION = "^[0-9]{1,16}-[0-9a-f]{32}$"
Row = TypeVar("Row", bound=Model)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Position(NamedTuple):
    """The time and the id of the last row. Its text is `<microseconds since 1970>-<id in hex>`."""

    at: datetime
    pk: UUID

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // timedelta(microseconds=1)}-{self.pk.hex}"

    @classmethod
    def parse(cls, text: str) -> Position:
        """Parse the text of a position. Raise ValueError. Times reach to the year 2286."""
        if not re.fullmatch(POSITION, text):
            raise ValueError("not a position")
        microseconds, _, pk = text.partition("-")
        return cls(_EPOCH + timedelta(microseconds=int(microseconds)), UUID(hex=pk))

    @classmethod
    def read(cls, text: str) -> Position | None:
        """Like `parse`, but return None for what is no position."""
        try:
            return cls.parse(text)
        except ValueError:
            return None

    def rest(self, column: str) -> Q:
        """Filter for the rows after this one, in the order of `column` and the id, both descending."""
        return Q(**{f"{column}__lt": self.at}) | Q(**{column: self.at, "id__lt": self.pk})


def take_page(rows: QuerySet[Row], column: str, after: Position | None, size: int) -> tuple[list[Row], Position | None]:
    """Return up to `size` rows after a position, and the position of the last one if there are more.

    The rows are ordered by the time `column` and the id, both descending. One query.
    """
    if after is not None:
        rows = rows.filter(after.rest(column))
    found = list(rows.order_by(f"-{column}", "-id")[: size + 1])
    last = found[size - 1] if len(found) > size else None
    return found[:size], None if last is None else Position(getattr(last, column), last.pk)
