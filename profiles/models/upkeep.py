"""Parts of the object store, as the janitor walks through them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy

from profiles.leases import Leased, Policy


class StoreShard(Leased):
    """The objects of one folder whose hash begins with `prefix`, and how far the janitor is."""

    # Endless work: after crashes it goes on, and is listed.
    policy = Policy(lease=timedelta(minutes=6), stops=False)

    folder = models.CharField(max_length=10)
    prefix = models.CharField(max_length=2)
    position = models.CharField(
        max_length=100, blank=True, help_text=gettext_lazy("The last key that this walk has checked.")
    )
    begun_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When this walk began; empty between two walks.")
    )
    finished_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When the last whole walk ended.")
    )
    object_count = models.PositiveBigIntegerField(
        default=0, help_text=gettext_lazy("Objects seen by this walk, or by the last one.")
    )
    cpu_seconds = models.FloatField(
        default=0, help_text=gettext_lazy("What this walk took of a worker's processor, or the last one.")
    )

    class Meta(Leased.Meta):
        constraints = [models.UniqueConstraint(fields=["folder", "prefix"], name="store_shard_once")]

    def __str__(self) -> str:
        return f"{self.folder}/{self.prefix}…"
