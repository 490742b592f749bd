from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pytest_django import Settings

if TYPE_CHECKING:  # conftest files are read before Django is set up
    from profiles.models import Avatar


class Imported:
    """What a run of the command said."""

    def __init__(self, code: int, out: str, err: str, lines: list[dict[str, str]]) -> None:
        self.code, self.out, self.err, self.lines = code, out, err, lines

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(line["outcome"] for line in self.lines))

    def outcome(self, key: str) -> str:
        return next(line["outcome"] for line in self.lines if line["key"] == key)

    def reason(self, key: str) -> str:
        return next(line["reason"] for line in self.lines if line["key"] == key)


ImportAvatars = Callable[..., Imported]


@pytest.fixture
def import_avatars(tmp_path: Path) -> ImportAvatars:
    """Run the command, in this thread unless `workers` says otherwise. Its journal is one file of the test."""
    from django.core.management import call_command

    def run(source: str, argument: object = "", *flags: str, **options: Any) -> Imported:
        out, err, report = StringIO(), StringIO(), tmp_path / "report.jsonl"
        report.unlink(missing_ok=True)
        given = {"workers": 1, "journal": tmp_path / "journal", "report": report, "patience": 0.2, "pause": 0.0}
        code = 0
        try:
            call_command(
                "import_avatars", str(argument), *flags, source=source, stdout=out, stderr=err, **(given | options)
            )
        except SystemExit as end:
            code = int(str(end.code))
        lines = [json.loads(line) for line in report.read_text("utf-8").splitlines()] if report.exists() else []
        return Imported(code, out.getvalue(), err.getvalue(), lines)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "pictures"
    made.mkdir()
    return made


@pytest.fixture(autouse=True)
def _no_addresses(settings: Settings) -> None:
    """As in a project that says nothing of e-mail addresses; tests of addresses set it."""
    settings.AVATAR_VERIFIED_ADDRESSES = ""


def history(profile: Any) -> list[Avatar]:
    """Return the person's pictures, the one in use first."""
    profile.refresh_from_db()
    return list(profile.avatars.order_by("-chosen_at"))
