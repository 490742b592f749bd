"""Pictures. The right to show an attested picture must be renewed (`attested_at`) by the app of its source.

Invariant: `Profile.avatar` is the first of `AvatarQuerySet.in_use`, or None. Without a loss that is the ACTIVE entry
chosen last. `profiles.models.display` decides whether it, an earlier one or nothing is shown.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy, pgettext_lazy

from profiles import settings
from profiles.fields import HexField, SentenceField
from profiles.images.limits import square_sides
from profiles.leases import Leased
from profiles.models.display import OnLoss, has_right, resolve_policy
from profiles.models.people import Profile
from profiles.sources import MAX_NAME, UPLOAD, source_choices


class StoredImage(Leased):
    """A picture as we encoded it, addressed by the sha256 of its bytes and shared by all who use it.

    The row is written before its objects and deleted after them, so that every object can be found from a row after a
    crash. It is leased to make the squares that are not stored yet (profiles.store.squares). A row that no Avatar uses
    is invisible. It is deleted AVATAR_UNUSED_SECONDS after `touched_at`, unless another app's row points at it: see
    `profiles.store.purge`.
    """

    sha256 = HexField(max_length=32, unique=True)
    source_sha256: models.Field[str | None, str | None] = HexField(  # type: ignore[assignment, misc]  # nullable
        max_length=32,
        null=True,
        blank=True,
        db_index=True,
        help_text=gettext_lazy("Of the first file that it was made of."),
    )
    mime = models.CharField(max_length=32)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    frames = models.PositiveIntegerField(default=1)
    byte_count = models.PositiveIntegerField()
    source_format = models.CharField(max_length=16)
    difference_hash = models.BigIntegerField(
        null=True, blank=True, help_text=gettext_lazy("64 bits by which pictures that look alike are found.")
    )
    created_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(help_text=gettext_lazy("When somebody last began to store or use it."))
    purge_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text=gettext_lazy("When to look whether anything uses it; empty if something did."),
    )

    # The bytes of the master, set by profiles.store.images.keep_image: they need not be read back.
    kept_master: bytes | None = None

    class Meta(Leased.Meta):
        verbose_name, verbose_name_plural = gettext_lazy("picture file"), gettext_lazy("picture files")
        indexes = [
            *Leased.Meta.indexes,
            models.Index(fields=["purge_at"], condition=Q(purge_at__isnull=False), name="image_purge"),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]

    @property
    def sides(self) -> list[int]:
        """Return the sides in pixels of all its squares, stored or not, ascending."""
        return square_sides(self.width, self.height)


class Rendition(models.Model):
    """A square picture derived from a StoredImage: public, immutable, addressed by its own sha256."""

    # No index of its own: "rendition_once" begins with it.
    image = models.ForeignKey(StoredImage, on_delete=models.CASCADE, related_name="renditions", db_index=False)
    # In an order that leaves no gaps between columns: this is the largest table.
    byte_count = models.PositiveIntegerField()
    size = models.PositiveSmallIntegerField(help_text=gettext_lazy("Side in pixels."))
    is_still = models.BooleanField(
        default=True, help_text=gettext_lazy("False where the frames of an animation are kept.")
    )
    format = models.CharField(max_length=8, help_text=gettext_lazy("webp, png, jpeg or avif."))
    sha256 = HexField(max_length=32)

    class Meta:
        indexes = [models.Index(fields=["sha256"], name="rendition_by_hash")]
        constraints = [models.UniqueConstraint(fields=["image", "size", "format", "is_still"], name="rendition_once")]

    def __str__(self) -> str:
        return f"{self.size}.{self.format}"


class AvatarQuerySet(models.QuerySet["Avatar"]):
    def in_use(self, on_loss: str, now: datetime) -> AvatarQuerySet:
        """Return what a profile with this `on_loss` may point at, first the one it does.

        Besides active entries, these are the ones whose right was lost while in use, until something else takes their
        place.
        """
        lost = Q(state=Avatar.State.WITHDRAWN, lost_at__isnull=False)
        rule = resolve_policy(on_loss)
        if rule is OnLoss.REVERT:
            grace = settings.current().loss_grace
            lost &= Q(lost_at__gt=now - grace) if grace else Q(pk__in=[])
        own = Q(state=Avatar.State.ACTIVE) if rule is OnLoss.PLAIN else Q(state=Avatar.State.ACTIVE, is_offered=False)
        return self.filter(own | lost).order_by("-chosen_at", "-id")

    def usable(self, now: datetime) -> AvatarQuerySet:
        """Return what the person may choose, chosen last first: also entries that wait to be chosen."""
        attested = Q(
            attested_at__gte=now - settings.current().image_max_age, attested_at__lte=now + settings.CLOCK_SKEW
        )
        return self.filter(Q(source=UPLOAD) | attested, state=Avatar.State.ACTIVE).order_by("-chosen_at", "-id")

    def showable(self, now: datetime) -> AvatarQuerySet:
        """Return active entries, attested recently enough if they need it, chosen last first."""
        return self.usable(now).filter(is_offered=False)


class Avatar(models.Model):
    """An entry in a person's picture history. `Profile.avatar` points at the one in use.

    `attested_at` is empty for uploads and while withdrawn, so that restoring or choosing an entry never brings back a
    right that was lost meanwhile.
    """

    class State(models.TextChoices):
        ACTIVE = "active", gettext_lazy("Active")
        WITHDRAWN = "withdrawn", gettext_lazy("Withdrawn")
        REMOVED = "removed", gettext_lazy("Removed")
        HELD = "held", pgettext_lazy("picture", "Held")  # shown to nobody: profiles.pictures.holds

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Without indexes of their own: "avatar_history" and "avatar_once_in_history" begin with them.
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="avatars", db_index=False)
    image = models.ForeignKey(StoredImage, on_delete=models.PROTECT, related_name="avatars", db_index=False)
    uncut = models.ForeignKey(
        StoredImage,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        help_text=gettext_lazy(
            "The whole picture that `image` was cut from, for its owner only; empty if nothing was cut or kept."
        ),
    )
    source = models.CharField(max_length=MAX_NAME, choices=source_choices)
    reference = models.CharField(
        max_length=250, blank=True, help_text=gettext_lazy("What it was taken from; empty for uploads.")
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    reason = SentenceField(blank=True, help_text=gettext_lazy("Why it was withdrawn or removed."))
    is_locked = models.BooleanField(
        default=False, help_text=gettext_lazy("Removed by the site's team: the person can't bring it back.")
    )
    title = models.CharField(max_length=200, blank=True)
    alt_text = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    chosen_at = models.DateTimeField(help_text=gettext_lazy("When the person last made it their picture."))
    removed_at = models.DateTimeField(null=True, blank=True)
    attested_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text=gettext_lazy("Last successful check of the right to show it; empty for uploads."),
    )
    is_doubted = models.BooleanField(
        default=False,
        help_text=gettext_lazy("The right to show it may just have been lost: no mark until that is settled."),
    )
    lost_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True,
        blank=True,
        help_text=gettext_lazy("When its right was lost while it was in use."),
    )
    is_offered = models.BooleanField(
        default=False,
        help_text=gettext_lazy(
            "It is shown only if the person chooses it: its right is back, and they want to be asked, or they removed "
            "the picture chosen after it and wanted none."
        ),
    )
    provenance = models.JSONField(null=True, blank=True)

    objects = AvatarQuerySet.as_manager()

    # Set for a page by profiles.pictures.pages.history_of.
    is_current: bool
    has_mark: bool

    class Meta:
        ordering = ["-chosen_at"]
        verbose_name, verbose_name_plural = gettext_lazy("picture"), gettext_lazy("pictures")
        permissions = [("see_removed_avatar", gettext_lazy("Can see pictures that were removed"))]
        indexes = [
            models.Index(fields=["profile", "state", "-chosen_at"], name="avatar_history"),
            models.Index(fields=["uncut"], condition=Q(uncut__isnull=False), name="avatar_uncut"),
            models.Index(fields=["lost_at"], condition=Q(lost_at__isnull=False), name="avatar_lost"),
            models.Index(fields=["removed_at"], condition=Q(removed_at__isnull=False), name="avatar_removed"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["image", "profile", "source", "reference"], name="avatar_once_in_history"),
            models.CheckConstraint(
                condition=Q(source=UPLOAD, attested_at__isnull=True)
                | ~Q(source=UPLOAD)
                & (
                    Q(state="active", attested_at__isnull=False)
                    | Q(state="withdrawn", attested_at__isnull=True)
                    | Q(state__in=["removed", "held"])
                ),
                name="avatar_is_attested",
            ),
            models.CheckConstraint(
                condition=Q(state="removed", removed_at__isnull=False)
                | (~Q(state="removed") & Q(removed_at__isnull=True, is_locked=False)),
                name="avatar_removed_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_source_display()} {self.title or self.id}"

    @property
    def whole(self) -> StoredImage:
        """All that is kept of the picture: the one it was cut from, else itself."""
        return self.uncut or self.image

    def mark_holds(self, now: datetime) -> bool:
        """Return whether the verified mark may be shown: active, not doubted, attested within AVATAR_MARK_MAX_AGE s."""
        if self.state != self.State.ACTIVE or self.attested_at is None or self.is_doubted:
            return False
        return -settings.CLOCK_SKEW <= now - self.attested_at <= settings.current().mark_max_age

    def is_showable(self, now: datetime) -> bool:
        """Return whether it may be chosen, and shown once chosen, whatever the policy after a loss."""
        return has_right(self, now)
