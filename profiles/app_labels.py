"""The label of this app in this project. Django has it in permissions, names of admin pages, migrations and tables.

A project may choose another one (AVATAR_APP_LABEL), so the code spells none, and a test finds the one that does.
"""

from __future__ import annotations

from django.apps import apps


def label_of(app: str) -> str:
    """Return the label of an installed app, which is found by its name. Raise KeyError if it is not installed."""
    return {config.name: config.label for config in apps.get_app_configs()}[app]


PROFILES = label_of("profiles")
