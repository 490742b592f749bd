"""What `bench load` makes of the numbers that it saw."""

from __future__ import annotations

import pytest

from bench.load import Watch, _cells, _failed


@pytest.mark.parametrize(("seconds", "growth"), [(300, 1.5), (100, 1.2)])
def test_memory_of_the_last_minute_is_compared_with_that_of_the_second(seconds: int, growth: float) -> None:
    sizes = {at: 100 if at < 2 * seconds / 5 else round(100 * growth) for at in range(seconds)}
    watch = Watch(memory=[(float(at), 500 if at < seconds / 5 else size) for at, size in sizes.items()])
    assert watch.growth(seconds) == pytest.approx(growth)


def test_no_answer_and_errors_of_the_site_have_failed_and_refusals_have_not() -> None:
    statuses = {"200": 90, "302": 5, "403": 1, "429": 2, "500": 3, "503": 4, "0": 5}
    assert _failed(statuses) == 12
    assert _cells(statuses, 0.1, 0.2, 10.0) == ["110", "11.0", "100 ms", "200 ms", "12", "3"]
