"""A CSV file that names people and their pictures."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NoReturn, TextIO

from django.core.management.base import CommandError
from django.utils.dateparse import parse_datetime

from profiles.imports.entries import By, Entry, Outcome, SourceOptions, Unusable
from profiles.imports.sources.folder import open_folder
from profiles.imports.web import PoliteWeb
from profiles.text import is_text

#: The columns, and other names that they may have.
_NAMES = {
    "user": ("user", "username", "handle", "email", "e-mail", "key", "id", "user_id", "user_key"),
    "picture": ("picture", "file", "path", "url", "image", "avatar"),
    "alt_text": ("alt_text", "alt", "description"),
    "uploaded_at": ("uploaded_at", "date", "date_uploaded", "created_at"),
}
_DELIMITERS = (",", ";", "\t", "|")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAX_HEADER = 10_000


@dataclass(frozen=True)
class Columns:
    """Where each column stands; -1 for one that is not there."""

    user: int
    picture: int
    alt_text: int
    uploaded_at: int


class CsvFile:
    """Columns `user` and `picture` (a path below the file's folder, or a web address), `alt_text`, `uploaded_at`.

    The first line names them. Of several lines that name one person, the first is theirs.
    """

    name = "csv"

    def __init__(self, options: SourceOptions) -> None:
        if not options.argument:
            raise CommandError("Name the file: --from csv FILE.")
        self._path = Path(options.argument)
        self._by = options.by or tuple(By)
        self._folder = open_folder(options.folder or str(self._path.absolute().parent))
        self._web = PoliteWeb(options.pause, options.patience)
        self._encoding = options.encoding or self._find_encoding()
        self._delimiter = options.delimiter

    def count(self) -> int:
        """Read the whole file, so that one that can't be read is known before anything is imported."""
        return sum(1 for _ in self._rows())

    def entries(self) -> Iterator[Entry]:
        for line, columns, row in self._rows():
            yield self._entry(line, columns, row)

    def _entry(self, line: int, columns: Columns, row: Sequence[str]) -> Entry:
        person, picture, alt_text, date = (_cell(row, place) for place in vars(columns).values())
        key, where = f"line {line}", picture[:300]
        if not all(map(is_text, (person, picture, alt_text, date))):
            return Entry(key, "", partial(_refuse, "The line has a NUL character in it."), self._by)
        uploaded_at = _parse_date(date)
        read: Callable[[], bytes] = partial(self._read, picture)
        if not picture:
            read = partial(_refuse, "The line names no picture.")
        elif date and uploaded_at is None:
            read = partial(_refuse, "The date is none like 2024-05-31 or 2024-05-31T12:00:00Z.")
        return Entry(key, person, read, self._by, where, uploaded_at, alt_text)

    def _read(self, picture: str) -> bytes:
        if not picture.lower().startswith(("http://", "https://")):
            return self._folder.read(picture)
        content = self._web.fetch(picture)
        if content is None:
            raise Unusable(Outcome.NONE, "The host has no picture at this address.")
        return content

    def _find_encoding(self) -> str:
        with _readable(self._path), self._path.open("rb") as file:
            start = file.read(4)
        return next((encoding for mark, encoding in _MARKS if start.startswith(mark)), "utf-8")

    def _rows(self) -> Iterator[tuple[int, Columns, list[str]]]:
        """Yield each line that is not empty: its number, and its cells. Raise CommandError."""
        with _readable(self._path), self._path.open(encoding=self._encoding, newline="") as file:
            delimiter = self._delimiter or _find_delimiter(file)
            lines = csv.reader(file, delimiter=delimiter)
            try:
                columns = _find_columns(next(lines, []))
                for row in lines:
                    if any(row):
                        yield lines.line_num, columns, row
            except UnicodeError as error:
                raise CommandError(
                    f"{self._path} is not {self._encoding} after line {lines.line_num}. Name its encoding, such as "
                    "--encoding cp1252."
                ) from error
            except csv.Error as error:
                raise CommandError(f"Line {lines.line_num} of {self._path} can't be read: {error}.") from error


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except LookupError as error:
        raise CommandError(f"{error}. Name an encoding that Python knows.") from error
    except OSError as error:
        raise CommandError(f"The file {path} can't be read: {error.strerror}.") from error


def _find_delimiter(file: TextIO) -> str:
    """Return what the first line has most of."""
    try:
        header = file.readline(_MAX_HEADER)
    except UnicodeError as error:
        raise CommandError("The first line can't be read. Name its encoding, such as --encoding cp1252.") from error
    file.seek(0)
    return max(_DELIMITERS, key=header.count)


def _find_columns(header: Sequence[str]) -> Columns:
    names = [name.strip().lower().replace(" ", "_") for name in header]
    places = {column: _place_of(names, known) for column, known in _NAMES.items()}
    missing = [column for column in ("user", "picture") if places[column] < 0]
    if missing:
        raise CommandError(
            f"The first line must name the columns “user” and “picture” (and may name “alt_text” and “uploaded_at”). "
            f"Missing: {', '.join(missing)}."
        )
    return Columns(**places)


def _place_of(names: Sequence[str], known: Sequence[str]) -> int:
    return next((names.index(name) for name in known if name in names), -1)


def _cell(row: Sequence[str], place: int) -> str:
    return row[place].strip() if 0 <= place < len(row) else ""


def _parse_date(text: str) -> datetime | None:
    """Return a moment; a date alone is its beginning, and one without a zone is in UTC. None if it is none."""
    try:
        found = parse_datetime(text) or datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _refuse(reason: str) -> NoReturn:
    raise Unusable(Outcome.REFUSED, reason)
