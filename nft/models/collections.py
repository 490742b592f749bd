"""Staff's decisions about collections, and likenesses of token pictures."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from nft.core.evm.address import to_checksum
from nft.fields import AddressField, Uint256Field


class Collection(models.Model):
    """A collection that staff trusted or denied. This overrides the site's policy."""

    class Standing(models.TextChoices):
        NONE = "", gettext_lazy("No opinion")
        TRUSTED = "trusted", gettext_lazy("Trusted")
        DENIED = "denied", gettext_lazy("Not shown here")

    chain_id = models.PositiveBigIntegerField()
    contract = AddressField()
    name = models.CharField(max_length=200, blank=True)
    standing = models.CharField(max_length=8, choices=Standing.choices, blank=True)
    reason = models.CharField(max_length=200, help_text=gettext_lazy("Shown to people whose picture is removed."))
    decided_at: models.DateTimeField[datetime, datetime] = models.DateTimeField()

    class Meta:
        ordering = ["-decided_at"]
        constraints = [
            models.UniqueConstraint(fields=["chain_id", "contract"], name="collection_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="collection_says_why"),
        ]

    def __str__(self) -> str:
        return self.name or to_checksum(self.contract)


class TokenLikeness(models.Model):
    """The likeness of a token's picture, and when it was first seen here.

    It outlives claims, galleries and the stored image, so that a later copy is still recognized as one.
    """

    chain_id = models.PositiveBigIntegerField()
    contract = AddressField()
    token_id = Uint256Field()
    name = models.CharField(max_length=200, blank=True)
    collection = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, help_text=gettext_lazy("Of the picture as we stored it."))
    difference_hash = models.BigIntegerField(help_text=gettext_lazy("As in StoredImage."))
    parts = models.BinaryField(
        default=b"", help_text=gettext_lazy("Hashes of its parts, 8 bytes each: for cropped copies.")
    )
    thumbnail = models.BinaryField(
        default=b"", help_text=gettext_lazy("The picture, 32 by 32 pixels of RGB: to compare closer.")
    )
    seen_at: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    resembles: models.ForeignKey[TokenLikeness | None, TokenLikeness | None] = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=gettext_lazy("An older one it is like."),
    )

    class Meta:
        verbose_name_plural = gettext_lazy("token likenesses")
        ordering = ["-seen_at"]
        indexes = [models.Index(fields=["sha256"], name="likeness_by_hash")]
        constraints = [
            models.UniqueConstraint(fields=["chain_id", "contract", "token_id"], name="likeness_once_per_token")
        ]

    def __str__(self) -> str:
        return f"{self.name or f'Token {self.token_id}'} of {self.collection or to_checksum(self.contract)}"
