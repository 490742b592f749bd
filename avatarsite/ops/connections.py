"""PostgreSQL's connections: how many are used and allowed, and whether all processes together may open too many."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import connection

# Of all databases of the server, which share its limit. Superusers may use the reserved ones only.
_COUNT = """
SELECT (SELECT sum(numbackends) FROM pg_stat_database),
       (SELECT sum(setting::int) FILTER (WHERE name = 'max_connections')
             - sum(setting::int) FILTER (WHERE name <> 'max_connections')
        FROM pg_settings
        WHERE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections')),
       (SELECT min(own) FROM (
            SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user
            UNION ALL SELECT datconnlimit FROM pg_database WHERE datname = current_database()
        ) AS limits(own) WHERE own >= 0)
"""


@dataclass(frozen=True)
class Connections:
    """Connections to the whole server, `allowed` to all who are no superusers.

    `own_limit` is the lower limit of our role and our database, None if they have none.
    """

    used: int
    allowed: int
    own_limit: int | None

    @property
    def for_us(self) -> int:
        """The most that the site could get, if nobody else used the server."""
        return self.allowed if self.own_limit is None else min(self.allowed, self.own_limit)


def read_connections() -> Connections | None:
    """Return the connections of the database's server; None on SQLite, which has no server. Raises DatabaseError."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute(_COUNT)
        used, allowed, own_limit = cursor.fetchone()
    return Connections(int(used), int(allowed), own_limit)


def connections_problem(found: Connections | None) -> str | None:
    """Return a sentence for the operator if the site's processes may open more connections than there are.

    DATABASE_CONNECTIONS says how many they may open; docs/operate/processes.md has the sum.
    """
    wanted = settings.DATABASE_CONNECTIONS
    if found is None or wanted <= found.for_us:
        return None
    return (
        f"The site's processes may open {wanted} connections (DATABASE_CONNECTIONS), and PostgreSQL allows "
        f"{found.for_us}. Raise max_connections in postgresql.conf and restart PostgreSQL, or the connection limit of "
        "the role or the database (ALTER ROLE … CONNECTION LIMIT), or run fewer processes."
    )
