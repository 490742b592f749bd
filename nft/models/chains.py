"""The cursor of each chain's watcher."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import models

from profiles.leases import Leased, Policy

# When a chain without a watcher is due: long ago, so that it is due by any worker's clock.
ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)


class WatchedChain(Leased):
    """The cursor and the lease of a chain's watcher. The row is always due, and attempts never stop."""

    policy = Policy(lease=timedelta(seconds=90), stops=False)

    due_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, default=ALWAYS, help_text="The end of the lease; long ago while no watcher is at work."
    )
    chain_id = models.PositiveBigIntegerField(primary_key=True)
    next_block = models.PositiveBigIntegerField(help_text="The first block whose logs were not read yet.")
    trail: models.JSONField[list[tuple[int, str]], list[tuple[int, str]]] = models.JSONField(
        default=list,
        blank=True,
        help_text="Blocks already read, oldest first: [number, hash]. A reorg is seen by them.",
    )
    span = models.PositiveIntegerField(default=100, help_text="So many blocks the node last answered for at once.")
    head_block = models.PositiveBigIntegerField(default=0, help_text="The newest block when it was last looked at.")
    head_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True, help_text="When it was last looked at."
    )
    alarm = models.CharField(
        max_length=200, blank=True, help_text="The last time a node lied, was stuck or served another chain."
    )
    alarm_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Chain {self.chain_id}"

    @property
    def blocks_behind(self) -> int:
        """Return how many blocks the watcher has still to read."""
        return max(0, self.head_block + 1 - self.next_block)
