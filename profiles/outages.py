"""Outages: a part that the site can't work without is down, or refuses to work.

An outage is nobody's mistake who asks: people and programs get 503 with a sentence that names the part, and a job is
tried again without counting the attempt. Only errors that say "not now" count; a wrong statement stays a bug.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, OperationalError, transaction

from profiles.errors import ExpectedError, Kind
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop, join_sentences

DATABASE = Kind("database-unavailable", gettext_noop("The database can't be used at the moment"), 503, permanent=False)
CACHE = Kind("temporarily-unavailable", gettext_noop("A part of this site is down"), 503, permanent=False)
# Nobody knows whether a commit whose answer was lost took place, so people aren't told that it didn't.
_ADVICE = _("If you changed something, it may not be saved. Please try again in a minute.")
_SILENT = _("Our database does not respond.")
_FULL = _("Our database has no space left.")
_READ_ONLY = _("Our database accepts no changes at the moment.")
_BUSY = _("Our database is too busy to answer.")
_CACHE_DOWN = _("A part of this site, its cache, does not respond.")
#: What PostgreSQL's error codes mean, by the whole code or by its class (PostgreSQL's documentation, appendix A).
_BY_SQLSTATE: dict[str, str] = {
    "53100": _FULL,
    "53300": _BUSY,  # too many connections
    "25006": _READ_ONLY,
    "57014": _BUSY,  # a statement was canceled, by its time-out
    "08": _SILENT,
    "28": _SILENT,  # the role or its password is refused
    "40": _BUSY,  # deadlock or serialization failure
    "53": _BUSY,
    "55": _BUSY,  # a lock that was not to be had in time
    "57": _SILENT,  # shutting down or starting
    "58": _SILENT,  # input or output failed
}
_BY_SQLITE_CODE: dict[int, str] = {
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_NOMEM: _BUSY,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: _SILENT,
    sqlite3.SQLITE_CANTOPEN: _SILENT,
    sqlite3.SQLITE_PROTOCOL: _SILENT,
}
# Seconds between two tries to write what must be written once the database is back.
_PAUSE = 1.0
try:
    from redis import exceptions as redis
except ModuleNotFoundError:  # a project with another cache; its errors are mostly OSError
    CACHE_ERRORS: tuple[type[Exception], ...] = (OSError,)
    _CACHE_IS_DOWN: tuple[type[Exception], ...] = ()
else:
    CACHE_ERRORS = (redis.RedisError, OSError)
    _CACHE_IS_DOWN = (redis.ConnectionError, redis.TimeoutError, redis.OutOfMemoryError, redis.ReadOnlyError)


class Outage(ExpectedError):
    """A part of the site is down. `detail`, its text, is for operators and their log.

    `reason` is a sentence for people, and `advice` what those who asked may do. `permanent` only if the part answers
    and no longer has what was stored.
    """

    def __init__(self, detail: str, reason: str, kind: Kind | None = None, *, advice: str = _ADVICE) -> None:
        super().__init__(join_sentences(reason, advice), kind)
        self.detail, self.reason = detail, reason

    def __str__(self) -> str:
        return self.detail


def outage_of(error: BaseException | None) -> Outage | None:
    """Return the outage that `error` is or comes from. None if it is anything else."""
    if isinstance(error, Outage):
        return error
    if isinstance(error, DatabaseError | InterfaceError):
        reason = _database_reason(error)
        return Outage(_describe("database", error), reason, DATABASE) if reason else None
    if isinstance(error, _CACHE_IS_DOWN):
        return Outage(_describe("cache", error), _CACHE_DOWN, CACHE)
    return None


def write_through_outage(write: Callable[[], object], seconds: float) -> None:
    """Call `write` until the database takes it, for at most `seconds`; then raise its last error.

    A worker can do nothing else meanwhile. Within a transaction the first error is raised: the transaction is lost.
    """
    ends_at = time.monotonic() + seconds
    while True:
        try:
            write()
        except DatabaseError as error:
            connection = transaction.get_connection()
            if connection.in_atomic_block or time.monotonic() > ends_at or outage_of(error) is None:
                raise
            connection.close()
            time.sleep(_PAUSE)
        else:
            return


def _database_reason(error: Exception) -> str:
    cause = error.__cause__
    if sqlstate := getattr(cause, "sqlstate", None):
        return _BY_SQLSTATE.get(sqlstate) or _BY_SQLSTATE.get(sqlstate[:2], "")
    if isinstance(cause, sqlite3.Error):
        return _BY_SQLITE_CODE.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF, "")
    return _SILENT if isinstance(error, OperationalError | InterfaceError) else ""


def _describe(part: str, error: Exception) -> str:
    """Name the part and the kind of error, not its text, which may quote a statement and its values."""
    code = getattr(error.__cause__, "sqlstate", None)
    return f"The {part} can't be used ({type(error).__name__}{f', {code}' if code else ''})."
