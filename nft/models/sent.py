"""Tokens that left people's accounts."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from nft.fields import AddressField, Uint256Field


class SentToken(models.Model):
    """The last transfer of a token out of a person's accounts, as its log says; deleted if the token comes back."""

    # No index of its own: "sent_token_once_per_person" begins with it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="nft_sent_tokens", db_index=False
    )
    chain_id = models.PositiveBigIntegerField()
    contract = AddressField()
    token_id = Uint256Field()
    recipient = AddressField()
    tx_hash = models.CharField(max_length=66)
    block_number = models.PositiveBigIntegerField()
    is_confirmed = models.BooleanField(
        default=False, help_text=gettext_lazy("Its block is confirmed: no reorg replaces it.")
    )
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["-seen_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "chain_id", "contract", "token_id"], name="sent_token_once_per_person"
            )
        ]
        indexes = [
            models.Index(
                fields=["chain_id", "block_number"], condition=Q(is_confirmed=False), name="sent_token_unconfirmed"
            )
        ]

    def __str__(self) -> str:
        return f"#{self.token_id}"
