"""Find the picture that `/avatar/<id>` serves, in one query of one row.

The query's text is made once in a process, and databases that prepare statements plan it once per connection: both
would cost several times what the database takes to answer it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connections, router
from django.db.models import Q

from profiles.images.limits import MASTER_SIDE, pick_size
from profiles.models import Avatar, Profile, Rendition, StoredImage
from profiles.models.display import Display, decide_display, shown_until
from profiles.people.email_names import found_by_hash, hash_field
from profiles.people.hiding import visible_profiles
from profiles.serving.statement import Parameters, fetch_one
from profiles.sources import resolve_identifier


class StoredSquare(NamedTuple):
    """The columns of a Rendition that serving needs."""

    size: int
    format: str
    is_still: bool
    sha256: str


class AvatarView(NamedTuple):
    """A person as `/avatar/<id>` shows them. No square if they have nothing to show.

    `valid_until` is when time alone may change the answer; None if only a change by a person can. `side` is that of
    the picture's largest square in pixels, which may not be stored yet. `is_square`: the whole picture is one.
    """

    handle: str
    name: str
    square: StoredSquare | None = None
    image_id: int = 0
    side: int = 0
    source_format: str = ""
    valid_until: datetime | None = None
    is_square: bool = True


def profile_filter(identifier: str) -> Q:
    """Return a filter over Profile: by a form another app registered, else by hash of an e-mail address or by handle.

    What looks like a hash is one, for handles are shorter.
    """
    found = resolve_identifier(identifier)
    return _own_form(hash_field(identifier), identifier.lower()) if found is None else found


def find_avatar_view(
    identifier: str, now: datetime, *, size: int = MASTER_SIDE, still: bool = True
) -> AvatarView | None:
    """Return the person as shown at `now`, with the square that serves `size` pixels best.

    None for nobody, and for who is hidden.

    One query, and another if the chosen picture can't be shown. `still`: as `pick_rendition` takes it.
    """
    size = pick_size(size)
    row = _find_row(identifier, size, still=still)
    if row is None:
        return None
    # No pointer: nothing is in use (see models/pictures.py).
    display = Display.NOTHING if row.state is None else decide_display(row, row.on_loss, now)
    if display is Display.EARLIER:
        row = _find_earlier(row, now, size, still=still)
        if row is None:  # the person left meanwhile
            return None
    name = row.display_name or row.handle
    if display is Display.NOTHING or row.state is None:
        return AvatarView(row.handle, name)
    side = min(row.width or 0, row.height or 0, MASTER_SIDE)
    until = shown_until(row, row.on_loss, now)
    is_square = row.width == row.height
    return AvatarView(
        row.handle, name, _square(row), row.image_id or 0, side, row.source_format or "", until, is_square
    )


# Stands for the name in a text that is compiled before anybody asks.
_ANY_NAME, _ANY_HASH = "any-name", "00"


class _Row(NamedTuple):
    """A person, their picture and the square of it; None in every column of what they lack."""

    person: int
    handle: str
    display_name: str
    on_loss: str
    state: str | None
    source: str | None
    attested_at: datetime | None
    lost_at: datetime | None
    is_offered: bool | None
    source_format: str | None
    image_id: int | None
    width: int | None
    height: int | None
    size: int | None
    format: str | None
    is_still: bool | None
    sha256: bytes | None


# The smallest square of a picture that serves a size, or else its largest; moving ones first where they may be shown.
_BEST_SQUARE = """
SELECT best.id FROM {squares} best WHERE best.image_id = avatar.image_id {only_stills}
ORDER BY best.is_still, best.size < %s, CASE WHEN best.size < %s THEN -best.size ELSE best.size END, best.id LIMIT 1"""
_PERSON_AND_SQUARE = """
SELECT person.id, person.handle, person.display_name, person.on_loss, avatar.state, avatar.source, avatar.attested_at,
avatar.lost_at, avatar.is_offered, image.source_format, image.id, image.width, image.height, square.size, square.format,
square.is_still, square.sha256
FROM {people} person
LEFT JOIN {avatars} avatar ON avatar.id = {{avatar}}
LEFT JOIN {images} image ON image.id = avatar.image_id
LEFT JOIN {squares} square ON square.id = ({best_square})
WHERE person.id IN ({{person}}) ORDER BY person.id LIMIT 1"""


@cache
def _text(*, still: bool) -> str:
    """Return the query's text with places for how the picture and the person are found."""
    models = {"people": Profile, "avatars": Avatar, "images": StoredImage, "squares": Rendition}
    tables = {name: f'"{model._meta.db_table}"' for name, model in models.items()}  # noqa: SLF001 - documented
    best_square = _BEST_SQUARE.format(only_stills="AND best.is_still" if still else "", **tables)
    return _PERSON_AND_SQUARE.format(best_square=best_square, **tables)


def _find_row(identifier: str, size: int, *, still: bool) -> _Row | None:
    alias = router.db_for_read(Profile)
    found = resolve_identifier(identifier)
    if found is None:
        field = hash_field(identifier)
        text, parameters = _own_form_text(field, still, alias)
        name = identifier.lower() if field is None else bytes.fromhex(identifier)
        # All others are numbers that belong to the text.
        return _read(alias, text, (size, size, *[each if isinstance(each, int) else name for each in parameters]))
    try:
        text, parameters = _text_for(found, still, alias)
    except EmptyResultSet:  # another app's filter matches nobody
        return None
    return _read(alias, text, (size, size, *parameters))


@cache
def _own_form_text(field: str | None, still: bool, alias: str) -> tuple[str, Parameters]:
    return _text_for(_own_form(field, _ANY_NAME if field is None else _ANY_HASH), still, alias)


def _own_form(field: str | None, name: str) -> Q:
    return Q(handle=name) if field is None else found_by_hash(field, name)


def _text_for(found: Q, still: bool, alias: str) -> tuple[str, Parameters]:
    # Without order or limit, which would have the database walk all people in order to find the first it wants.
    people = visible_profiles().filter(found).values("pk")
    person, parameters = people.query.get_compiler(alias).as_sql()
    return _text(still=still).format(avatar="person.avatar_id", person=person), tuple(parameters)


def _find_earlier(row: _Row, now: datetime, size: int, *, still: bool) -> _Row | None:
    """Return the person again, with what they showed before and still may."""
    alias = router.db_for_read(Profile)
    earlier = Avatar.objects.showable(now).filter(profile_id=row.person).values("pk")[:1]
    avatar, parameters = earlier.query.get_compiler(alias).as_sql()
    text = _text(still=still).format(avatar=f"({avatar})", person="%s")
    return _read(alias, text, (*parameters, size, size, row.person))


def _read(alias: str, text: str, parameters: Parameters) -> _Row | None:
    connection = connections[alias]
    found = fetch_one(connection, text, parameters)
    if found is None:
        return None
    row = _Row._make(found)
    return row if connection.vendor != "sqlite" else _with_times(row)


def _with_times(row: _Row) -> _Row:
    """Return the row as SQLite has it, which has no type for times, with times."""
    if row.attested_at is None and row.lost_at is None:
        return row
    attested_at, lost_at = (None if text is None else _read_time(str(text)) for text in (row.attested_at, row.lost_at))
    return row._replace(attested_at=attested_at, lost_at=lost_at)


def _read_time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _square(row: _Row) -> StoredSquare | None:
    if row.size is None or row.format is None or row.sha256 is None:
        return None
    return StoredSquare(row.size, row.format, bool(row.is_still), bytes(row.sha256).hex())
