"""Find the picture that `/avatar/<id>` serves, in one query.

The ORM compiles the query's text from the models once in a process: compiling it for each picture would cost several
times what the database takes to answer it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import NamedTuple
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connections, router
from django.db.models import Q
from django.db.models.sql.compiler import SQLCompiler

from profiles.models import Avatar, Profile
from profiles.models.display import Display, decide_display, shown_until
from profiles.people.email_names import found_by_hash, hash_field
from profiles.sources import resolve_identifier


@dataclass(frozen=True)
class StoredSquare:
    """The columns of a Rendition that serving needs."""

    size: int
    format: str
    is_still: bool
    sha256: str


@dataclass(frozen=True)
class AvatarView:
    """A person as `/avatar/<id>` shows them. No squares if they have nothing to show.

    `valid_until` is when time alone may change the answer; None if only a change by a person can.
    """

    handle: str
    name: str
    squares: tuple[StoredSquare, ...] = ()
    source_format: str = ""
    valid_until: datetime | None = None


def profile_filter(identifier: str) -> Q:
    """Return a filter over Profile: by a form another app registered, else by hash of an e-mail address or by handle.

    What looks like a hash is one, for handles are shorter.
    """
    found = resolve_identifier(identifier)
    return _own_form(hash_field(identifier), identifier.lower()) if found is None else found


def find_avatar_view(identifier: str, now: datetime) -> AvatarView | None:
    """Return the person as shown at `now`, None for nobody.

    One query, and another if the chosen picture can't be shown.
    """
    found = _rows_of(identifier)
    if not found:
        return None
    (person, handle, display_name, on_loss), _ = found[0]
    rows = [row for other, row in found if other.pk == person]
    name = display_name or handle
    if rows[0].state is None:  # no pointer: nothing is in use (see models/pictures.py)
        return AvatarView(handle, name)
    display = decide_display(rows[0], on_loss, now)
    if display is Display.NOTHING:
        return AvatarView(handle, name)
    if display is Display.EARLIER:
        earlier = Avatar.objects.showable(now).filter(profile_id=person).values("pk")[:1]
        rows = [_Row(*row) for row in Avatar.objects.filter(pk=earlier).values_list(*_columns(""))]
        if not rows:
            return AvatarView(handle, name)
    return AvatarView(
        handle, name, tuple(_squares(rows)), rows[0].source_format or "", shown_until(rows[0], on_loss, now)
    )


# Values in a query, as database drivers take them.
Parameters = tuple[bool | int | float | str | bytes | UUID | datetime | None, ...]
# Stand for the name or the hash in a text that is compiled before anybody asks.
_ANY_NAME, _ANY_HASH = "any-name", "00"


class _Person(NamedTuple):
    pk: int
    handle: str
    display_name: str
    on_loss: str


# How many columns of a joined row are the person's.
_OWN = len(_Person._fields)


class _Row(NamedTuple):
    """A row of the join from a picture to its squares; None everywhere if there is no picture."""

    state: str | None
    source: str | None
    attested_at: datetime | None
    lost_at: datetime | None
    is_offered: bool | None
    source_format: str | None
    size: int | None
    format: str | None
    is_still: bool | None
    sha256: str | None


def _columns(avatar: str) -> list[str]:
    """Return the columns of a _Row, with the path `avatar` to the picture."""
    own = [f"{avatar}{name}" for name in ("state", "source", "attested_at", "lost_at", "is_offered")]
    squares = [f"{avatar}image__renditions__{name}" for name in ("size", "format", "is_still", "sha256")]
    return [*own, f"{avatar}image__source_format", *squares]


def _rows_of(identifier: str) -> list[tuple[_Person, _Row]]:
    """Return the person and a _Row for each square, of several people if several have the identifier."""
    alias = router.db_for_read(Profile)
    try:
        person, parameters = _person(identifier, alias)
    except EmptyResultSet:  # another app's filter matches nobody
        return []
    compiler, joined = _joined(alias)
    with connections[alias].cursor() as cursor:
        cursor.execute(joined % person, parameters)
        rows = compiler.results_iter([cursor.fetchall()], tuple_expected=True)
        return [(_Person(*row[:_OWN]), _Row(*row[_OWN:])) for row in rows]


@cache
def _joined(alias: str) -> tuple[SQLCompiler, str]:
    """Return the compiler, which reads the rows, and the query's text with a place for a query of the person."""
    people = Profile.objects.filter(pk__in=[0]).order_by("pk").values_list(*_Person._fields, *_columns("avatar__"))
    compiler = people.query.get_compiler(alias)
    return compiler, compiler.as_sql()[0]


def _person(identifier: str, alias: str) -> tuple[str, Parameters]:
    found = resolve_identifier(identifier)
    if found is not None:
        return _id_query(found, alias)
    field = hash_field(identifier)
    text, parameters = _own_form_query(field, alias)
    name = identifier.lower() if field is None else bytes.fromhex(identifier)
    return text, tuple(each if isinstance(each, int) else name for each in parameters)


@cache
def _own_form_query(field: str | None, alias: str) -> tuple[str, Parameters]:
    return _id_query(_own_form(field, _ANY_NAME if field is None else _ANY_HASH), alias)


def _own_form(field: str | None, name: str) -> Q:
    return Q(handle=name) if field is None else found_by_hash(field, name)


def _id_query(found: Q, alias: str) -> tuple[str, Parameters]:
    # Without order or limit, which would have the database walk all people in order to find the first it wants.
    people = Profile.objects.filter(found).values("pk")
    text, parameters = people.query.get_compiler(alias).as_sql()
    return text, tuple(parameters)


def _squares(rows: list[_Row]) -> Iterator[StoredSquare]:
    for row in rows:
        if row.size is not None and row.format is not None and row.sha256 is not None:
            yield StoredSquare(row.size, row.format, bool(row.is_still), row.sha256)
