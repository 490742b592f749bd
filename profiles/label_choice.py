"""The choice of an app's label by a setting of the project, before any model is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.db import connections


def choose_label(config: AppConfig, name: str, setting: str, read: Callable[[], str]) -> None:
    """Set the label of an app that is being made, unless a subclass of the project has set it.

    Raise ImproperlyConfigured, with the setting's name, if an app before it has this label. Django refuses one after.
    """
    if not hasattr(config, "label"):
        config.label = read()
    other = apps.app_configs.get(config.label)
    if other is not None and other.name != name:
        text = f"{setting}: {config.label!r} is the label of the app {other.name}, so set another one."
        raise ImproperlyConfigured(text)


def check_tables(label: str, setting: str, databases: Sequence[str] | None) -> list[CheckMessage]:
    """Check that no database has the tables of the app under another label: `migrate` would make empty ones."""
    options = [model._meta for model in apps.get_app_config(label).get_models()]  # noqa: SLF001 - documented
    found = list[CheckMessage]()
    for connection in (connections[alias] for alias in databases or ()):
        tables = set(connection.introspection.table_names())
        if all(each.db_table in tables for each in options):
            continue
        ends = [f"_{each.model_name}" for each in options]
        for former in set.intersection(
            *({each.removesuffix(end) for each in tables if each.endswith(end)} for end in ends)
        ):
            text = f"{setting} is {label!r}, but the tables in the database {connection.alias!r} begin with {former!r}."
            hint = "Set it back; or rename the tables, and the label in django_migrations and django_content_type."
            found.append(Error(text, hint=hint, id="profiles.E026"))
    return found
