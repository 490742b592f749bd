"""A folder of pictures whose files are named after people."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NoReturn

from django.core.management.base import CommandError

from profiles.imports.entries import By, Entry, Outcome, SourceOptions, Unusable
from profiles.imports.reading import Folder
from profiles.text import is_text

#: Endings that are no part of a person's name.
_ENDINGS = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".webp", ".avif", ".heic", ".heif", ".bmp", ".dib"}
)


def open_folder(path: str) -> Folder:
    try:
        return Folder(Path(path))
    except OSError as error:
        raise CommandError(f"The folder {path} can't be read: {error.strerror}.") from error


class PictureFolder:
    """`alice.png`, `alice@example.org.jpg` or `42.webp`, in the folder or below. Links to folders are not followed.

    Of several files that name one person, the first in the order of their paths is theirs.
    """

    name = "folder"

    def __init__(self, options: SourceOptions) -> None:
        if not options.argument:
            raise CommandError("Name the folder: --from folder PATH.")
        self._by = options.by or tuple(By)
        self._folder = open_folder(options.argument)

    def count(self) -> int:
        return sum(1 for _ in self._paths(""))

    def entries(self) -> Iterator[Entry]:
        for path in self._paths(""):
            shown = os.fsencode(path).decode("utf-8", "backslashreplace")
            if shown == path and is_text(path):
                yield Entry(path, _person_of(path), partial(self._folder.read, path), self._by, path)
            else:
                yield Entry(shown, shown, _refuse_name, self._by, shown)

    def _paths(self, inner: str) -> Iterator[str]:
        """Yield the paths of files from the folder, those of each folder sorted. Hidden ones are left out."""
        try:
            with os.scandir(self._folder.path / inner) as found:
                names = sorted((each.name, each.is_dir(follow_symlinks=False)) for each in found)
        except OSError as error:
            raise CommandError(f"The folder {self._folder.path / inner} can't be read: {error.strerror}.") from error
        for name, is_folder in names:
            if name.startswith("."):
                continue
            path = f"{inner}/{name}" if inner else name
            if is_folder:
                yield from self._paths(path)
            else:
                yield path


def _person_of(path: str) -> str:
    file = PurePosixPath(path)
    return file.stem if file.suffix.lower() in _ENDINGS else file.name


def _refuse_name() -> NoReturn:
    raise Unusable(Outcome.REFUSED, "The file's name is not UTF-8.")
