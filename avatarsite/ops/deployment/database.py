"""Check PostgreSQL: that the role can enter, and what it finds there."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator

from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from avatarsite.ops.deployment.findings import Finding, ok, unknown, wrong

PART = "database"
AS_POSTGRES = "runuser -u postgres --"
OLDEST_VERSION = 140000
CLOCK_SECONDS = 2.0


def check_database() -> Iterator[Finding]:
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        yield _describe_refusal(str(error))
        return
    if connection.vendor == "postgresql":
        yield _check_version()
        yield from _check_role()
        yield _check_encoding()
        yield _check_connections()
        yield _check_clock()
    else:
        sentence = "SQLite serves one machine with few people. Processes wait for each other's writes."
        yield wrong(PART, sentence, "Set DATABASE_URL='postgresql://…'")
    yield _check_migrations()
    for message in checks.run_checks(tags=[checks.Tags.database], databases=["default"]):
        yield wrong(PART, f"{message.id}: {message.msg}", str(message.hint or ""))


def _describe_refusal(error: str) -> Finding:
    """Return what PostgreSQL's own text means. The text names host, role and database, and no password."""
    role = str(connection.settings_dict["USER"]) or "avatarsite"
    name = str(connection.settings_dict["NAME"])
    sentence = f"The database can't be entered: {error.strip().splitlines()[0][:300]}"
    if "password authentication failed" in error or "no password supplied" in error:
        set_password = shlex.quote(f"\\password {role}")
        mend = f"{AS_POSTGRES} psql -c {set_password}, and write the same into DATABASE_URL"
    elif f'database "{name}" does not exist' in error:
        mend = f"{AS_POSTGRES} createdb --owner {shlex.quote(role)} {shlex.quote(name)}"
    elif "does not exist" in error and "role" in error:
        mend = f"{AS_POSTGRES} createuser --pwprompt {shlex.quote(role)}"
    elif "too many" in error or "remaining connection slots" in error:
        mend = "Raise max_connections; docs/operate/processes.md has the arithmetic"
    else:
        mend = "systemctl start postgresql, and compare DATABASE_URL with `pg_lsclusters`"
    return wrong(PART, sentence, mend)


def _ask(query: str) -> tuple[object, ...]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        row: tuple[object, ...] = cursor.fetchone()
        return row


def _check_version() -> Finding:
    (number,) = _ask("SELECT current_setting('server_version_num')::int")
    if not isinstance(number, int) or number < OLDEST_VERSION:
        return wrong(PART, f"PostgreSQL {number} is older than 14.", "Move to a newer one: pg_upgradecluster")
    return ok(PART, f"PostgreSQL {number // 10000} lets the site in.")


def _check_role() -> Iterator[Finding]:
    role, is_super, may_create = _ask(
        "SELECT current_user, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),"
        " has_schema_privilege(current_user, current_schema(), 'CREATE')"
    )
    name = connection.settings_dict["NAME"]
    if is_super:
        yield wrong(
            PART,
            f"The role {role} is a superuser: whoever takes over the site may do anything to the server.",
            f"{AS_POSTGRES} psql -c 'ALTER ROLE {_quoted(role)} NOSUPERUSER'",
        )
    if not may_create:
        mend = f"{AS_POSTGRES} psql -c 'ALTER DATABASE {_quoted(name)} OWNER TO {_quoted(role)}'"
        yield wrong(PART, f"The role {role} may not create tables, so it can't migrate.", mend)
    if may_create and not is_super:
        yield ok(PART, f"The role {role} may create tables and is no superuser.")


def _check_encoding() -> Finding:
    (encoding,) = _ask("SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()")
    if encoding == "UTF8":
        return ok(PART, "Texts are UTF-8.")
    mend = "Create it anew: createdb --template template0 --encoding UTF8, then restore a dump"
    return wrong(PART, f"The database's encoding is {encoding}: many names can't be stored.", mend)


def _check_connections() -> Finding:
    """Compare what the site's processes may open with what the server and other roles leave."""
    most, reserved, role_limit, others = (
        int(str(value))
        for value in _ask(
            "SELECT current_setting('max_connections'), current_setting('superuser_reserved_connections')::int"
            " + coalesce(current_setting('reserved_connections', true), '0')::int,"
            " (SELECT rolconnlimit FROM pg_roles WHERE rolname = session_user),"
            " (SELECT count(*) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND usename <> session_user)"
        )
    )
    free, wanted = most - reserved - others, settings.DATABASE_CONNECTIONS
    if 0 <= role_limit < wanted:
        role = _quoted(connection.settings_dict["USER"])
        mend = f"{AS_POSTGRES} psql -c 'ALTER ROLE {role} CONNECTION LIMIT -1'"
        return wrong(PART, f"The role may open {role_limit} connections; the site's processes need {wanted}.", mend)
    if free < wanted:
        mend = (
            f"{AS_POSTGRES} psql -c 'ALTER SYSTEM SET max_connections = {wanted + reserved + others + 20}'; "
            "systemctl restart postgresql"
        )
        return wrong(PART, f"{free} of {most} connections are left for the site, which needs {wanted}.", mend)
    return ok(PART, f"{free} of {most} connections are left for the site, which needs {wanted}.")


def _check_clock() -> Finding:
    before = time.time()
    (theirs,) = _ask("SELECT extract(epoch FROM clock_timestamp())::float8")
    apart = float(str(theirs)) - (before + time.time()) / 2
    if abs(apart) <= CLOCK_SECONDS:
        return ok(PART, "Its clock and this machine's agree.")
    sentence = f"The database's clock is {abs(apart):.0f} s {'ahead of' if apart > 0 else 'behind'} this machine's."
    return wrong(PART, sentence, "timedatectl set-ntp true, on both machines")


def _check_migrations() -> Finding:
    try:
        executor = MigrationExecutor(connection)
        left = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return unknown(PART, f"The applied migrations can't be read ({type(error).__name__}).")
    if left:
        return wrong(PART, f"{len(left)} migrations are not applied.", "avatarsite migrate")
    return ok(PART, "All migrations are applied.")


def _quoted(name: object) -> str:
    return '"' + str(name).replace('"', '""') + '"'
