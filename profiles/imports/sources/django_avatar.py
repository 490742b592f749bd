"""The pictures of django-avatar: of its model where the app is installed, else of its table and files."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from django.apps import apps
from django.apps.registry import Apps
from django.core.files.storage import FileSystemStorage, InvalidStorageError, Storage, storages
from django.core.management.base import CommandError
from django.db import connection, models
from django.db.models import QuerySet

from profiles.imports.entries import Entry, Outcome, SourceOptions, Unusable
from profiles.imports.pages import read_rows
from profiles.imports.people import user_key
from profiles.imports.reading import read_stored
from profiles.store.errors import ObjectMissing, errors_translated

MODEL, TABLE = ("avatar", "Avatar"), "avatar_avatar"


class DjangoAvatar:
    """Every picture of a person, the primary one as the one in use.

    Where an original is gone, the largest of the sizes that django-avatar made of it is taken.
    """

    name = "django-avatar"

    def __init__(self, options: SourceOptions) -> None:
        storage = _find_storage(options)
        model: Any = _model_of(options)
        self._model = model
        if storage is None:
            storage = model.avatar.field.storage if hasattr(model, "avatar_url") else storages["default"]
        self._storage = storage

    def count(self) -> int:
        return QuerySet(self._model).count()

    def entries(self) -> Iterator[Entry]:
        rows: QuerySet[Any, Any] = QuerySet(self._model)
        for key, user, is_primary, name, date in read_rows(rows, "user_id", "primary", "avatar", "date_uploaded"):
            read = partial(_read_original_or_size, self._storage, str(name or ""))
            yield Entry(str(key), str(user), read, where=str(name), uploaded_at=date, is_primary=bool(is_primary))


def _find_storage(options: SourceOptions) -> Storage | None:
    if options.folder:
        return FileSystemStorage(options.folder)
    if not options.storage:
        return None
    try:
        return storages[options.storage]
    except InvalidStorageError as error:
        raise CommandError(f"STORAGES has no {options.storage}.") from error


def _model_of(options: SourceOptions) -> type[models.Model]:
    """Return django-avatar's model, or one of its table that nobody else knows. Raise CommandError if there is none."""
    if apps.is_installed("avatar") and not options.table:
        return apps.get_model(*MODEL)
    table = options.table or TABLE
    with connection.cursor() as cursor:
        if table not in connection.introspection.table_names(cursor):
            raise CommandError(f"The database has no table {table}. Name it by --table, or install the app “avatar”.")
    meta = type("Meta", (), {"apps": Apps(), "app_label": "imports", "managed": False, "db_table": table})
    columns = {
        "id": models.BigIntegerField(primary_key=True),
        "user_id": _like_user_key(),
        "primary": models.BooleanField(),
        "avatar": models.CharField(max_length=1024),
        "date_uploaded": models.DateTimeField(),
    }
    return type("DjangoAvatarRow", (models.Model,), {"__module__": __name__, "Meta": meta, **columns})


def _like_user_key() -> models.Field[Any, Any]:
    """Return a field for the column that points at users."""
    key = user_key()
    if isinstance(key, models.AutoField | models.BigAutoField | models.SmallAutoField):
        return models.BigIntegerField()
    column = key.clone()
    column.primary_key = False
    return column


def _read_original_or_size(storage: Storage, name: str) -> bytes:
    if not name:
        raise Unusable(Outcome.MISSING, "The row names no file.")
    try:
        return read_stored(storage, name)
    except Unusable as error:
        size = _largest_size(storage, name) if error.outcome is Outcome.MISSING else ""
        if not size:
            raise
    return read_stored(storage, size)


def _largest_size(storage: Storage, name: str) -> str:
    """Return the largest square that is kept of a picture, at resized/<width>/<height>/<name>; "" if there is none."""
    folder, file = posixpath.split(name)
    stem = posixpath.splitext(file)[0]
    sizes = sorted(map(int, filter(str.isdecimal, _listed(storage, f"{folder}/resized")[0])), reverse=True)
    for side in sizes:
        place = f"{folder}/resized/{side}/{side}"
        same = [found for found in _listed(storage, place)[1] if posixpath.splitext(found)[0] == stem]
        if same:
            return f"{place}/{min(same)}"
    return ""


def _listed(storage: Storage, folder: str) -> tuple[list[str], list[str]]:
    with suppress(ObjectMissing, NotImplementedError), errors_translated(folder):
        folders, files = storage.listdir(folder)
        return list(folders), list(files)
    return [], []
