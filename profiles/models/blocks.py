"""What a site shows to nobody: blocks, the pictures they hold, and what a classifier said of pictures."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from struct import pack, unpack

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from profiles.fields import HexField
from profiles.images.disguises import SAMPLE_VARIANTS, THUMBNAIL_SIDE, Sample
from profiles.leases import Leased, Policy
from profiles.models.pictures import Avatar, StoredImage

BANDS = 4
_BAND_BITS = 16
_SAMPLE_BYTES = 8 * len(SAMPLE_VARIANTS) + 3 * THUMBNAIL_SIDE * THUMBNAIL_SIDE


def bands_of(value: int) -> list[int]:
    """Return the four quarters of a signed 64-bit hash, as signed 16-bit numbers."""
    parts = [(value >> (_BAND_BITS * place)) & 0xFFFF for place in range(BANDS)]
    return [part - 0x10000 if part & 0x8000 else part for part in parts]


class Banded(models.Model):
    """A hash that is found by hashes close to it: they have at least one quarter nearly in common.

    Of two hashes that differ in 7 bits or fewer, one of the four quarters differs in one bit at most (pigeonhole).
    """

    hash = models.BigIntegerField()
    band_0 = models.SmallIntegerField()
    band_1 = models.SmallIntegerField()
    band_2 = models.SmallIntegerField()
    band_3 = models.SmallIntegerField()

    class Meta:
        abstract = True
        indexes = [models.Index(fields=[f"band_{place}"], name=f"%(class)s_{place}") for place in range(BANDS)]

    @staticmethod
    def columns(value: int) -> dict[str, int]:
        """Return the columns of a hash."""
        return {"hash": value} | {f"band_{place}": band for place, band in enumerate(bands_of(value))}


class ImageHash(Banded):
    """The difference hash of a stored picture, to find those that a new block covers."""

    image = models.OneToOneField(StoredImage, on_delete=models.CASCADE, primary_key=True, related_name="+")

    class Meta(Banded.Meta):
        verbose_name_plural = _("image hashes")

    def __str__(self) -> str:
        return f"{self.hash & 0xFFFF_FFFF_FFFF_FFFF:016x}"


class Block(Leased):
    """Something that this site shows to nobody, whoever brings it and how: a picture, and what other apps register.

    The lease is for hiding what it covers, or once it has ended, for bringing that back: a page of pictures at a time.
    """

    policy = Policy(lease=timedelta(minutes=5), stops=False)

    kind = models.CharField(_("kind"), max_length=16, help_text=_("As profiles.blocks.kinds registers it."))
    value = models.CharField(_("value"), max_length=200)
    reason = models.CharField(_("reason"), max_length=200, help_text=_("People whose picture it hides read it."))
    sample = models.BinaryField(default=b"", blank=True, help_text=_("By which similar pictures are found, packed."))
    created_at: models.DateTimeField[datetime, datetime] = models.DateTimeField(_("since"), db_index=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    ended_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True, help_text=_("When staff ended it. It is deleted once all that it hid is back.")
    )

    class Meta(Leased.Meta):
        ordering = ["-created_at"]
        verbose_name, verbose_name_plural = _("block"), _("blocks")
        constraints = [
            models.UniqueConstraint(fields=["kind", "value"], condition=Q(ended_at=None), name="block_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="block_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


def pack_samples(samples: list[Sample]) -> bytes:
    whole = b"".join(pack(f">{len(SAMPLE_VARIANTS)}q", *each.hashes) + each.thumbnail for each in samples)
    return zlib.compress(whole)


def unpack_samples(packed: bytes | memoryview) -> list[Sample]:
    """Return the samples. Raise ValueError for bytes that `pack_samples` did not make."""
    inflater = zlib.decompressobj()
    try:
        whole = inflater.decompress(bytes(packed), 2 * _SAMPLE_BYTES + 1)
    except zlib.error as error:
        raise ValueError("not packed as samples are") from error
    if not whole or len(whole) % _SAMPLE_BYTES:
        raise ValueError("not as long as samples are")
    cut, count = 8 * len(SAMPLE_VARIANTS), len(SAMPLE_VARIANTS)
    pieces = [whole[start : start + _SAMPLE_BYTES] for start in range(0, len(whole), _SAMPLE_BYTES)]
    return [Sample(unpack(f">{count}q", piece[:cut]), piece[cut:]) for piece in pieces]


class BlockHash(Banded):
    """One hash of a block's sample: a variant of SAMPLE_VARIANTS."""

    block = models.ForeignKey(Block, on_delete=models.CASCADE, related_name="hashes")
    variant = models.PositiveSmallIntegerField()

    class Meta(Banded.Meta):
        verbose_name = _("hash of a blocked picture")
        verbose_name_plural = _("hashes of blocked pictures")

    def __str__(self) -> str:
        return f"{self.block_id}.{self.variant}"


class BlockMark(models.Model):
    """Bytes that a block covers: of a file as somebody brought it, or of a picture as we stored it."""

    # No index of its own: "mark_once" begins with it.
    block = models.ForeignKey(Block, on_delete=models.CASCADE, related_name="marks", db_index=False)
    sha256 = HexField(max_length=32, db_index=True)
    is_similar = models.BooleanField(default=False, help_text=_("Found by its looks: a person must decide."))
    is_allowed = models.BooleanField(default=False, help_text=_("A person decided that the block does not cover it."))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["block", "sha256"], name="mark_once")]

    def __str__(self) -> str:
        return self.sha256[:12]


class Hold(models.Model):
    """Why a picture is shown to nobody: one row for each block that covers it, or for the classifier.

    An Avatar is HELD while it has such a row, unless it is removed. So each cause ends alone.
    """

    # Without an index of its own: "hold_once" begins with it.
    avatar = models.ForeignKey(Avatar, on_delete=models.CASCADE, related_name="holds", db_index=False)
    block = models.ForeignKey(
        Block,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="holds",
        help_text=_("Empty: the classifier."),
    )
    reason = models.CharField(_("reason"), max_length=300)
    waits = models.BooleanField(_("waits for a decision"), help_text=_("A person must decide whether it may be shown."))
    created_at: models.DateTimeField[datetime, datetime] = models.DateTimeField(_("since"))

    class Meta:
        ordering = ["created_at", "pk"]
        verbose_name, verbose_name_plural = _("held picture"), _("held pictures")
        indexes = [models.Index(fields=["created_at"], condition=Q(waits=True), name="hold_waiting")]
        constraints = [
            models.UniqueConstraint(fields=["avatar", "block"], name="hold_once"),
            models.UniqueConstraint(fields=["avatar"], condition=Q(block=None), name="hold_once_by_classifier"),
        ]

    def __str__(self) -> str:
        return self.reason[:60]


class Classification(Leased):
    """What the site's classifier says of a stored picture. The lease is for asking it."""

    policy = Policy(tries=8, first_delay=timedelta(seconds=30), longest_delay=timedelta(minutes=30))

    class Answer(models.TextChoices):
        WAITING = "", _("Not answered yet")
        ALLOW = "allow", _("May be shown")
        HOLD = "hold", _("A person must decide")
        REFUSE = "refuse", _("Must not be shown")

    image = models.OneToOneField(StoredImage, on_delete=models.CASCADE, primary_key=True, related_name="+")
    answer = models.CharField(max_length=6, blank=True, choices=Answer.choices)
    reason = models.CharField(max_length=200, blank=True)
    answered_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True, blank=True)

    class Meta(Leased.Meta):
        verbose_name, verbose_name_plural = _("classified picture"), _("classified pictures")

    def __str__(self) -> str:
        return str(self.image_id)
