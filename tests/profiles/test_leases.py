"""Leases of rows: one worker at a time, every attempt recorded once, and no work without an end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections, models
from django.test.utils import isolate_apps

from profiles import jobs, row_queue
from profiles.errors import ExpectedError, Kind
from profiles.leases import OUR_FAULT, Leased, Policy, due, fresh, lease_row, lease_rows, lease_shares
from profiles.row_queue import WAITING, queue_due_rows

NOW = datetime(2026, 1, 1, tzinfo=UTC)
POLICY = Policy(tries=4)


@pytest.fixture
def work(transactional_db: None) -> Iterator[Any]:
    """A table of leased rows, for these tests only."""
    with isolate_apps("profiles"):

        class Work(Leased):
            policy = POLICY
            state = models.CharField(max_length=10, default="waiting")

            class Meta(Leased.Meta):
                app_label = "profiles"

            def columns_on_give_up(self, sentence: str, now: datetime) -> dict[str, Any]:
                return {"state": "stopped"}

        with connection.schema_editor() as editor:
            editor.create_model(Work)
        yield Work
        with connection.schema_editor() as editor:
            editor.delete_model(Work)


def do(key: int) -> None:
    """A job for single rows."""


def add(work: Any, **columns: Any) -> Any:
    return work.objects.create(**(fresh(NOW) | columns))


def take(row: Any, now: datetime = NOW) -> Any:
    return lease_row(type(row).objects.filter(pk=row.pk), now)


def end_with(error: Exception, taken: Any, now: datetime) -> None:
    with taken.attempting(now):
        raise error


def test_a_row_is_leased_once_and_is_due_again_when_the_lease_is_over(work: Any) -> None:
    row = add(work)
    assert take(row, NOW - timedelta(seconds=1)) is None
    taken = take(row)
    assert (taken.tries, taken.due_at) == (1, NOW + POLICY.lease)
    assert take(row) is None
    assert not due(work.objects.all(), NOW).exists()
    again = take(row, NOW + POLICY.lease)
    assert (again.tries, again.crashes) == (2, 1)
    assert not taken.keep(state="late"), "another worker has taken over"
    assert again.keep(state="mine")
    assert work.objects.get().state == "mine"


def test_workers_at_once_share_rows_and_none_is_leased_twice(work: Any) -> None:
    rows = [add(work) for _ in range(12)]
    alone: list[Any] = []
    pages: list[Any] = []
    start = threading.Barrier(4)

    def worker() -> None:
        start.wait()
        alone.append(take(rows[0]))
        pages.extend(row.pk for row in lease_rows(work.objects.order_by("pk"), NOW, 3))
        connections.close_all()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([row for row in alone if row is not None]) == 1
    assert len(set(pages)) == len(pages)
    pages += [row.pk for row in lease_rows(work.objects.order_by("pk"), NOW, 12)]
    assert sorted(pages) == [row.pk for row in rows[1:]]


def test_a_worker_that_always_crashes_is_not_tried_for_ever(work: Any) -> None:
    row = add(work)
    now = NOW
    for _ in range(POLICY.crashes):
        assert take(row, now) is not None
        now += POLICY.lease
    assert take(row, now) is None
    row.refresh_from_db()
    assert (row.gave_up_at, row.due_at, row.attempt, row.state) == (now, None, None, "stopped")
    assert row.last_error == OUR_FAULT % {"what": "a worker crashed"}
    assert lease_rows(work.objects.all(), now + timedelta(days=365), 9) == []


def test_a_page_that_crashes_gives_up_only_what_is_its_last_try(work: Any) -> None:
    old, new = add(work, crashes=2, attempt="0" * 32), add(work)
    rows = work.objects.order_by("pk")
    assert [row.pk for row in lease_rows(rows, NOW, 9)] == [new.pk]
    assert lease_rows(rows, NOW, 9) == []
    old.refresh_from_db()
    assert old.gave_up_at == NOW


def test_a_page_that_crashed_is_leased_in_halves_until_one_row_is_left(work: Any) -> None:
    rows = work.objects.order_by("due_at", "pk")
    for _ in range(8):
        add(work)
    poison, now, sizes = work.objects.order_by("pk")[5].pk, NOW, []
    while not work.objects.filter(gave_up_at__isnull=False).exists():
        page = lease_rows(rows, now, 100)
        if page and poison in {row.pk for row in page}:
            sizes.append(len(page))  # the worker crashes
        else:
            for row in page:
                row.release(None)
        if not page:
            now += POLICY.lease
    assert sizes == [8, 2, 1, 1]
    assert list(work.objects.filter(gave_up_at__isnull=False).values_list("pk", flat=True)) == [poison]
    assert not work.objects.exclude(pk=poison).exclude(due_at=None, crashes=0).exists()


def test_everybodys_first_row_comes_before_anybodys_second(work: Any) -> None:
    greedy = [add(work, state="greedy", due_at=NOW - timedelta(hours=1)) for _ in range(5)]
    others = [add(work, state=f"person {number}") for number in range(3)]
    first = lease_shares(work.objects.order_by("pk"), NOW, 4, "state")
    assert {row.pk for row in first} == {greedy[0].pk, *(row.pk for row in others)}
    assert len(lease_shares(work.objects.order_by("pk"), NOW, 9, "state")) == 4
    assert lease_shares(work.objects.order_by("pk"), NOW, 9, "state") == []


def test_few_rows_wait_in_the_queue_in_fair_shares_and_none_is_queued_twice(
    work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(row_queue, "enqueue", lambda _function, key: sent.append(key))
    monkeypatch.setattr(work, "person", "state")
    monkeypatch.setattr(jobs, "_JOBS", {})
    jobs.job(rows=work)(do)
    greedy = [add(work, state="greedy", due_at=NOW - timedelta(hours=1)).pk for _ in range(50)]
    other = add(work, state="other").pk
    assert queue_due_rows(NOW) == WAITING
    assert sent[:3] == [greedy[0], other, greedy[1]]
    assert queue_due_rows(NOW) == 0, "they wait"
    for key in sent[: WAITING // 2]:
        take(work.objects.get(pk=key)).release(None)
    late = add(work, state="late").pk
    assert queue_due_rows(NOW) == WAITING // 2
    assert sent[WAITING + 1] == late or sent[WAITING] == late
    assert len(sent) == len(set(sent))
    assert queue_due_rows(NOW + timedelta(minutes=3)) > 0, "the queue may have lost them"


def test_an_unexpected_error_ends_after_its_tries_with_a_reason(work: Any, caplog: Any) -> None:
    row = add(work)
    now = NOW
    for attempt in range(1, POLICY.crashes + 1):
        taken = take(row, now)
        end_with(UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"), taken, now)
        row.refresh_from_db()
        assert (row.crashes, row.attempt) == (attempt, None)
        now += timedelta(hours=1)
    assert (row.due_at, row.gave_up_at, row.state) == (None, now - timedelta(hours=1), "stopped")
    assert row.last_error == OUR_FAULT % {"what": "UnicodeEncodeError"}
    assert "Traceback" in caplog.text
    assert take(row, now + timedelta(days=365)) is None


def test_an_expected_error_is_tried_again_ever_later_and_then_fails(work: Any) -> None:
    row = add(work)
    now = NOW
    waits: list[float] = []
    while (taken := take(row, now)) is not None:
        end_with(ExpectedError("The host is busy.", Kind("busy", "Busy", permanent=False)), taken, now)
        row.refresh_from_db()
        if row.due_at is None:
            break
        waits.append((row.due_at - now).total_seconds())
        now = row.due_at
    assert waits == [10, 20, 40]
    assert (row.last_error, row.gave_up_at, row.crashes) == ("The host is busy.", None, 0), "no work for staff"


def test_a_permanent_error_fails_at_once(work: Any) -> None:
    row = add(work)
    end_with(ExpectedError("There is no such file."), take(row), NOW)
    row.refresh_from_db()
    assert (row.due_at, row.last_error, row.gave_up_at) == (None, "There is no such file.", None)


def test_what_succeeds_begins_anew_and_what_was_not_tried_counts_as_no_try(work: Any) -> None:
    row = add(work, tries=3, crashes=2, last_error="The host is busy.")
    taken = take(row)
    taken.postpone(NOW, timedelta(0))
    row.refresh_from_db()
    assert (row.tries, row.attempt, row.due_at) == (3, None, NOW)
    assert take(row).release(NOW + timedelta(days=1), state="done")
    row.refresh_from_db()
    assert (row.tries, row.crashes, row.last_error, row.state) == (0, 0, "", "done")


def test_a_lease_by_a_clock_that_was_set_back_holds_nothing_up(work: Any) -> None:
    row = add(work)
    assert take(row, NOW).keep(due_at=NOW + timedelta(days=400))
    assert take(row) is not None


def test_work_that_must_not_stop_is_listed_and_goes_on(work: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "policy", Policy(stops=False))
    row = add(work)
    now = NOW
    for _ in range(6):
        assert take(row, now) is not None
        now += POLICY.lease
    row.refresh_from_db()
    assert row.gave_up_at is not None
    assert take(row, now).release(now)
    row.refresh_from_db()
    assert row.gave_up_at is None


def test_a_permanent_error_counts_as_unexpected_where_the_work_can_not_fail(
    work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "policy", Policy())
    row = add(work)
    now = NOW
    for _ in range(3):
        end_with(ExpectedError("The answer makes no sense."), take(row, now), now)
        now += timedelta(hours=1)
    row.refresh_from_db()
    assert (row.due_at, row.last_error) == (None, OUR_FAULT % {"what": "ExpectedError"})
    busy = ExpectedError("The host is busy.", Kind("busy", "Busy", permanent=False))
    other = add(work)
    for _ in range(9):
        end_with(busy, take(other, now), now)
        now += timedelta(hours=1)
    other.refresh_from_db()
    assert (other.due_at is not None, other.crashes, other.gave_up_at) == (True, 0, None)
