"""What belongs to a person, told by each app: what an export holds, and what must be done before they are deleted.

Register in `AppConfig.ready`. Every model with a path of foreign keys to the user is either a `Part`, or named by
`leave_out` with a reason; a test walks through all models.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Model, QuerySet
from django.utils.module_loading import import_string

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

#: Of all rows that workers work on: how a job is, which says nothing of a person.
JOB_COLUMNS = frozenset({"due_at", "attempt", "tries", "crashes", "queued_at", "last_error", "gave_up_at"})


@dataclass(frozen=True)
class Part:
    """The rows of one model that belong to a person: a file `name`.json of the export, with these columns.

    owner: the path of names from the model to the user, as filters take it; "pk" for the user model itself.
    about: what the rows are, for the export's README.
    left_out: columns that the export has not, each with the reason.
    """

    model: type[Model]
    owner: str
    name: str
    about: str
    columns: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)

    def rows_of(self, user: User) -> QuerySet[Model]:
        """Return this person's rows, oldest first."""
        rows: QuerySet[Model] = QuerySet(self.model)
        return rows.filter(**{self.owner: user.pk}).order_by("pk")


@dataclass(frozen=True)
class ExportFile:
    """A file of the export. `read` returns None for one that is gone. It is called when the file's turn comes."""

    name: str
    read: Callable[[], bytes | None]


@dataclass(frozen=True)
class Files:
    """Files of one kind. `list_of` yields those of a user."""

    folder: str
    about: str
    list_of: Callable[[User], Iterator[ExportFile]]


# Called with the user and the time, before their rows are deleted. Idempotent: it is called again after
# an error.
Eraser = Callable[["User", datetime], None]

_parts: dict[type[Model], Part] = {}
_left_out: dict[type[Model], str] = {}
_files: dict[str, Files] = {}
_erasers: list[str] = []


def register_part(part: Part) -> None:
    _parts[part.model] = part


def register_files(files: Files) -> None:
    _files[files.folder] = files


def leave_out(model: type[Model], reason: str) -> None:
    """Leave the rows of a model out of exports, though they lead to a person."""
    _left_out[model] = reason


def register_eraser(path: str) -> None:
    """Call the `Eraser` at this dotted path before the rows of a person are deleted. Only a worker imports it."""
    if path not in _erasers:
        _erasers.append(path)


def get_parts() -> list[Part]:
    return list(_parts.values())


def get_left_out() -> Mapping[type[Model], str]:
    return _left_out


def get_files() -> list[Files]:
    return list(_files.values())


def get_erasers() -> list[Eraser]:
    return [import_string(path) for path in _erasers]
