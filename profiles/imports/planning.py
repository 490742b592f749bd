"""Which of a person's pictures becomes the one in use, and in what order they go into the history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from profiles.imports.entries import Entry

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Place:
    """An entry, and its place in the history: `chosen_at`, and whether it is the picture in use."""

    entry: Entry
    chosen_at: datetime
    is_current: bool


def plan_pictures(entries: Sequence[Entry], now: datetime) -> list[Place]:
    """Return the entries of one person in the order in which they are imported: oldest first, the one in use last.

    Nothing counts as chosen after `now`, or twice at one time. An entry without a date counts as chosen before those
    that have one.
    """
    chosen = max(entries, key=lambda entry: (entry.is_primary, entry.uploaded_at is not None, _date(entry, now)))
    others = sorted((entry for entry in entries if entry is not chosen), key=lambda entry: _date(entry, now))
    places: list[Place] = []
    for entry in [*others, chosen]:
        date = min(_date(entry, now), now) if entry.uploaded_at else (now if entry is chosen else _ago(now))
        if places:
            date = max(date, places[-1].chosen_at + _TICK)
        places.append(Place(entry, date, entry is chosen))
    return places


def as_history(places: Sequence[Place]) -> list[Place]:
    """Return the same places for pictures none of which is to be in use."""
    return [replace(place, is_current=False) for place in places]


def _date(entry: Entry, now: datetime) -> datetime:
    return entry.uploaded_at or _ago(now)


def _ago(now: datetime) -> datetime:
    """Return when a picture without a date counts as chosen: long ago."""
    return now - timedelta(days=3650)
