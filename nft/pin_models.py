"""Which outside pinner holds which of our files."""

from __future__ import annotations

from django.db import models


class PinnedCopy(models.Model):
    """One file at one pinner of NFT_PINNERS, known by its name there."""

    class State(models.TextChoices):
        WAITING = "waiting", "Not there yet"
        PINNED = "pinned", "Held"
        REFUSED = "refused", "Refused"

    object = models.ForeignKey("nft.CachedObject", on_delete=models.CASCADE, related_name="copies")
    pinner = models.CharField(max_length=40)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    reference = models.CharField(max_length=255, blank=True, help_text="What the pinner calls our order.")
    reason = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveIntegerField(default=0, help_text="Tries since it last was held.")
    held_at = models.DateTimeField(null=True, blank=True, help_text="When the pinner last said that it holds the file.")
    next_check_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["object", "pinner"], name="copy_once_per_pinner")]

    def __str__(self) -> str:
        return f"{self.pinner}: {self.state}"
