"""The time that background jobs record: this machine's clock, or the database's where the two differ.

Workers on several machines write times that the others compare. The database is what they share, so its clock decides.
"""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta

from django.db import DatabaseError, connection
from django.utils import timezone

log = logging.getLogger(__name__)

#: Seconds between two comparisons.
CHECK_EVERY = 60.0
#: Seconds by which the clocks may differ: the comparison itself is not exact.
TOLERATED = 20.0


class _Known:
    skew = 0.0  # seconds that the database's clock is ahead; 0 if tolerated
    check_at = 0.0  # time.monotonic()


def now() -> datetime:
    """Return the present time. Asks the database at most once in CHECK_EVERY."""
    if time.monotonic() >= _Known.check_at:
        _Known.check_at = time.monotonic() + CHECK_EVERY
        _compare()
    return timezone.now() + timedelta(seconds=_Known.skew)


def get_skew() -> float:
    """Return by how many seconds the database's clock was ahead of ours when last compared; 0 if tolerated."""
    return _Known.skew


def measure_skew() -> float:
    """Return by how many seconds the database's clock is ahead of ours. Raise DatabaseError."""
    if connection.vendor != "postgresql":
        return 0.0  # the database is this process
    before = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        theirs: datetime = cursor.fetchone()[0]
    ours = before + (timezone.now() - before) / 2
    return (theirs.astimezone(UTC) - ours).total_seconds()


def _compare() -> None:
    try:
        skew = measure_skew()
    except DatabaseError:
        return  # the job itself fails, too
    _Known.skew = skew if abs(skew) > TOLERATED else 0.0
    if _Known.skew:
        log.error("This machine's clock differs from the database's by %.0f s. Jobs use the database's.", skew)
