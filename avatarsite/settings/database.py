"""The database, and how long each kind of process waits for it."""

from __future__ import annotations

from typing import Any

import dj_database_url

from avatarsite import process
from avatarsite.settings import env
from avatarsite.settings.site import DATA_DIR, LOCAL_STACK

DATABASE_URL = env.text("DATABASE_URL", f"sqlite:///{DATA_DIR / 'db.sqlite3'}" if LOCAL_STACK else None)
WEB_SECONDS = env.integer("DATABASE_WEB_SECONDS", 4, low=2, high=60)
WORKER_SECONDS = env.integer("DATABASE_WORKER_SECONDS", 100, low=2, high=3600)
# How many connections all processes together may open, with the units as they are shipped (docs/operate/processes.md).
DATABASE_CONNECTIONS = env.integer("DATABASE_CONNECTIONS", 40, low=1)

_SQLITE: dict[str, Any] = {
    # Readers never wait for the writer, and a writer takes its lock at once instead of failing half way.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
}
# For libpq: a server that vanished without closing its connections is noticed within half a minute.
_POSTGRES: dict[str, Any] = {
    # Values travel apart from the statement, so PostgreSQL's log of a failed one has no sign-in text or address in it.
    "server_side_binding": True,
    # A connection plans a statement once that it executes again and again.
    "prepare_threshold": 5,
    "connect_timeout": 10,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 30_000,
}


def read_database() -> dict[str, Any]:
    """Return DATABASES["default"] for this kind of process."""
    found: dict[str, Any] = dict(dj_database_url.parse(DATABASE_URL, conn_max_age=60, conn_health_checks=True))
    given: dict[str, Any] = found.get("OPTIONS", {})
    if found["ENGINE"].endswith("sqlite3"):
        found["OPTIONS"] = _SQLITE
    elif found["ENGINE"].endswith("postgresql"):
        found["ENGINE"] = "avatarsite.database"
        ours = _POSTGRES | _limits()
        # Those of the address come last, and so win.
        both = [options["options"] for options in (ours, given) if "options" in options]
        found["OPTIONS"] = ours | given | ({"options": " ".join(both)} if both else {})
    return found


def _limits() -> dict[str, Any]:
    """Return the time limits of this kind of process, as options of a connection.

    Commands of operators have none: migrations take as long as they need. PostgreSQL itself ends a statement of web
    half a second before the thread would stop waiting for it: its connection stays usable then.
    """
    if process.kind == "web":
        longest = WEB_SECONDS * 1000 - 500
        options = _server_options(statement=longest, lock=longest, idle=60_000)
        return {"connect_timeout": 2, "patience": float(WEB_SECONDS), "options": options}
    if process.kind == "worker":
        longest = WORKER_SECONDS * 1000
        return {"options": _server_options(statement=longest, lock=min(longest, 30_000), idle=longest + 60_000)}
    return {}


def _server_options(*, statement: int, lock: int, idle: int) -> str:
    """Return settings of the session, in milliseconds. `idle` limits a transaction in which nothing happens."""
    limits = {"statement_timeout": statement, "lock_timeout": lock, "idle_in_transaction_session_timeout": idle}
    return " ".join(f"-c {name}={value}" for name, value in limits.items())


DATABASES = {"default": read_database()}
