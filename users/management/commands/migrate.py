"""`manage.py migrate`, which gives up a lock that it does not get at once, and tries again."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as Migrate
from django.db import OperationalError, connections

# Attempts, and seconds between them: long enough for a slow page, a sweep page or a dump's turn to end.
ATTEMPTS, PAUSE = 30, 2.0
# PostgreSQL's lock_not_available.
NO_LOCK = "55P03"


class Command(Migrate):
    help = (
        "Apply migrations. On PostgreSQL a statement that waits for a lock for MIGRATE_LOCK_MILLISECONDS is given up, "
        "as all others would queue behind it; then the migration is tried again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--lock-attempts", type=int, default=ATTEMPTS, help=f"attempts in all ({ATTEMPTS})")

    def handle(self, *arguments: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        if connection.vendor != "postgresql":
            super().handle(*arguments, **options)
            return
        attempts = options["lock_attempts"]
        for attempt in range(1, attempts + 1):
            _limit_waits(connection, settings.MIGRATE_LOCK_MILLISECONDS)
            try:
                super().handle(*arguments, **options)
            except OperationalError as error:
                if getattr(error.__cause__, "sqlstate", None) != NO_LOCK:
                    raise
                if attempt == attempts:
                    raise CommandError(
                        f"A table was locked in each of {attempts} attempts. What was migrated before stays. Find who "
                        "holds the lock (pg_stat_activity), and run the command again."
                    ) from error
                self.stderr.write(f"A table is locked; trying again in {PAUSE:g} s ({attempt} of {attempts}).")
                time.sleep(PAUSE)
            else:
                return
            finally:
                if not connection.in_atomic_block:
                    connection.close()  # the limits are this command's alone


def _limit_waits(connection: Any, milliseconds: int) -> None:
    """Limit waits for locks in this session, and lift the limit on statements: building an index takes long."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [str(milliseconds)])
        cursor.execute("SET statement_timeout = 0")
