"""What the chain said of a claim before."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from nft.models import TokenClaim


class ClaimCheck(models.Model):
    """A line of a claim's history: written when something changed, and once a day while nothing does."""

    class Verdict(models.TextChoices):
        OWNED = "owned", "Yours"
        NOT_OWNED = "not_owned", "Not yours"
        UNKNOWN = "unknown", "Not known"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    claim: models.ForeignKey[TokenClaim, TokenClaim] = models.ForeignKey(
        "nft.TokenClaim", on_delete=models.CASCADE, related_name="checks"
    )
    at = models.DateTimeField(db_index=True)
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    reason = models.CharField(max_length=40, help_text="Stable slug.")
    sentence = models.CharField(max_length=300, blank=True)
    block_number = models.PositiveBigIntegerField(null=True, blank=True)
    block_hash = models.CharField(max_length=66, blank=True)

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["claim", "-at"], name="check_of_claim")]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} {self.at:%Y-%m-%d %H:%M}"
