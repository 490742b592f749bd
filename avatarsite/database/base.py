"""Django looks for a backend's `DatabaseWrapper` in a module of this name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from threading import local
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db.backends.postgresql import base, operations

from avatarsite.database.waiting import PatientConnection, silence

#: Values of one statement (PostgreSQL's protocol, message "Bind").
MOST_VALUES = 65_535


class _Thread(local):
    """What goes away with a thread: the closers of its connections, by their wrappers.

    An alias can have several in one thread, for `copy()` makes another with a connection of its own.
    """

    def __init__(self) -> None:
        self.closers: WeakKeyDictionary[DatabaseWrapper, _CloseAtEnd] = WeakKeyDictionary()


_thread = _Thread()


class _CloseAtEnd:
    """Closes a connection when its thread ends.

    Django's wrapper is part of a circle of references. Without this, the connections of threads that ended would stay
    open until Python's garbage collector happens to run.
    """

    def __init__(self, connection: PatientConnection) -> None:
        self._connection, self._process = connection, os.getpid()

    def __del__(self) -> None:
        if os.getpid() == self._process:  # a forked child must not end its parent's connection
            self._connection.close()


def _driver() -> ModuleType:
    """Return what Django takes for the module psycopg. It opens patient connections."""
    driver = ModuleType(psycopg.__name__)
    vars(driver).update(vars(psycopg), connect=PatientConnection.connect)
    return driver


class DatabaseOperations(operations.DatabaseOperations):
    """Django's own, which does not know that values bound by the server are numbered by 16 bits."""

    def bulk_batch_size(self, fields: Sequence[object], objs: Sequence[object]) -> int:
        return max(1, MOST_VALUES // len(fields)) if fields else len(objs)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, with one more option: `patience`, in seconds, is how long a thread waits for a reply."""

    Database = _driver()
    ops_class = DatabaseOperations

    def get_connection_params(self) -> dict[str, Any]:
        parameters: dict[str, Any] = super().get_connection_params()
        parameters.pop("patience", None)
        return parameters

    def get_new_connection(self, conn_params: dict[str, Any]) -> PatientConnection:
        patience: float | None = self.settings_dict["OPTIONS"].get("patience")
        if patience is not None:
            silence.check(patience)
        try:
            connection: PatientConnection = super().get_new_connection(conn_params)
        except psycopg.errors.ConnectionTimeout:
            silence.begin()
            raise
        except psycopg.Error:
            silence.end()
            raise
        silence.end()
        connection.patience = patience
        _thread.closers[self] = _CloseAtEnd(connection)
        return connection
