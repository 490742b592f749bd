"""What people ask for about all of their data: a file of it, and its deletion."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy

from profiles.fields import HexField
from profiles.leases import Leased, Policy
from profiles.models.people import Profile


class DataExport(Leased):
    """A file with everything that belongs to a person, built by a job. A person has one at most.

    The object's key is stored before the object, and the row is deleted after it, so that every object can be found.
    """

    policy = Policy(lease=timedelta(minutes=12))
    person = "profile_id"

    class State(models.TextChoices):
        BUILDING = "building", gettext_lazy("Being put together")
        READY = "ready", gettext_lazy("Ready")
        FAILED = "failed", gettext_lazy("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    profile = models.OneToOneField(Profile, on_delete=models.CASCADE, related_name="data_export")
    state = models.CharField(max_length=8, choices=State.choices, default=State.BUILDING)
    key = models.CharField(max_length=120, unique=True, help_text=gettext_lazy("Of the object in the store."))
    percent = models.PositiveSmallIntegerField(default=0, help_text=gettext_lazy("How far the job is."))
    byte_count = models.PositiveBigIntegerField(default=0)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True, help_text=gettext_lazy("When the file is deleted."))

    class Meta(Leased.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.get_state_display()} {self.asked_at:%Y-%m-%d %H:%M}"

    def columns_on_give_up(self, sentence: str, now: object) -> dict[str, object]:
        del sentence, now
        return {"state": self.State.FAILED}


class AccountDeletion(Leased):
    """A person's wish to be deleted. It is due when the time to undo it is over; the row goes with the person."""

    # Endless: a person who asked to be deleted must not stay because of a store that was down for long.
    policy = Policy(lease=timedelta(minutes=12), stops=False)
    person = "profile_id"

    profile = models.OneToOneField(Profile, on_delete=models.CASCADE, primary_key=True, related_name="deletion")
    asked_at = models.DateTimeField()
    begun_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When the deletion began: from then on it can't be undone.")
    )

    class Meta(Leased.Meta):
        pass

    def __str__(self) -> str:
        return f"Asked {self.asked_at:%Y-%m-%d %H:%M}"


class RetiredHandle(models.Model):
    """A handle of a deleted person, which nobody gets until `until`: links to it must not show somebody else."""

    sha256 = HexField(
        max_length=32, primary_key=True, help_text=gettext_lazy("Of the handle; the handle itself is not kept.")
    )
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.sha256[:12]
