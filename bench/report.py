"""bench/RESULTS.md, written anew whenever a topic ends, so that an interrupted run keeps what it has measured."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench.tables import Section, goal_lines, markdown
from localstack import binaries

HERE = Path(__file__).resolve().parent
_PACKAGES = (
    *("django", "granian", "psycopg", "pillow", "pyvips-binary"),
    *("coincurve", "eth-account", "signinwithethereum", "web3"),
)

_INTRODUCTION = """# Measured speeds

Written by `make bench` from one run. Contestants take turns, round by round, after a warm-up. “CPU” is the CPU time
(user and system) per operation of the process that does the work and of all its children: median (lowest to highest
round). “Times the limit” divides it by the limit's CPU time within each round and gives the median of these ratios.
Compare this column only: the others depend on the machine. “Elapsed” is wall-clock time. “Memory” is the peak resident
memory, and in parentheses how far it lies above the same processes at rest, before their first operation."""


@dataclass
class TopicReport:
    """What one topic measured. `failure`: why it ended early; its complete sections are kept."""

    topic: str
    sections: list[Section] = field(default_factory=list)
    failure: str = ""

    def text(self) -> str:
        parts = [section.text() for section in self.sections]
        if self.failure:
            parts.append(f"## {self.topic}: failed\n\n```text\n{self.failure}\n```")
        return "\n\n".join(parts)


@dataclass
class RunReport:
    """A whole run. `how` says how it was started; `waiting` are the topics that have not ended yet."""

    path: Path
    how: str
    waiting: list[str]
    ended: list[TopicReport] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._load = load_average()
        # Asked for before the file is written, which counts as a change that is not committed.
        self._commit = _commit()
        self._versions = list(_versions())

    @property
    def failed(self) -> list[str]:
        return [each.topic for each in self.ended if each.failure]

    def add(self, report: TopicReport) -> None:
        """Write the results of a topic that has ended, beside those of all before it."""
        self.ended.append(report)
        self.waiting.remove(report.topic)
        self.path.write_text(self.text(), encoding="utf-8")

    def text(self) -> str:
        facts = "\n".join(f"- {name}: {value}" for name, value in self._facts())
        reports = [each.text() for each in self.ended]
        return "\n\n".join([_INTRODUCTION, facts, *self._goals(), *reports]) + "\n"

    def _facts(self) -> Iterator[tuple[str, str]]:
        yield "date", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
        cores = len(os.sched_getaffinity(0))
        yield "machine", f"{cores} cores, {_processor()}, {platform.system()} {platform.machine()}"
        yield "code", self._commit
        yield "command", f"`{self.how}`"
        yield "versions", ", ".join(self._versions)
        yield "load", f"{self._load} at the beginning, {load_average()} at the end"
        if self.failed:
            yield "failed topics", ", ".join(self.failed)
        if self.waiting:
            yield "topics without results, because the run has not reached them", ", ".join(self.waiting)

    def _goals(self) -> Iterator[str]:
        """Yield the one table of all goals, topic by topic. A failed topic has a row that says so."""
        goals = [goal for report in self.ended for section in report.sections for goal in section.goals]
        met = sum(goal.is_met for goal in goals)
        yield "## Goals"
        yield f"{met} of {len(goals)} measured goals are met."
        rows = []
        for report in self.ended:
            rows += [[section.title, *goal.cells()] for section in report.sections for goal in section.goals]
            if report.failure:
                rows.append([report.topic, "the topic failed", "", "not measured", "**missed**"])
        yield "\n".join(markdown(["measured in", "goal", "bound", "measured", "verdict"], rows))


def print_section(section: Section) -> None:
    goals = ["\n".join(goal_lines(section.goals))] if section.goals else []
    print("\n" + "\n\n".join([section.text(), *goals]) + "\n", flush=True)


def load_average() -> str:
    return " ".join(f"{each:.1f}" for each in os.getloadavg())


def _versions() -> Iterator[str]:
    peers: dict[str, str] = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    yield f"Python {platform.python_version()}"
    yield f"Node.js {_program_version([binaries.node(), '--version'])}"
    yield f"nginx {_program_version(['nginx', '-v'])}"
    yield from (f"{name} {number}" for name, number in peers.items())
    yield from (f"{name} {_package_version(name)}" for name in _PACKAGES)


def _program_version(command: Sequence[str]) -> str:
    """Return the first version number that the program prints, or “?”."""
    try:
        printed = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "?"
    found = re.search(r"\d+(\.\d+)+", printed.stdout + printed.stderr)
    return found.group() if found else "?"


def _package_version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "?"


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
