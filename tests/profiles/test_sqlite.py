"""On SQLite, people and jobs write at the same time. With the options that our check names, they wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.db import OperationalError, connections, router, transaction

from localstack.binaries import ROOT
from profiles import project_checks

GUIDE = (ROOT / "docs/extend/django.md").read_text("utf-8")
ADVISED = project_checks.SQLITE_OPTIONS
CLUB = "club"


@pytest.fixture
def club(tmp_path: Path, django_db_blocker: Any) -> Callable[[dict[str, object]], AbstractContextManager[None]]:
    """Offer a project's database with the options that are given. Each thread has a connection of its own."""

    @contextmanager
    def with_options(options: dict[str, object]) -> Iterator[None]:
        database = {"ENGINE": "django.db.backends.sqlite3", "NAME": tmp_path / "db.sqlite3", "OPTIONS": options}
        complete = connections.configure_settings({"default": {}, CLUB: database})[CLUB]
        with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
            patch.setitem(connections.settings, CLUB, complete)
            yield
            connections[CLUB].close()
            del connections[CLUB]

    return with_options


def test_two_who_read_and_then_write_both_succeed(club: Any) -> None:
    with club(ADVISED):
        assert count_with(2) == 2


def test_as_django_configures_it_the_second_is_refused(club: Any) -> None:
    with club({"timeout": 1}), pytest.raises(OperationalError, match="locked"):
        count_with(2)


@pytest.mark.parametrize(("options", "found"), [({}, ["profiles.W006"]), (ADVISED, [])])
def test_the_check_names_what_is_missing(
    club: Any, monkeypatch: pytest.MonkeyPatch, options: dict[str, object], found: list[str]
) -> None:
    monkeypatch.setattr(router, "db_for_write", lambda model: CLUB)
    with club(options):
        assert [message.id for message in project_checks.check_sqlite(None)] == found


def test_the_guide_names_the_same_options() -> None:
    assert all(f'"{name}": {value!r}'.replace("'", '"') in GUIDE for name, value in ADVISED.items())


def count_with(writers: int) -> int:
    """Let so many threads add 1 to a number that they have read; all at the same moment, where the database lets them.

    Return the number.
    """
    with connections[CLUB].cursor() as cursor:
        cursor.execute("CREATE TABLE numbers AS SELECT 0 AS number")
    together = Barrier(writers, timeout=0.5)

    def count(_: int) -> None:
        try:
            with transaction.atomic(using=CLUB), connections[CLUB].cursor() as cursor:
                cursor.execute("SELECT number FROM numbers")
                ((number,),) = cursor.fetchall()
                with suppress(BrokenBarrierError):
                    together.wait()
                cursor.execute("UPDATE numbers SET number = %s", [number + 1])
        finally:
            connections[CLUB].close()

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(count, range(writers)))
    with connections[CLUB].cursor() as cursor:
        cursor.execute("SELECT number FROM numbers")
        return int(cursor.fetchone()[0])
