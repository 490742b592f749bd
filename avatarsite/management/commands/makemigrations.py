"""`manage.py makemigrations`, which lets an app's first migration make each table whole, and spells no label of ours.

A project may choose other labels (AVATAR_APP_LABEL, NFT_APP_LABEL), and the files are the same for all projects.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management.commands.makemigrations import Command as MakeMigrations
from django.db.migrations import AddConstraint, AddField, AddIndex, CreateModel, Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.writer import MigrationWriter
from django.db.models import Field

from profiles.app_labels import label_of

OURS = ("nft", "profiles")
IMPORTS = re.compile(r"^from django\.db import .*\n", re.MULTILINE)
GATHERED = (CreateModel, AddField, AddIndex, AddConstraint)


class Command(MakeMigrations):
    def write_migration_files(self, changes: dict[str, list[Migration]], *arguments: Any, **options: Any) -> None:
        for app, migrations in changes.items():
            for migration in migrations:
                if migration.initial:
                    migration.operations = gather(app, migration.operations)  # type: ignore[misc]  # as Django does
        super().write_migration_files(changes, *arguments, **options)
        if not self.dry_run:
            for migration in (each for of_app in changes.values() for each in of_app):
                path = Path(MigrationWriter(migration).path)
                path.write_text(read_labels(path.read_text("utf-8")), "utf-8")


def read_labels(text: str) -> str:
    """Replace labels in the models that fields refer to, and in the migrations that come before."""
    imports = ""
    for app in filter(apps.is_installed, OURS):
        label, name = label_of(app), app.upper()
        text, fields = re.subn(rf"\b(to|through)='{label}\.(\w+)'", rf"\1=f'{{{name}}}.\2'", text)
        text, migrations = re.subn(rf"\('{label}', '(\d{{4}}_\w+)'\)", rf"({name}, '\1')", text)
        imports += f"from {app}.app_labels import {name}\n" if fields or migrations else ""
    return IMPORTS.sub(lambda found: found[0] + imports, text, count=1)


def gather(app: str, operations: Sequence[Operation]) -> Sequence[Operation]:
    """Put later columns, indexes and constraints of new tables into the operations that create these.

    Django writes them one by one, and builds the classes of all related models again for each when it migrates: that
    was two thirds of the time. A column stays by itself if its table and the one it leads to lead to each other; the
    indexes and constraints of its table then follow it.
    """
    if not all(isinstance(operation, GATHERED) for operation in operations):
        return operations
    tables = {operation.name_lower: operation for operation in operations if isinstance(operation, CreateModel)}
    columns: dict[str, list[AddField]] = defaultdict(list)
    for operation in operations:
        if isinstance(operation, AddField):
            columns[operation.model_name_lower].append(operation)
    gathered: list[Operation] = []
    by_themselves: list[AddField] = []
    for name in _in_order(app, tables, columns):
        made = {operation.name_lower for operation in gathered if isinstance(operation, CreateModel)} | {name}
        late = [each for each in columns[name] if _tables_of(each.field, app) & (tables.keys() - made)]
        by_themselves += late
        early = [(each.name, each.field) for each in columns[name] if each not in late]
        gathered.append(_with(tables[name], early, [] if late else _options_of(name, operations)))
    incomplete = {each.model_name_lower for each in by_themselves}
    rest = [
        operation
        for operation in operations
        if isinstance(operation, AddIndex | AddConstraint) and operation.model_name_lower in incomplete
    ]
    return [*gathered, *by_themselves, *rest]


def _in_order(app: str, tables: dict[str, CreateModel], columns: dict[str, list[AddField]]) -> Iterator[str]:
    """Yield the tables so that each comes after as many as possible of those it leads to."""
    left = dict.fromkeys(tables)
    needs = {
        name: {other for _, field in table.fields for other in _tables_of(field, app)} - {name}
        for name, table in tables.items()
    }
    wants = {
        name: needs[name] | {other for each in columns[name] for other in _tables_of(each.field, app)} - {name}
        for name in tables
    }
    while left:
        free = (name for asked in (wants, needs) for name in left if not asked[name] & left.keys())
        name = next(free)  # there is one, as Django's own order meets all needs
        del left[name]
        yield name


def _tables_of(field: Field[Any, Any], app: str) -> set[str]:
    """Return the models of this app that a column leads to, in lower case."""
    relation = getattr(field, "remote_field", None)
    names = [] if relation is None else [relation.model, getattr(relation, "through", None)]
    return {name.rpartition(".")[2].lower() for name in names if isinstance(name, str) and name.startswith(f"{app}.")}


def _options_of(name: str, operations: Sequence[Operation]) -> list[AddIndex | AddConstraint]:
    return [
        operation
        for operation in operations
        if isinstance(operation, AddIndex | AddConstraint) and operation.model_name_lower == name
    ]


def _with(
    table: CreateModel, columns: list[tuple[str, Field[Any, Any]]], more: list[AddIndex | AddConstraint]
) -> CreateModel:
    indexes = [each.index for each in more if isinstance(each, AddIndex)]
    constraints = [each.constraint for each in more if isinstance(each, AddConstraint)]
    options = dict(table.options)
    for name, added in (("indexes", indexes), ("constraints", constraints)):
        if added:
            options[name] = [*options.get(name, []), *added]
    return CreateModel(table.name, [*table.fields, *columns], options, table.bases, table.managers)
