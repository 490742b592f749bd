"""Tables of results, on the terminal and in bench/RESULTS.md."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median, quantiles

from bench.harness import Result
from localstack import binaries

MIB = 1024 * 1024
_PACKAGES = (
    *("django", "granian", "psycopg", "pillow", "pyvips-binary"),
    *("coincurve", "eth-account", "signinwithethereum", "web3"),
)

_INTRODUCTION = """# Speeds, measured

Written by `make bench`; every number below comes from one run. Contestants work in turns, round by round, after a
warm-up. “Processor” is the processor time (user and system) per operation of the process that does the work with all
its children: median (lowest to highest round). “Times” compares it with the limit's, within each round, and gives the
median of that: read this column, the others depend on the machine. “Elapsed” is time on the clock. “Memory” is the
peak of resident memory, and how far that lies above the same processes at rest, before their first operation."""


@dataclass(frozen=True)
class Goal:
    """What we set out for: `measured` at most `bound`. `unit` stands behind both numbers."""

    text: str
    measured: float
    bound: float
    unit: str = ""

    @property
    def is_met(self) -> bool:
        return self.measured <= self.bound

    def line(self) -> str:
        verdict = "met" if self.is_met else "**missed**"
        numbers = f"at most {_short(self.bound)}{self.unit}, measured {_short(self.measured)}{self.unit}"
        return f"- {self.text}: {numbers}, {verdict}."


@dataclass(frozen=True)
class Table:
    """One contest. `limit` names the result the others are compared with; `per` is one operation in words."""

    title: str
    results: Sequence[Result]
    limit: str
    per: str
    goals: Sequence[Goal] = ()
    notes: Sequence[str] = field(default=())

    def text(self) -> str:
        parts = [f"## {self.title}", "\n".join(self._rows())]
        parts += ["\n".join(goal.line() for goal in self.goals)] if self.goals else []
        rounds = f"{len(self.results[0].rounds)} rounds."
        return "\n\n".join([*parts, " ".join([rounds, *self.notes])])

    def _rows(self) -> list[str]:
        limit = next(each for each in self.results if each.name == self.limit)
        beside = any(each.beside for result in self.results for each in result.rounds)
        heads = [f"per {self.per}", "processor", "times", *(["database"] if beside else []), "elapsed", "memory, MiB"]
        return [
            _row(heads),
            _row(["---", *["--:"] * (len(heads) - 1)]),
            *(_row(_cells(each, limit, beside=beside)) for each in self.results),
        ]


@dataclass(frozen=True)
class Waits:
    """What a person waits for, seen from outside: seconds by name."""

    title: str
    waits: Mapping[str, Sequence[float]]
    goals: Sequence[Goal]
    notes: Sequence[str]

    def text(self) -> str:
        heads = [_row(["wait", "median", "p95", "longest", "times"]), _row(["---", *["--:"] * 4])]
        rows = [
            _row([name, *map(duration, (median(waits), p95(waits), max(waits))), str(len(waits))])
            for name, waits in self.waits.items()
        ]
        return "\n\n".join(
            [
                f"## {self.title}",
                "\n".join([*heads, *rows]),
                "\n".join(goal.line() for goal in self.goals),
                " ".join(self.notes),
            ]
        )


Section = Table | Waits


def p95(values: Sequence[float]) -> float:
    return quantiles(values, n=20, method="inclusive")[-1]


def write_results(tables: Sequence[Section], path: Path, versions: Sequence[str], loads: str) -> None:
    facts = [f"- {name}: {value}" for name, value in [*_facts(versions), ("load", loads)]]
    parts = [_INTRODUCTION, "\n".join(facts), *_summary(tables), *(table.text() for table in tables)]
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _summary(tables: Sequence[Section]) -> list[str]:
    """How many goals were met, and each that was not."""
    goals = [(table, goal) for table in tables for goal in table.goals]
    missed = [f"- {table.title}, {goal.line().removeprefix('- ')}" for table, goal in goals if not goal.is_met]
    line = f"{len(goals) - len(missed)} of {len(goals)} goals met."
    return ["## Goals", f"{line} Not met:" if missed else line, *(["\n".join(missed)] if missed else [])]


def say_version(command: Sequence[str]) -> str:
    """The first version number the program tells, or “?”."""
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"\d+(\.\d+)+", said.stdout + said.stderr)
    return found.group() if found else "?"


def load() -> str:
    return " ".join(f"{each:.1f}" for each in os.getloadavg())


def _facts(versions: Sequence[str]) -> Iterable[tuple[str, str]]:
    yield "date", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    yield "machine", f"{len(os.sched_getaffinity(0))} cores, {_processor()}, {platform.system()} {platform.machine()}"
    yield "code", _commit()
    yield "versions", ", ".join([f"Python {platform.python_version()}", *versions, *_packages()])


def _packages() -> list[str]:
    return [f"{name} {_version(name)}" for name in _PACKAGES]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "?"


def node_version() -> str:
    return f"Node.js {say_version([binaries.node(), '--version'])}"


def _commit() -> str:
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty=, with changes that are not committed"],
        capture_output=True,
        text=True,
        check=False,
        cwd=binaries.ROOT,
    )
    return described.stdout.strip() or "not from a repository"


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown processor"
    )


def _cells(result: Result, limit: Result, *, beside: bool) -> list[str]:
    processor = result.processor
    spread = f"{duration(median(processor))} ({duration(min(processor))} to {duration(max(processor))})"
    others = [_beside(result)] if beside else []
    elapsed = duration(median(each.wall for each in result.rounds))
    memory = f"{result.peak / MIB:.0f} (+{max(0, result.peak - result.at_rest) / MIB:.0f})"
    return [result.name, spread, _short(result.times(limit)), *others, elapsed, memory]


def _beside(result: Result) -> str:
    seconds = median(each.beside for each in result.rounds)
    return duration(seconds) if seconds else "none"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def duration(seconds: float) -> str:
    """Three digits and a unit that suits them."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{_short(seconds / size)} {unit}"
    return f"{_short(seconds * 1e6)} µs"


def _short(number: float) -> str:
    if number >= 100 or number == int(number):
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 10 else f"{number:.3g}" if number < 1 else f"{number:.2f}"
