"""Collect what people read into the catalogs, and compile them.

It writes `locale/<language>` of the project (templates/, static/, avatarsite) and of each app. Moving a text from one
catalog to another keeps its translation. Needs xgettext, msgmerge and msgfmt of GNU gettext; running the site doesn't,
as the compiled catalogs are kept in git.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.management.commands import makemessages

ROOT = Path(settings.BASE_DIR)
IGNORED = ["tests/*", "bench/*", "localstack/*", "nft/static/nft/vendor/*", "node_modules", "contracts/*", "frontend/*"]
APPS = ("users", "profiles", "nft")
_CREATED_AT = re.compile(r'^"POT-Creation-Date:.*\n', re.MULTILINE)


class Collect(makemessages.Command):
    """Django's command, which guesses no translation of a text that is new."""

    def __init__(self, compendium: Path) -> None:
        super().__init__()
        merged = ["--no-fuzzy-matching", f"--compendium={compendium}"]
        self.xgettext_options = [*self.xgettext_options, "--keyword=_lazy"]
        self.msgmerge_options = ["-q", "--backup=none", "--update", *merged]


class Command(BaseCommand):
    help = "Collect the texts of pages into the catalogs of every language, and compile them."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("languages", nargs="*", default=[], help="default: those that have a catalog")

    def handle(self, *args: object, languages: list[str], **options: object) -> None:
        for code in languages or known_languages():
            collect(code)
        for path in catalogs():
            compile_catalog(path, path.with_suffix(".mo"))
            self.stdout.write(f"{path.relative_to(ROOT)}: {statistics(path)}")


def known_languages() -> list[str]:
    return sorted(path.name for path in (ROOT / "locale").iterdir() if path.is_dir())


def catalogs() -> list[Path]:
    return sorted([*ROOT.glob("locale/*/LC_MESSAGES/*.po"), *ROOT.glob("*/locale/*/LC_MESSAGES/*.po")])


def collect(code: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        compendium = Path(folder, "all.po")
        known = [path for path in catalogs() if path.parent.parent.name == code]
        if known:
            _run("msgcat", "--use-first", "--no-location", "-o", str(compendium), *map(str, known))
        else:
            compendium.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n', encoding="utf-8")
        before = catalogs()
        _collect(code, compendium)
        if catalogs() != before:  # a new catalog gets its translations when it is written again
            _collect(code, compendium)
    for path in catalogs():
        path.write_text(_CREATED_AT.sub("", path.read_text(encoding="utf-8")), encoding="utf-8")


def _collect(code: str, compendium: Path) -> None:
    command = Collect(compendium)
    shared = {"locale": [code], "ignore_patterns": IGNORED, "no_wrap": True, "no_obsolete": True, "verbosity": 0}
    call_command(command, **shared, add_location="file", extensions=["html", "txt", "py"])
    call_command(command, **shared, add_location="file", domain="djangojs", extensions=["js"])


def compile_catalog(source: Path, target: Path) -> None:
    """Raise CommandError if a translation has other placeholders or another form than its text."""
    _run("msgfmt", "--check", "-o", str(target), str(source))


def statistics(path: Path) -> str:
    return _run("msgfmt", "--statistics", "-o", "/dev/null", str(path)).strip()


def _run(*command: str) -> str:
    environment = os.environ | {"LC_ALL": "C"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    except FileNotFoundError as error:
        raise CommandError(f"{command[0]} is not installed. On Debian: apt-get install gettext") from error
    if done.returncode:
        raise CommandError(f"{command[0]} failed: {done.stderr}")
    return done.stderr
