"""Sections of the results: contests, waits and plain figures as Markdown tables, each with its goals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Protocol

from bench.harness import Result

MIB = 1024 * 1024


@dataclass(frozen=True)
class Goal:
    """A measured value and the most it may be. `unit` is written behind both numbers."""

    text: str
    measured: float
    bound: float
    unit: str = ""

    @property
    def is_met(self) -> bool:
        return self.measured <= self.bound

    def cells(self) -> list[str]:
        """Return text, bound, measured value and verdict for a row of the table of goals."""
        bound, measured = (f"{format_number(each)}{self.unit}" for each in (self.bound, self.measured))
        return [self.text, f"≤ {bound}", measured, "met" if self.is_met else "**missed**"]


class Section(Protocol):
    """A part of the results under a heading of its own."""

    @property
    def title(self) -> str: ...

    @property
    def goals(self) -> Sequence[Goal]: ...

    def text(self) -> str:
        """Return the section as Markdown, heading included, without its goals."""


@dataclass(frozen=True)
class Table:
    """The results of one contest. Others are compared with the result named `limit`; `per` names one operation."""

    title: str
    results: Sequence[Result]
    limit: str
    per: str
    goals: Sequence[Goal] = ()
    notes: Sequence[str] = field(default=())

    def text(self) -> str:
        rounds = f"{len(self.results[0].rounds)} rounds."
        return "\n\n".join([f"## {self.title}", "\n".join(self._rows()), " ".join([rounds, *self.notes])])

    def _rows(self) -> list[str]:
        limit = next(each for each in self.results if each.name == self.limit)
        beside = any(each.beside for result in self.results for each in result.rounds)
        heads = [
            f"per {self.per}",
            "CPU",
            "times the limit",
            *(["database CPU"] if beside else []),
            "elapsed",
            "memory, MiB",
        ]
        return markdown(heads, [_cells(each, limit, beside=beside) for each in self.results])


@dataclass(frozen=True)
class Waits:
    """Seconds that a person waits, by the name of the wait, observed from outside."""

    title: str
    waits: Mapping[str, Sequence[float]]
    goals: Sequence[Goal]
    notes: Sequence[str]

    def text(self) -> str:
        rows = [
            [name, *map(format_duration, (median(waits), p95(waits), max(waits))), str(len(waits))]
            for name, waits in self.waits.items()
        ]
        table = markdown(["wait", "median", "p95", "longest", "times"], rows)
        return "\n\n".join([f"## {self.title}", "\n".join(table), " ".join(self.notes)])


@dataclass(frozen=True)
class Figures:
    """Figures that are no contest: `heads` and `rows` are written as they are."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    goals: Sequence[Goal] = ()
    notes: Sequence[str] = ()

    def text(self) -> str:
        return "\n\n".join([f"## {self.title}", "\n".join(markdown(self.heads, self.rows)), " ".join(self.notes)])


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table whose first column is text and whose others are numbers."""
    return [_row(heads), _row(["---", *["--:"] * (len(heads) - 1)]), *map(_row, rows)]


def goal_lines(goals: Sequence[Goal]) -> list[str]:
    return markdown(["goal", "bound", "measured", "verdict"], [goal.cells() for goal in goals])


def p95(values: Sequence[float]) -> float:
    return quantiles(values, n=20, method="inclusive")[-1]


def format_duration(seconds: float) -> str:
    """Return three digits with the unit that suits them."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{format_number(seconds / size)} {unit}"
    return f"{format_number(seconds * 1e6)} µs"


def format_number(number: float) -> str:
    """Return the number with about three digits."""
    if number >= 100 or number == int(number):
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 10 else f"{number:.3g}" if number < 1 else f"{number:.2f}"


def _cells(result: Result, limit: Result, *, beside: bool) -> list[str]:
    cpu = result.cpu
    spread = f"{format_duration(median(cpu))} ({format_duration(min(cpu))} to {format_duration(max(cpu))})"
    database = [_database_cpu(result)] if beside else []
    elapsed = format_duration(median(each.wall for each in result.rounds))
    memory = f"{result.peak / MIB:.0f} (+{max(0, result.peak - result.at_rest) / MIB:.0f})"
    return [result.name, spread, format_number(result.times(limit)), *database, elapsed, memory]


def _database_cpu(result: Result) -> str:
    seconds = median(each.beside for each in result.rounds)
    return format_duration(seconds) if seconds else "none"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
