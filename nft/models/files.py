"""IPFS files that we keep, their blocks, and their copies at outside pinners."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from nft.fields import CID_CHARACTERS
from profiles.fields import HexField
from profiles.leases import Leased, Policy


class IpfsBlock(models.Model):
    """One stored block, by the sha2-256 of its bytes. CIDv0 and CIDv1 of a block share the row."""

    sha256 = HexField(max_length=32, unique=True)
    byte_count = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text=gettext_lazy("When somebody last began to store it, or a file left it; else empty."),
    )

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("part of an IPFS file"), gettext_lazy("parts of IPFS files")
        indexes = [
            models.Index(fields=["touched_at"], condition=Q(touched_at__isnull=False), name="block_maybe_unused")
        ]

    def __str__(self) -> str:
        return self.sha256[:12]


class CachedObject(Leased):
    """A whole IPFS file and the blocks that prove it, shared by all tokens that use it.

    The lease is for verifying it again, NFT_REHASH_DAYS after it was verified last.
    """

    policy = Policy(lease=timedelta(minutes=5))

    class Origin(models.TextChoices):
        PINNED = "pinned", gettext_lazy("Made and pinned here")
        FETCHED = "fetched", gettext_lazy("Fetched and proved")

    uri = models.CharField(max_length=500, help_text=gettext_lazy("Canonical ipfs://<root>/<path>."))
    root_cid = models.CharField(max_length=CID_CHARACTERS)
    origin = models.CharField(max_length=8, choices=Origin.choices)
    media_type = models.CharField(
        max_length=32,
        blank=True,
        help_text=gettext_lazy("Of files made here: only they are served as files. Empty for strangers'."),
    )
    byte_count = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64, help_text=gettext_lazy("Of the whole file."))
    blocks: models.ManyToManyField[IpfsBlock, models.Model] = models.ManyToManyField(
        IpfsBlock, related_name="objects_using"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    proved_at = models.DateTimeField(help_text=gettext_lazy("When every block was last hashed against its CID."))
    used_at = models.DateTimeField(default=timezone.now, help_text=gettext_lazy("When a token last needed it."))
    damaged_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text=gettext_lazy("When a block was found missing or changed and no gateway had it; else empty."),
    )

    class Meta(Leased.Meta):
        verbose_name, verbose_name_plural = gettext_lazy("IPFS file"), gettext_lazy("IPFS files")
        indexes = [
            *Leased.Meta.indexes,
            models.Index(fields=["root_cid"], name="cached_by_root"),
            models.Index(fields=["damaged_at"], condition=Q(damaged_at__isnull=False), name="cached_damaged"),
            models.Index(fields=["used_at"], condition=Q(origin="fetched"), name="cached_unused"),
        ]
        constraints = [models.UniqueConstraint(fields=["uri"], name="cached_once")]

    def __str__(self) -> str:
        return self.uri


class PinnedCopy(Leased):
    """One file at one pinner. `pinner` is its name in NFT_PINNERS."""

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("Not there yet")
        PINNED = "pinned", gettext_lazy("Held")
        REFUSED = "refused", gettext_lazy("Refused")
        LEAVING = "leaving", gettext_lazy("To be unpinned")

    # No index of its own: "copy_once_per_pinner" begins with it.
    object = models.ForeignKey("CachedObject", on_delete=models.CASCADE, related_name="copies", db_index=False)
    pinner = models.CharField(max_length=40)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    reference = models.CharField(max_length=255, blank=True, help_text=gettext_lazy("What the pinner calls our order."))
    held_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When the pinner last said that it holds the file.")
    )

    class Meta(Leased.Meta):
        verbose_name, verbose_name_plural = (
            gettext_lazy("copy at a pinning service"),
            gettext_lazy("copies at pinning services"),
        )
        constraints = [models.UniqueConstraint(fields=["object", "pinner"], name="copy_once_per_pinner")]

    def __str__(self) -> str:
        return f"{self.pinner}: {self.state}"
