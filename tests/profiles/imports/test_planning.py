"""The order of a person's pictures: as they were uploaded, and the primary one last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from profiles.imports.entries import Entry
from profiles.imports.planning import as_history, plan_pictures

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DATES = st.none() | st.integers(-20_000, 20_000).map(lambda days: NOW + timedelta(days=days))
ENTRIES = st.lists(st.tuples(DATES, st.booleans()), min_size=1, max_size=6)


def entry(number: int, date: datetime | None, *, is_primary: bool = False) -> Entry:
    return Entry(str(number), "1", bytes, uploaded_at=date, is_primary=is_primary)


def days_ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


def test_the_primary_is_the_last_choice_however_old_it_is() -> None:
    plan = plan_pictures([entry(1, days_ago(9), is_primary=True), entry(2, days_ago(3)), entry(3, days_ago(5))], NOW)
    assert [(place.entry.key, place.is_current) for place in plan] == [("3", False), ("2", False), ("1", True)]
    assert [place.chosen_at for place in plan[:2]] == [days_ago(5), days_ago(3)]
    assert plan[2].chosen_at == days_ago(3) + timedelta(microseconds=1)


def test_without_a_primary_it_is_the_newest_and_without_dates_the_first() -> None:
    assert plan_pictures([entry(1, days_ago(9)), entry(2, days_ago(3))], NOW)[-1].entry.key == "2"
    assert plan_pictures([entry(1, None), entry(2, None)], NOW)[-1].entry.key == "1"


@given(ENTRIES)
def test_places_are_distinct_sorted_and_one_is_current(given_entries: list[tuple[datetime | None, bool]]) -> None:
    entries = [entry(number, date, is_primary=primary) for number, (date, primary) in enumerate(given_entries)]
    plan = plan_pictures(entries, NOW)
    assert sorted(int(place.entry.key) for place in plan) == list(range(len(entries)))
    times = [place.chosen_at for place in plan]
    assert times == sorted(set(times))
    assert times[-1] <= NOW + timedelta(milliseconds=1)
    assert [place.is_current for place in plan] == [False] * (len(plan) - 1) + [True]
    assert plan[-1].entry.is_primary or not any(primary for _, primary in given_entries)
    assert not any(place.is_current for place in as_history(plan))
