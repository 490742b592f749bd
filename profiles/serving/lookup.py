"""What `/avatar/<id>` serves of somebody, in one query.

Its text is compiled by the ORM from the models, once in a process: compiling it for each picture would cost several
times what the database takes to answer it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connections, router
from django.db.models import Q
from django.db.models.sql.compiler import SQLCompiler

from profiles.models import Avatar, Profile
from profiles.models.rights import Standing, shown_until, standing
from profiles.people.email_names import found_by_hash, hash_field
from profiles.sources import resolve_identifier


@dataclass(frozen=True)
class StoredSquare:
    """A stored square without the rest of its row."""

    size: int
    format: str
    is_still: bool
    sha256: str


@dataclass(frozen=True)
class Face:
    """No squares where the person has nothing to show.

    `good_until` is when time alone may change the answer; None where only somebody's act can.
    """

    handle: str
    name: str
    squares: tuple[StoredSquare, ...] = ()
    source_format: str = ""
    good_until: datetime | None = None


def who(identifier: str) -> Q:
    """A filter over Profile. Other apps' forms first; then what looks like a hash is one, for handles are shorter."""
    found = resolve_identifier(identifier)
    return _of_our_own(hash_field(identifier), identifier.lower()) if found is None else found


def find_face(identifier: str, now: datetime) -> Face | None:
    """The person as they look at `now`: one query, and another where the chosen picture can't be shown."""
    rows = _rows_of(identifier)
    if not rows:
        return None
    person, handle, display_name, wish = rows[0][: len(_PERSON)]
    looks = [_Look(*row[len(_PERSON) :]) for row in rows if row[0] == person]
    name = display_name or handle
    if looks[0].state is None:  # no pointer: nothing is in use (see models/pictures.py)
        return Face(handle, name)
    stands = standing(looks[0], wish, now)
    if stands is Standing.NOTHING:
        return Face(handle, name)
    if stands is Standing.EARLIER:
        standing_in = Avatar.objects.showable(now).filter(profile_id=person).values("pk")[:1]
        looks = [_Look(*row) for row in Avatar.objects.filter(pk=standing_in).values_list(*_through(""))]
    ends = shown_until(looks[0], wish, now) if looks else None
    return _face(handle, name, looks, ends)


_PERSON = ("pk", "handle", "display_name", "on_loss")
#: Stands for the name in a text that is compiled before anybody asks.
_ANY_NAME = "any-name"


class _Look(NamedTuple):
    """A row of the join from a picture to its squares; None everywhere where there is no picture."""

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


def _through(avatar: str) -> list[str]:
    """The columns of a _Look, from where `avatar` leads."""
    own = [f"{avatar}{name}" for name in ("state", "source", "attested_at", "lost_at", "is_offered")]
    squares = [f"{avatar}image__renditions__{name}" for name in ("size", "format", "is_still", "sha256")]
    return [*own, f"{avatar}image__source_format", *squares]


def _rows_of(identifier: str) -> list[Sequence[Any]]:
    """_PERSON and a _Look for each square; of several people where an address is theirs on different chains."""
    alias = router.db_for_read(Profile)
    try:
        person, parameters = _person(identifier, alias)
    except EmptyResultSet:  # another app's filter that nobody passes
        return []
    compiler, joined = _joined(alias)
    with connections[alias].cursor() as cursor:
        cursor.execute(joined % person, parameters)
        return list(compiler.results_iter([cursor.fetchall()], tuple_expected=True))


@cache
def _joined(alias: str) -> tuple[SQLCompiler, str]:
    """The compiler knows how to read the rows; the text has one place left, for a query of who is meant."""
    people = Profile.objects.filter(pk__in=[0]).order_by("pk").values_list(*_PERSON, *_through("avatar__"))
    compiler = people.query.get_compiler(alias)
    return compiler, compiler.as_sql()[0]


def _person(identifier: str, alias: str) -> tuple[str, tuple[Any, ...]]:
    found = resolve_identifier(identifier)
    if found is not None:
        return _id_query(found, alias)
    text, parameters = _of_our_own_compiled(hash_field(identifier), alias)
    return text, tuple(identifier.lower() if each == _ANY_NAME else each for each in parameters)


@cache
def _of_our_own_compiled(field: str | None, alias: str) -> tuple[str, tuple[Any, ...]]:
    return _id_query(_of_our_own(field, _ANY_NAME), alias)


def _of_our_own(field: str | None, name: str) -> Q:
    return Q(handle=name) if field is None else found_by_hash(field, name)


def _id_query(found: Q, alias: str) -> tuple[str, tuple[Any, ...]]:
    # Without order or limit, which would have the database walk all people in order to find the first it wants.
    people = Profile.objects.filter(found).values("pk")
    text, parameters = people.query.get_compiler(alias).as_sql()
    return text, tuple(parameters)


def _face(handle: str, name: str, looks: list[_Look], ends: datetime | None) -> Face:
    if not looks:
        return Face(handle, name)
    return Face(handle, name, tuple(_squares(looks)), looks[0].source_format or "", ends)


def _squares(looks: list[_Look]) -> Iterator[StoredSquare]:
    for look in looks:
        if look.size is not None and look.format is not None and look.sha256 is not None:
            yield StoredSquare(look.size, look.format, bool(look.is_still), look.sha256)
