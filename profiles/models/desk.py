"""Notes that staff write about a person, for other staff."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from profiles.models.people import Profile


class StaffNote(models.Model):
    """A note about a person that only staff read. Never updated: a later note corrects an earlier one."""

    # No index of its own: "note_by_profile" begins with it.
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="staff_notes", db_index=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    text = models.CharField(max_length=1000)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name, verbose_name_plural = _("staff note"), _("staff notes")
        indexes = [models.Index(fields=["profile", "-at"], name="note_by_profile")]

    def __str__(self) -> str:
        return self.text[:60]
