"""An image field of the project's own: on its user model, or on a model that points at it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.core.management.base import CommandError
from django.db.models import FileField, ForeignKey, Model, QuerySet

from profiles.imports.entries import Entry, SourceOptions
from profiles.imports.pages import read_rows
from profiles.imports.reading import read_stored


class ImageFieldOfUsers:
    """`--from field app.Model.field`; fields of django-pictures and easy-thumbnails are file fields, too.

    The model is the user model, or has one foreign key to it (else `--user-field` names it).
    """

    name = "field"

    def __init__(self, options: SourceOptions) -> None:
        self._model, self._field = _find_field(options.argument)
        self._user = _find_user_column(self._model, options.user_field)
        self.name = f"field {options.argument.lower()}"[:40]

    def count(self) -> int:
        return self._rows().count()

    def entries(self) -> Iterator[Entry]:
        for key, user, name in read_rows(self._rows(), self._user, self._field.name):
            yield Entry(str(key), str(user), partial(read_stored, self._field.storage, name), where=name)

    def _rows(self) -> QuerySet[Any, Any]:
        empty = {self._field.name: ""}
        missing = {f"{self._field.name}__isnull": True}
        rows: QuerySet[Any, Any] = QuerySet(self._model)
        return rows.exclude(**empty).exclude(**missing).filter(**{f"{self._user}__isnull": False})


def _find_field(path: str) -> tuple[type[Model], FileField]:
    label, _, name = path.rpartition(".")
    try:
        model = apps.get_model(label)
        field = model._meta.get_field(name)  # noqa: SLF001 - Django documents it as public
    except (LookupError, ValueError, FieldDoesNotExist) as error:
        raise CommandError(f"“{path}” names no field; write --from field app.Model.field ({error}).") from error
    if not isinstance(field, FileField):
        raise CommandError(f"{path} is no image or file field.")
    return model, field


def _find_user_column(model: type[Model], name: str) -> str:
    user = get_user_model()
    if model is user and not name:
        return "pk"
    leading = [
        field.name
        for field in model._meta.get_fields()  # noqa: SLF001 - Django documents it as public
        if isinstance(field, ForeignKey) and field.related_model is user and name in {"", field.name}
    ]
    if len(leading) != 1:
        found = ", ".join(leading) or "none"
        raise CommandError(f"Which field leads to the user? Name it by --user-field (found: {found}).")
    return f"{leading[0]}_id"
