"""Looks at whether the picture behind a claimed token has changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q


class PictureCheck(models.Model):
    """The last look at one claim's metadata and image. A new picture waits here for its person's word."""

    class State(models.TextChoices):
        LOOKING = "looking", "Looking"
        SAME = "same", "The same picture"
        CHANGED = "changed", "Another picture, not approved yet"
        KEPT = "kept", "Another picture; the person keeps the old one"
        FAILED = "failed", "It could not be fetched"

    claim = models.OneToOneField(
        "nft.TokenClaim", on_delete=models.CASCADE, primary_key=True, related_name="picture_check"
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.LOOKING)
    image = models.ForeignKey("profiles.StoredImage", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    receipt: models.JSONField[Any, Any] = models.JSONField(
        null=True, blank=True, help_text="Of the new picture, without the block."
    )
    kept_over = models.CharField(max_length=64, blank=True, help_text="sha256 of the picture the person did not want.")
    trouble = models.CharField(max_length=300, blank=True)
    due_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True, blank=True)
    attempt = models.UUIDField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    finished_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="picture_check_due")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="changed", image__isnull=False, receipt__isnull=False)
                | (~Q(state="changed") & Q(image__isnull=True)),
                name="changed_has_its_picture",
            ),
        ]

    def __str__(self) -> str:
        return self.get_state_display()
