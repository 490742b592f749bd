"""Data that an earlier, unreleased version left behind is noticed before anything touches it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from localstack.binaries import ROOT
from localstack.prepare import EARLIER_DATA, has_earlier_data


@pytest.mark.django_db
def test_a_migration_of_ours_whose_file_is_gone_tells_earlier_data() -> None:
    assert not has_earlier_data()
    MigrationRecorder(connection).record_applied("account", "0999_of_a_later_package")
    assert not has_earlier_data()
    MigrationRecorder(connection).record_applied("profiles", "0005_gone")
    assert has_earlier_data()


def test_the_stack_stops_with_what_to_do(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as database:
        database.execute(
            "CREATE TABLE django_migrations "
            "(id integer PRIMARY KEY, app varchar(255), name varchar(255), applied datetime)"
        )
        rows = [("nft", name, "2026-01-02 03:04:05") for name in ("0001_initial", "0017_gone")]
        database.executemany("INSERT INTO django_migrations (app, name, applied) VALUES (?, ?, ?)", rows)
        database.commit()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "S3_"))},
        "LOCAL_STACK": "1",
        "DATA_DIR": str(tmp_path),
    }
    command = [sys.executable, "-m", "localstack.prepare"]
    ended = subprocess.run(command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == EARLIER_DATA
    with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as database:
        assert [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")] == [
            "django_migrations"
        ]
