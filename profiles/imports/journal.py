"""The journal of an import: one row for each entry that was looked at, in an SQLite file.

It is written after the picture is stored, so a run that was killed repeats at most the last entries, which
`profiles.pictures.importing` then finds done.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from profiles.imports.entries import Outcome, Result, Stopped

_TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, person TEXT NOT NULL, place TEXT NOT NULL,
    user TEXT NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL, run INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS people (user TEXT PRIMARY KEY, key TEXT NOT NULL) WITHOUT ROWID;
"""
_COLUMNS = "key, person, place, user, outcome, reason"
_UPSERT = f"""
INSERT INTO entries ({_COLUMNS}, run) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET
    person = excluded.person, place = excluded.place, user = excluded.user, outcome = excluded.outcome,
    reason = excluded.reason, run = excluded.run
"""  # noqa: S608 - our own columns
#: Seconds after which what was recorded is committed.
_COMMIT_EVERY = 1.0


class JournalError(Exception):
    """The file can't be used as this import's journal. Its text is a sentence."""


class Journal:
    """For one thread of one process. `path` None: a temporary file, for a dry run."""

    def __init__(self, path: Path | None, title: str) -> None:
        """Raise JournalError if the file is in use, can't be written, or belongs to another import than `title`."""
        self._database = self._open(path)
        try:
            self._prepare(path, title)
        except BaseException:
            self._database.close()
            raise
        self._committed_at = time.monotonic()

    def _open(self, path: Path | None) -> sqlite3.Connection:
        with _usable(path):
            return sqlite3.connect("" if path is None else path, timeout=0, isolation_level=None)

    def _prepare(self, path: Path | None, title: str) -> None:
        with _usable(path):
            if path is not None:
                os.chmod(path, 0o600)  # noqa: PTH101 - it may name people
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("BEGIN IMMEDIATE")
            for statement in _TABLES.split(";"):
                self._database.execute(statement)
            self._check_title(path, title)
            ((last,),) = self._database.execute("SELECT COALESCE(MAX(run), 0) FROM entries")
            self._run = last + 1

    def _check_title(self, path: Path | None, title: str) -> None:
        self._database.execute("INSERT OR IGNORE INTO facts VALUES ('title', ?)", [title])
        ((found,),) = self._database.execute("SELECT value FROM facts WHERE name = 'title'")
        if found != title:
            raise JournalError(f"The journal {path} is of another import ({found}). Name another file by --journal.")

    def outcomes(self, keys: Collection[str]) -> dict[str, tuple[Outcome, bool]]:
        """Return what became of these entries, for those that were looked at, and whether that was in this run."""
        marks = ", ".join("?" * len(keys))
        query = f"SELECT key, outcome, run FROM entries WHERE key IN ({marks})"  # noqa: S608 - question marks only
        rows = self._database.execute(query, list(keys))
        return {key: (Outcome(outcome), run == self._run) for key, outcome, run in rows}

    def claim_person(self, user: str, key: str) -> bool:
        """Return whether no other entry has named this person before the one of this key."""
        with _stopping():
            self._database.execute("INSERT OR IGNORE INTO people VALUES (?, ?)", [user, key])
        ((first,),) = self._database.execute("SELECT key FROM people WHERE user = ?", [user])
        return bool(first == key)

    def record(self, result: Result) -> None:
        """Write what became of an entry, in place of what became of it before. Raise Stopped if that can't be."""
        values = [result.key, result.person, result.where, result.user, result.outcome.value, result.reason, self._run]
        with _stopping():
            self._database.execute(_UPSERT, values)
        if time.monotonic() - self._committed_at > _COMMIT_EVERY:
            self.commit()

    def commit(self) -> None:
        with _stopping():
            self._database.execute("COMMIT")
            self._database.execute("BEGIN IMMEDIATE")
        self._committed_at = time.monotonic()

    def close(self) -> None:
        with closing(self._database), _stopping():
            if self._database.in_transaction:
                self._database.execute("COMMIT")

    def counts(self) -> dict[Outcome, int]:
        """Return how many entries came to each outcome, in this run and those before."""
        rows = dict(self._database.execute("SELECT outcome, COUNT(*) FROM entries GROUP BY outcome").fetchall())
        return {outcome: rows[outcome.value] for outcome in Outcome if outcome.value in rows}

    def results(self) -> Iterator[Result]:
        query = f"SELECT {_COLUMNS} FROM entries ORDER BY number"  # noqa: S608 - our own columns
        for key, person, place, user, outcome, reason in self._database.execute(query):
            yield Result(key, person, place, user, Outcome(outcome), reason)


@contextmanager
def _usable(path: Path | None) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        reason = "another import uses it" if "locked" in str(error) else str(error)
        raise JournalError(f"The journal {path} can't be used: {reason}.") from error


@contextmanager
def _stopping() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise Stopped(f"The journal can't be written: {error}.") from error
