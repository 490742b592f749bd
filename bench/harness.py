"""Contests: everybody does the same work in turns, round by round, so that a busy moment hits all alike."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Protocol

from bench.accounting import family, peak_bytes, processor_seconds, resident_bytes

FEWEST_ROUNDS = 3
MOST_ROUNDS = 15


class Contestant(Protocol):
    """Who takes part. `roots` are the processes whose use counts, with all below them; `beside` are others that the
    work needs (a database), counted apart."""

    name: str

    @property
    def roots(self) -> Sequence[int]: ...

    @property
    def beside(self) -> Sequence[int]: ...

    def work(self, seconds: float) -> float:
        """Works for about so long, at least once; how many operations that were."""


@dataclass(frozen=True)
class Round:
    """Seconds per operation."""

    wall: float
    processor: float
    beside: float


@dataclass
class Result:
    """`at_rest` and the peaks in bytes; `children_peak` is that of the largest child process, 0 without any."""

    name: str
    at_rest: int
    rounds: list[Round] = field(default_factory=list)
    peak: int = 0
    children_peak: int = 0

    @property
    def processor(self) -> list[float]:
        return [each.processor for each in self.rounds]

    def times(self, limit: Result) -> float:
        """How often the limit's processor time fits into ours: the median over rounds, each compared within itself."""
        return median(mine / its for mine, its in zip(self.processor, limit.processor, strict=True))


@dataclass(frozen=True)
class Pace:
    """`turn`: seconds one contestant works at a time; `budget`: seconds for all rounds of a contest."""

    turn: float = 0.4
    budget: float = 40.0


def contest(contestants: Sequence[Contestant], pace: Pace) -> dict[str, Result]:
    """The results by name. Everybody warms up, then rounds follow, each beginning with another contestant."""
    results = {each.name: Result(each.name, resident_bytes(each.roots)) for each in contestants}
    for each in contestants:
        each.work(pace.turn)
        each.work(pace.turn)
    ends_at = time.monotonic() + pace.budget
    for number in range(MOST_ROUNDS):
        began = time.monotonic()
        for place in range(len(contestants)):
            each = contestants[(number + place) % len(contestants)]
            results[each.name].rounds.append(_turn(each, pace.turn))
        now = time.monotonic()
        if number + 1 >= FEWEST_ROUNDS and now + (now - began) > ends_at:
            break
    for each in contestants:
        _note_peaks(each, results[each.name])
    return results


def _turn(contestant: Contestant, seconds: float) -> Round:
    beside = processor_seconds(contestant.beside)
    processor, began = processor_seconds(contestant.roots), time.perf_counter()
    operations = contestant.work(seconds)
    wall, spent = time.perf_counter() - began, processor_seconds(contestant.roots) - processor
    return Round(wall / operations, spent / operations, (processor_seconds(contestant.beside) - beside) / operations)


def _note_peaks(contestant: Contestant, result: Result) -> None:
    peaks = [peak_bytes(pid) for pid in family(contestant.roots)]
    result.peak = sum(peaks)
    result.children_peak = max(peaks[len(contestant.roots) :], default=0)
