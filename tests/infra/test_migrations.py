"""A migration after the first blocks nobody for long on tables of any size: its SQL is read by squawk, a linter.

To prove that the check can fail, sample migrations of each kind that blocks are checked, too.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.core.management.commands.migrate import Command as Migrate
from django.db import connection, migrations, models, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.models import Q

from profiles.schema import AddConstraintInSteps, AddIndexConcurrently
from tests.nft.accounts.test_unlink_races import Aside
from users.management.commands import migrate

OURS = ("profiles", "nft", "users")
SQUAWK = Path(sys.executable).parent / "squawk"
# Matters of taste, and what `manage.py migrate` sets for every migration. Whether the release before still uses a
# dropped column can't be read in SQL: see CONTRIBUTING.md.
TASTE = ("prefer-robust-stmts", "prefer-bigint-over-int", "prefer-identity", "prefer-text-field")
NOT_READ = (*TASTE, "require-lock-timeout", "require-statement-timeout", "ban-drop-column", "ban-drop-table")
PYTHON_STEP = "python-step"
INDEX = models.Index(fields=["bio"], name="person_by_bio")


pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _postgres() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite locks the whole database for each writer.")


def find_problems(migration: migrations.Migration, loader: MigrationLoader) -> list[str]:
    """Return the rules that the migration's SQL breaks."""
    state = loader.project_state([(app, name) for app, name in migration.dependencies if not app.startswith("__")])
    with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
        migration.apply(state, editor, collect_sql=True)
    sql = "\n".join(editor.collected_sql)
    steps = [PYTHON_STEP] if "CANNOT BE WRITTEN AS SQL" in sql else []
    options = ["--exclude", ",".join(NOT_READ), "--pg-version", "15", "--reporter", "json"]
    options += ["--assume-in-transaction"] if migration.atomic else []
    done = subprocess.run([str(SQUAWK), *options], input=sql, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout, done.stderr
    return steps + sorted({found["rule_name"] for found in json.loads(done.stdout)})


@pytest.mark.django_db(transaction=True)  # some are not atomic
def test_no_new_migration_blocks_anybody() -> None:
    loader = MigrationLoader(connection)
    later = [
        migration for (app, name), migration in loader.disk_migrations.items() if app in OURS and name != "0001_initial"
    ]
    found = {str(migration): find_problems(migration, loader) for migration in later}
    assert not any(found.values()), found


def sample(operations: Sequence[Operation], *, atomic: bool = True) -> migrations.Migration:
    facts = {"operations": list(operations), "atomic": atomic, "dependencies": [("profiles", "0001_initial")]}
    kind = type("Migration", (migrations.Migration,), facts)
    made: migrations.Migration = kind("0002_sample", "profiles")
    return made


def column(**options: Any) -> migrations.AddField:
    return migrations.AddField("profile", "height", models.IntegerField(**options))


CHECK = models.CheckConstraint(condition=~Q(bio="x"), name="bio_is_not_x")
BLOCKING: dict[str, tuple[Operation, str]] = {
    "index": (migrations.AddIndex("profile", INDEX), "require-concurrent-index-creation"),
    "rewrite": (
        migrations.AlterField("profile", "avatar_version", models.BigIntegerField(default=0)),
        "changing-column-type",
    ),
    "not null": (
        migrations.AlterField("profile", "avatar", models.ForeignKey("profiles.Avatar", models.CASCADE)),
        "adding-not-nullable-field",
    ),
    "default of Python": (column(default=3), "ban-drop-default"),
    "check": (migrations.AddConstraint("profile", CHECK), "constraint-missing-not-valid"),
    "unique": (
        migrations.AddConstraint("profile", models.UniqueConstraint(fields=["bio"], name="bio_once")),
        "disallowed-unique-constraint",
    ),
    "foreign key": (
        migrations.AddField("profile", "friend", models.ForeignKey("profiles.Profile", models.CASCADE, null=True)),
        "adding-foreign-key-constraint",
    ),
    "rename": (migrations.RenameField("profile", "bio", "about"), "renaming-column"),
    "rows": (migrations.RunPython(migrations.RunPython.noop), PYTHON_STEP),
}


@pytest.mark.parametrize("kind", BLOCKING)
def test_a_migration_that_blocks_is_refused(kind: str) -> None:
    operation, rule = BLOCKING[kind]
    assert rule in find_problems(sample([operation]), MigrationLoader(connection))


SAFE: dict[str, migrations.Migration] = {
    "empty column": sample([column(null=True)]),
    "column with a default of the database": sample([column(db_default=3)]),
    "concurrent index": sample([AddIndexConcurrently("profile", INDEX)], atomic=False),
    "check in steps": sample([AddConstraintInSteps("profile", CHECK)], atomic=False),
    "new table with an index": sample(
        [
            migrations.CreateModel(
                "Thing", [("id", models.BigAutoField(primary_key=True)), ("at", models.IntegerField())]
            ),
            migrations.AddIndex("thing", models.Index(fields=["at"], name="thing_at")),
        ]
    ),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", SAFE)
def test_a_migration_that_blocks_nobody_is_accepted(kind: str) -> None:
    assert find_problems(SAFE[kind], MigrationLoader(connection)) == []


@pytest.mark.django_db(transaction=True)
def test_both_operations_work_and_an_index_left_by_a_failed_run_is_replaced() -> None:
    loader = MigrationLoader(connection)
    before = loader.project_state([("profiles", "0001_initial")])
    for operation in (AddIndexConcurrently("profile", INDEX), AddConstraintInSteps("profile", CHECK)):
        after = before.clone()
        operation.state_forwards("profiles", after)
        for _ in range(2 if isinstance(operation, AddIndexConcurrently) else 1):
            with connection.schema_editor(atomic=False) as editor:
                operation.database_forwards("profiles", editor, before, after)
        with connection.cursor() as cursor:
            found = connection.introspection.get_constraints(cursor, "profiles_profile")
        assert {"person_by_bio": INDEX, "bio_is_not_x": CHECK}.keys() & found.keys()
        with connection.schema_editor(atomic=False) as editor:
            operation.database_backwards("profiles", editor, after, before)


@pytest.mark.django_db(transaction=True)
def test_a_migration_that_gets_no_lock_gives_way_and_tries_again(
    monkeypatch: pytest.MonkeyPatch, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """While a page is being served, a migration that waits for its table must not stop all other pages."""
    settings.MIGRATE_LOCK_MILLISECONDS = 50
    monkeypatch.setattr(migrate, "PAUSE", 0.05)

    def alter(*_: object, **__: object) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("ALTER TABLE profiles_profile ADD COLUMN height integer")
            transaction.set_rollback(True)

    monkeypatch.setattr(Migrate, "handle", alter)
    aside = Aside()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM profiles_profile")
        aside.begin(lambda: call_command("migrate", lock_attempts=2))
        with pytest.raises(CommandError, match="locked in each of 2 attempts"):
            aside.end()
    assert "trying again" in capsys.readouterr().err
    call_command("migrate", lock_attempts=1)
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)
