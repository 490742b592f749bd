"""Migration operations that block nobody on PostgreSQL; elsewhere they are Django's plain ones.

The migration needs `atomic = False`: an index is built concurrently outside of a transaction only.
"""

from __future__ import annotations

from typing import Any

from django.db.migrations.operations import AddConstraint, AddIndex


class AddIndexConcurrently(AddIndex):
    """Add an index while rows are read and written. What a failed run left of it is removed first."""

    atomic = False

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        from django.contrib.postgres.operations import AddIndexConcurrently as Concurrently

        # It waits for older transactions, but nobody waits for it.
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            before = cursor.fetchone()[0]
        schema_editor.execute("SET lock_timeout = 0")
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.index.name)}")
        operation = Concurrently(self.model_name, self.index)
        operation.database_forwards(app_label, schema_editor, from_state, to_state)
        schema_editor.execute(f"SET lock_timeout = '{before}'")


class AddConstraintInSteps(AddConstraint):
    """Add a check constraint for new rows at once, and then look whether the old rows satisfy it, without a lock."""

    atomic = False

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint

        for operation in (
            AddConstraintNotValid(self.model_name, self.constraint),
            ValidateConstraint(self.model_name, self.constraint.name),
        ):
            operation.database_forwards(app_label, schema_editor, from_state, to_state)
