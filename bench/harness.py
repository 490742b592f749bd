"""Contests: all contestants do the same work in turns, round by round, so that a busy moment affects all of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Protocol

from bench.accounting import cpu_seconds, family, peak_bytes, resident_bytes

FEWEST_ROUNDS = 3
MOST_ROUNDS = 15


class Contestant(Protocol):
    """A participant. The CPU time of `roots` and of all processes below them counts. `beside` are other processes that
    the work needs (a database), whose CPU time is reported separately."""

    name: str

    @property
    def roots(self) -> Sequence[int]: ...

    @property
    def beside(self) -> Sequence[int]: ...

    def work(self, seconds: float) -> float:
        """Work for about `seconds`, at least one operation, and return the number of operations."""


@dataclass(frozen=True)
class Round:
    """Seconds per operation."""

    wall: float
    cpu: float
    beside: float


@dataclass
class Result:
    """`at_rest` and the peaks are in bytes. `children_peak` is that of the largest child process, 0 without any."""

    name: str
    at_rest: int
    rounds: list[Round] = field(default_factory=list)
    peak: int = 0
    children_peak: int = 0

    @property
    def cpu(self) -> list[float]:
        return [each.cpu for each in self.rounds]

    def times(self, limit: Result) -> float:
        """Return the CPU time as a multiple of the limit's: the median of the ratios within each round."""
        return median(mine / its for mine, its in zip(self.cpu, limit.cpu, strict=True))


@dataclass(frozen=True)
class Pace:
    """`turn`: seconds that one contestant works at a time. `budget`: seconds for all rounds of a contest."""

    turn: float = 0.4
    budget: float = 40.0


def contest(contestants: Sequence[Contestant], pace: Pace) -> dict[str, Result]:
    """Return the results by name. All contestants warm up; then each round begins with another contestant."""
    results = {each.name: Result(each.name, resident_bytes(each.roots)) for each in contestants}
    for each in contestants:
        each.work(pace.turn)
        each.work(pace.turn)
    ends_at = time.monotonic() + pace.budget
    for number in range(MOST_ROUNDS):
        began = time.monotonic()
        for position in range(len(contestants)):
            each = contestants[(number + position) % len(contestants)]
            results[each.name].rounds.append(_turn(each, pace.turn))
        now = time.monotonic()
        if number + 1 >= FEWEST_ROUNDS and now + (now - began) > ends_at:
            break
    for each in contestants:
        _record_peaks(each, results[each.name])
    return results


def _turn(contestant: Contestant, seconds: float) -> Round:
    beside = cpu_seconds(contestant.beside)
    cpu, began = cpu_seconds(contestant.roots), time.perf_counter()
    operations = contestant.work(seconds)
    wall, spent = time.perf_counter() - began, cpu_seconds(contestant.roots) - cpu
    return Round(wall / operations, spent / operations, (cpu_seconds(contestant.beside) - beside) / operations)


def _record_peaks(contestant: Contestant, result: Result) -> None:
    peaks = [peak_bytes(pid) for pid in family(contestant.roots)]
    result.peak = sum(peaks)
    result.children_peak = max(peaks[len(contestant.roots) :], default=0)
