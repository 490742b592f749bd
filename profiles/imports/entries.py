"""What a source of pictures yields, and what may become of each picture.

A source of a project's own is a class like those in `profiles.imports.sources`: see `PictureSource`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class By(StrEnum):
    """By what a source names people."""

    KEY = "key"
    USERNAME = "username"
    HANDLE = "handle"
    EMAIL = "email"


class Outcome(StrEnum):
    """What became of one picture. The values stand in reports."""

    IMPORTED = "imported"
    SMALLER = "imported-smaller"
    HELD = "imported-held"
    HAS_ONE = "has-one"
    EARLIER = "earlier"
    NO_CONSENT = "no-consent"
    NONE = "none"
    NO_USER = "no-user"
    SEVERAL_USERS = "several-users"
    DUPLICATE = "duplicate"
    MISSING = "missing"
    REFUSED = "refused"
    DAMAGED = "damaged"
    TOO_LARGE = "too-large"
    BLOCKED = "blocked"
    UNREACHABLE = "unreachable"
    FAILED = "failed"


#: The outcomes in words, for the summary.
WORDS = {
    Outcome.IMPORTED: "imported",
    Outcome.SMALLER: "imported, made smaller as it was too large for an upload",
    Outcome.HELD: "imported, and held until staff or the classifier decide",
    Outcome.HAS_ONE: "left out: the person has a picture here already",
    Outcome.EARLIER: "left out: an earlier picture of the person (--history)",
    Outcome.NO_CONSENT: "left out: the person did not agree (--consent)",
    Outcome.NONE: "no picture there",
    Outcome.NO_USER: "no such user",
    Outcome.SEVERAL_USERS: "several users of this name",
    Outcome.DUPLICATE: "the person was named before",
    Outcome.MISSING: "the file is missing or can't be opened",
    Outcome.REFUSED: "refused: a place or a line that can't be used",
    Outcome.DAMAGED: "damaged, or no picture",
    Outcome.TOO_LARGE: "too large",
    Outcome.BLOCKED: "blocked on this site",
    Outcome.UNREACHABLE: "unreachable",
    Outcome.FAILED: "failed here",
}
TAKEN = frozenset({Outcome.IMPORTED, Outcome.SMALLER, Outcome.HELD})
#: Outcomes that need nobody's attention.
FINE = TAKEN | {Outcome.HAS_ONE, Outcome.EARLIER, Outcome.NO_CONSENT, Outcome.NONE}


class Unusable(Exception):
    """An entry can't be imported. `reason` is a sentence for the operator."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome, self.reason = outcome, reason


class Stopped(Exception):
    """The import can't go on at the moment. Its text says why; the same command goes on later."""


@dataclass(frozen=True)
class Entry:
    """One picture of one person.

    `key` is unique in its source and the same in every run. `person` names whose it is, by one of `by`. `read` returns
    the bytes, at most `profiles.imports.reading.MAX_BYTES`. It runs in a worker, and only for who may get a picture: it
    raises Unusable if there is no picture or it can't be used, and Outage or another ExpectedError that is not
    permanent if nobody knows at the moment. `where` is what a report says.

    Of several entries of a person that follow one another, one should be `is_primary`. Else it is the newest.
    """

    key: str
    person: str
    read: Callable[[], bytes]
    by: tuple[By, ...] = (By.KEY,)
    where: str = ""
    uploaded_at: datetime | None = None
    alt_text: str = ""
    is_primary: bool = False


class PictureSource(Protocol):
    """Where people had their pictures. `name` (up to 40 characters) goes into the audit: what was imported from where.

    Raise CommandError from `count` for what makes the source unusable. `entries` yields those of one person one after
    the other, in the same order in every run, and holds little in memory.
    """

    name: str

    def count(self) -> int | None:
        """Return how many entries there are; None if that is not known."""
        ...

    def entries(self) -> Iterator[Entry]: ...


@dataclass(frozen=True)
class SourceOptions:
    """What the operator said on the command line: `argument` follows the name of the source."""

    argument: str = ""
    by: tuple[By, ...] = ()
    folder: str = ""
    storage: str = ""
    table: str = ""
    user_field: str = ""
    base_url: str = ""
    consent: str = ""
    delimiter: str = ""
    encoding: str = ""
    pause: float = 1.0
    patience: float = 300.0


@dataclass(frozen=True)
class Result:
    """What became of an entry. `user` is the key of the person's user, "" if nobody was found."""

    key: str
    person: str
    where: str
    user: str
    outcome: Outcome
    reason: str
