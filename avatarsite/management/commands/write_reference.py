"""Write the reference pages of the documentation."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand

from avatarsite.reference import PAGES


class Command(BaseCommand):
    help = "Writes the reference pages of the documentation from the code into a folder. `make docs` calls it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *, folder: Path, **options: object) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, build in PAGES.items():
            (folder / f"{name}.md").write_text(build(), encoding="utf-8")
