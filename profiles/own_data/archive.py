"""Write a person's data into a zip file, row by row and picture by picture, so that it never is in memory whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from textwrap import wrap
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from django.conf import settings as django_settings
from django.db.models import Model
from django.utils.translation import override

from profiles import settings
from profiles.models import Profile
from profiles.own_data.parts import Part, get_files, get_parts
from profiles.sentences import gettext as _

#: Increase it when a column or a file changes its meaning or goes. New ones may come at any time.
VERSION = 1
PAGE = 500
#: Numbers above this are not exact in every program that reads JSON, so they are texts (RFC 8259, section 6).
EXACT = 2**53

Json = None | bool | int | float | str | list[object] | dict[str, object]


@dataclass
class Archive:
    """A zip file that is being written. `report` gets the percentage done, and raises to stop."""

    zip: ZipFile
    profile: Profile
    now: datetime
    report: Callable[[int], object]
    missing: list[str] = field(default_factory=list)


def write_archive(target: IO[bytes], profile: Profile, now: datetime, report: Callable[[int], object]) -> None:
    """Write everything that belongs to the person, with our sentences in their language.

    Raise StorageError, and whatever `report` raises.
    """
    with ZipFile(target, "w", ZIP_DEFLATED) as file:
        archive = Archive(file, profile, now, report)
        language = override(profile.language or django_settings.LANGUAGE_CODE)
        parts = get_parts()
        for place, part in enumerate(parts):
            with language:
                _write_part(archive, part)
            report(10 * (place + 1) // len(parts))
        _write_files(archive)  # receipts are in English, as everywhere
        with language:
            _write_about(archive)


def to_json(value: object) -> Json:
    """Return a column's value as it stands in the files: times in ISO 8601, bytes as 0x and hexadecimal digits.

    A value of any other kind is a text: nothing that is kept of a person may be left out.
    """
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return f"0x{bytes(value).hex()}"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > EXACT:
        return str(value)
    return value if isinstance(value, bool | int | float | str | list | dict | None) else str(value)


def row_of(part: Part, values: Iterable[Any]) -> dict[str, Json]:
    """Return a row as it stands in the file. Token ids are texts, whatever their size."""
    pairs = zip(part.columns, values, strict=True)
    return {name: str(value) if name == "token_id" and value is not None else to_json(value) for name, value in pairs}


def _write_part(archive: Archive, part: Part) -> None:
    rows = part.rows_of(archive.profile.user).values_list(*part.columns)
    with archive.zip.open(f"{part.name}.json", "w") as out:
        out.write(b"[")
        for place, values in enumerate(rows.iterator(chunk_size=PAGE)):
            text = json.dumps(row_of(part, values), ensure_ascii=False, default=str)
            out.write((",\n" if place else "\n").encode() + text.encode("utf-8", "replace"))
        out.write(b"\n]\n")


def _write_files(archive: Archive) -> None:
    """Write the files without compression, which pictures have already."""
    user = archive.profile.user
    named = [(f"{files.folder}/{each.name}", each.read) for files in get_files() for each in files.list_of(user)]
    for place, (name, read) in enumerate(named):
        content = read()
        if content is None:
            archive.missing.append(name)
        else:
            archive.zip.writestr(name, content, ZIP_STORED)
        archive.report(10 + 89 * place // len(named))


def _write_about(archive: Archive) -> None:
    archive.zip.writestr("README.txt", "\n".join(_readme(archive)) + "\n")
    about = {
        "format": "avatarsite-export",
        "version": VERSION,
        "site": settings.current().site_origin,
        "handle": archive.profile.handle,
        "made_at": archive.now.isoformat(),
    }
    archive.zip.writestr("export.json", json.dumps(about, indent=2, ensure_ascii=False))


def _readme(archive: Archive) -> Iterator[str]:
    site = settings.current().site_name or _("this site")
    time = f"{archive.now:%Y-%m-%d %H:%M}"
    yield _(
        "What %(site)s keeps of %(handle)s, as of %(time)s UTC.", site=site, handle=archive.profile.handle, time=time
    )
    yield ""
    yield from wrap(
        _(
            "Texts are UTF-8. Times are UTC in ISO 8601. Bytes, such as addresses, are 0x and hexadecimal digits. "
            "Numbers that are too large for JSON are texts. export.json names the version of this format."
        ),
        width=120,
    )
    yield ""
    for part in get_parts():
        yield f"{part.name}.json"
        yield f"    {_(part.about)}"
        yield from (f"    {_without(column, reason)}" for column, reason in part.left_out.items())
    for files in get_files():
        yield f"{files.folder}/"
        yield f"    {_(files.about)}"
    if archive.missing:
        yield ""
        yield _("These files are named, but our store has lost them:")
        yield from (f"    {name}" for name in archive.missing)


def _without(column: str, reason: str) -> str:
    return _("Without %(column)s: %(reason)s", column=column, reason=_(reason))


def columns_of(model: type[Model]) -> set[str]:
    """Return the names of a model's columns as `Part.columns` names them."""
    return {str(each.attname) for each in model._meta.concrete_fields}  # noqa: SLF001 - Django documents it as public
