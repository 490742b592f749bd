"""What an operator reads of an import: progress, a summary, and a file with every entry."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

from profiles.imports.entries import WORDS, Outcome, Result

COLUMNS = ("key", "person", "where", "user", "outcome", "reason")
#: What a program that opens a CSV file takes for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
#: Seconds between two lines of progress: on a terminal, where a line replaces the one before, and in a log.
_ON_TERMINAL, _IN_LOG = 0.5, 10.0


class Stream(Protocol):
    """Django's OutputWrapper."""

    def isatty(self) -> bool: ...

    def write(self, line: str, /, *, ending: str) -> object: ...

    def flush(self) -> object: ...


class Progress:
    """Writes how far an import is: entries, entries a second, and the time that is left."""

    def __init__(self, stream: Stream, total: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._total, self._clock = stream, total, clock
        self._is_terminal = stream.isatty()
        self._begun_at = self._shown_at = clock()
        self.done = self.skipped = 0

    def count(self, *, skipped: bool = False) -> None:
        """Count an entry. One that an earlier run looked at is `skipped`, and says nothing about the rate."""
        self.done += 1
        self.skipped += skipped
        if self._clock() - self._shown_at >= (_ON_TERMINAL if self._is_terminal else _IN_LOG):
            self.show()

    def expect(self, more: int) -> None:
        """Add entries that are looked at a second time."""
        if self._total is not None:
            self._total += more

    def show(self) -> None:
        self._shown_at = self._clock()
        line = self._line(self._shown_at - self._begun_at)
        self._stream.write(f"\r\x1b[K{line}" if self._is_terminal else line, ending="" if self._is_terminal else "\n")
        self._stream.flush()

    def end(self) -> None:
        self.show()
        if self._is_terminal:
            self._stream.write("", ending="\n")

    def _line(self, seconds: float) -> str:
        rate = (self.done - self.skipped) / seconds if seconds else 0.0
        of = "" if self._total is None else f" of {self._total}"
        left = ""
        if self._total is not None and rate and self._total > self.done:
            left = f", {_duration((self._total - self.done) / rate)} left"
        return f"{self.done}{of} entries, {rate:.1f} a second{left}"


def _duration(seconds: float) -> str:
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def summary(counts: Mapping[Outcome, int]) -> str:
    """Return a table: count, outcome, and what it means."""
    lines = [f"{count:>9}  {outcome.value:<16} {WORDS[outcome]}" for outcome, count in counts.items()]
    return "\n".join([*lines, f"{sum(counts.values()):>9}  in all"])


def write_report(path: Path, results: Iterable[Result]) -> None:
    """Write every entry with its outcome and why, as JSON lines if the name ends so, else as CSV. Raise OSError."""
    draft = path.with_name(f".{path.name}.draft")
    with draft.open("w", encoding="utf-8", newline="") as file:
        draft.chmod(0o600)
        if path.suffix == ".jsonl":
            file.writelines(json.dumps(asdict(result), ensure_ascii=False) + "\n" for result in results)
        else:
            rows = csv.writer(file)
            rows.writerow(COLUMNS)
            rows.writerows([_cell(value) for value in asdict(result).values()] for result in results)
    draft.replace(path)


def _cell(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value
