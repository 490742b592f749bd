"""Execute one statement again and again, for a third of the time that Django's cursor takes.

PostgreSQL plans it once per connection. It is still Django's connection: opened, checked and closed by it, and the
errors are Django's. Where queries are logged (debugging, tests), Django's cursor executes and logs it.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from threading import local
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

# Values as database drivers take them.
Parameters = tuple[bool | int | float | str | bytes | UUID | datetime | None, ...]
_kept = local()  # the cursor of this thread's PostgreSQL connection


def fetch_one(connection: BaseDatabaseWrapper, text: str, parameters: Parameters) -> tuple[Any, ...] | None:
    """Return the first row. Raise django.db.Error."""
    if connection.queries_logged or connection.vendor not in _FETCH:
        with connection.cursor() as cursor:
            cursor.execute(text, parameters)
            row: tuple[Any, ...] | None = cursor.fetchone()
            return row
    connection.close_if_health_check_failed()
    if connection.connection is None:
        connection.ensure_connection()
    with connection.wrap_database_errors:
        return _FETCH[connection.vendor](connection.connection, text, parameters)


def _fetch_from_postgres(connection: Any, text: str, parameters: Parameters) -> tuple[Any, ...] | None:
    cursor = getattr(_kept, "cursor", None)
    if cursor is None or cursor.connection is not connection:
        from psycopg import Cursor

        cursor = _kept.cursor = Cursor(connection)
    row: tuple[Any, ...] | None = cursor.execute(text, parameters, prepare=True).fetchone()
    return row


def _fetch_from_sqlite(connection: Any, text: str, parameters: Parameters) -> tuple[Any, ...] | None:
    row: tuple[Any, ...] | None = connection.execute(_with_question_marks(text), parameters).fetchone()
    return row


@lru_cache(maxsize=64)
def _with_question_marks(text: str) -> str:
    return text.replace("%s", "?")


_FETCH = {"postgresql": _fetch_from_postgres, "sqlite": _fetch_from_sqlite}
