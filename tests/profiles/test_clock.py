"""Jobs go by the database's clock where the clock of their machine differs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from profiles import clock, jobs
from tests.servers.places import on_sqlite

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(on_sqlite(), reason="with SQLite the database's clock is that of the process"),
]
SEEN: list[datetime] = []


@pytest.fixture(autouse=True)
def _compared_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock._Known, "check_at", 0.0)
    monkeypatch.setattr(clock._Known, "skew", 0.0)
    SEEN.clear()


def remember(now: datetime) -> None:
    SEEN.append(now)


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_job_of_a_machine_with_a_wrong_clock_gets_the_time_of_the_database(
    monkeypatch: pytest.MonkeyPatch, caplog: Any, hours: int
) -> None:
    monkeypatch.setattr(jobs, "_JOBS", {})
    jobs.job()(remember)
    monkeypatch.setattr(timezone, "now", lambda: datetime.now(UTC) + timedelta(hours=hours))
    jobs.get_job(remember).run()
    assert abs((SEEN[0] - datetime.now(UTC)).total_seconds()) < clock.TOLERATED
    assert round(clock.get_skew() / 3600) == -hours
    assert "clock differs from the database's" in caplog.text


def test_clocks_that_agree_are_left_alone(caplog: Any) -> None:
    assert abs((clock.now() - datetime.now(UTC)).total_seconds()) < 5
    assert clock.get_skew() == 0.0
    assert not caplog.text
