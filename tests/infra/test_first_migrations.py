"""An app's first migration makes each table whole, which takes a third of the time of Django's many small steps."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from avatarsite.management.commands.makemigrations import gather

KEY = ("id", models.BigAutoField(primary_key=True))
OF_PERSON = models.ForeignKey("some.Person", models.CASCADE)
#: As Django writes them: a person has pictures, one of which is shown; a picture leads to its file.
PLAIN = [
    migrations.CreateModel("Person", [KEY]),
    migrations.CreateModel("Picture", [KEY, ("person", OF_PERSON)]),
    migrations.CreateModel("File", [KEY]),
    migrations.AddField("Picture", "file", models.ForeignKey("some.File", models.CASCADE)),
    migrations.AddField("Person", "shown", models.ForeignKey("some.Picture", models.CASCADE)),
    migrations.AddIndex("Picture", models.Index(fields=["person", "file"], name="by_person")),
    migrations.AddConstraint("Picture", models.UniqueConstraint(fields=["file"], name="own_file")),
    migrations.AddIndex("Person", models.Index(fields=["shown"], name="by_shown")),
]


def described(operations: Sequence[Operation]) -> list[str]:
    return [operation.describe() for operation in operations]


def after(operations: Sequence[Operation]) -> ProjectState:
    state = ProjectState()
    for operation in operations:
        operation.state_forwards("some", state)
    return state


def test_columns_indexes_and_constraints_are_made_with_their_table_unless_two_lead_to_each_other() -> None:
    assert described(gather("some", PLAIN)) == [
        "Create model File",
        "Create model Person",
        "Create model Picture",
        "Add field shown to Person",
        "Create index by_shown on field(s) shown of model Person",
    ]


def test_the_tables_are_the_same_as_by_djangos_own_steps() -> None:
    gathered = gather("some", PLAIN)
    assert after(gathered) == after(PLAIN)
    assert described(gather("some", gathered)) == described(gathered)


def test_a_step_of_another_kind_keeps_all_in_djangos_order() -> None:
    steps = [*PLAIN, migrations.RunPython(migrations.RunPython.noop)]
    assert gather("some", steps) == steps


@pytest.mark.parametrize("app", ["profiles", "nft"])
def test_ours_were_written_like_this(app: str) -> None:
    written = MigrationLoader(None).get_migration(app, "0001_initial").operations
    assert described(written) == described(gather(app, written)), "Write it again: manage.py makemigrations"
