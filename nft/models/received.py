"""Offers to show tokens that arrived in people's accounts."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

from nft.fields import AddressField, Uint256Field


class ReceivedToken(models.Model):
    """An offer to show a token that was transferred to a person's account, if somebody here had claimed it.

    It is a hint: ownership is verified when the person accepts.
    """

    # No index of its own: "received_token_once_per_person" begins with it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="nft_received_tokens", db_index=False
    )
    chain_id = models.PositiveBigIntegerField()
    contract = AddressField()
    token_id = Uint256Field()
    standard = models.CharField(max_length=8)
    name = models.CharField(max_length=200, blank=True)
    sender = AddressField()
    block_number = models.PositiveBigIntegerField()
    seen_at = models.DateTimeField()
    answered_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When they accepted or declined the offer.")
    )

    class Meta:
        ordering = ["-block_number", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "chain_id", "contract", "token_id"], name="received_token_once_per_person"
            )
        ]

    def __str__(self) -> str:
        return self.name or f"#{self.token_id}"
