"""Where a page of a list ended, so that the next one begins there though rows come and go meanwhile."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q

# What the text of a position looks like.
POSITION = "^[0-9]{1,16}-[0-9a-f]{32}$"
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
