"""`manage.py makemigrations`, whose files read the labels of our apps instead of spelling them.

A project may choose other labels (AVATAR_APP_LABEL, NFT_APP_LABEL), and the files are the same for all projects.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management.commands.makemigrations import Command as MakeMigrations
from django.db.migrations.writer import MigrationWriter

from profiles.app_labels import label_of

APPS = ("nft", "profiles")
IMPORTS = re.compile(r"^from django\.db import .*\n", re.MULTILINE)


class Command(MakeMigrations):
    def write_migration_files(self, changes: dict[str, Any], *arguments: Any) -> None:
        super().write_migration_files(changes, *arguments)
        for migration in (each for of_app in changes.values() for each in of_app):
            path = Path(MigrationWriter(migration).path)
            if not self.dry_run:
                path.write_text(read_labels(path.read_text("utf-8")), "utf-8")


def read_labels(text: str) -> str:
    """Replace labels in the models that fields refer to, and in the migrations that come before."""
    imports = ""
    for app in filter(apps.is_installed, APPS):
        label, name = label_of(app), app.upper()
        text, fields = re.subn(rf"\b(to|through)='{label}\.(\w+)'", rf"\1=f'{{{name}}}.\2'", text)
        text, migrations = re.subn(rf"\('{label}', '(\d{{4}}_\w+)'\)", rf"({name}, '\1')", text)
        imports += f"from {app}.app_labels import {name}\n" if fields or migrations else ""
    return IMPORTS.sub(lambda found: found[0] + imports, text, count=1)
