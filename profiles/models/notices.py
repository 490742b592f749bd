"""Notices to people about their pictures, shown on pages and sent by mail."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import Q

from profiles.leases import Leased, Policy
from profiles.models.people import Profile
from profiles.models.pictures import Avatar


class Notice(Leased):
    """A notice, shown on every page until dismissed. A picture has at most one open notice of a kind.

    The lease is for its mail. A mail whose worker crashed is not sent again: no mail is better than two.
    """

    policy = Policy(crashes=1, first_delay=timedelta(minutes=1), longest_delay=timedelta(minutes=1))

    class Kind(models.TextChoices):
        LOST = "lost", "The right to a picture was lost"
        BACK = "back", "It is back"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="notices")
    avatar = models.ForeignKey(Avatar, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=4, choices=Kind.choices)
    sentence = models.CharField(max_length=300, blank=True, help_text="Why; empty where nothing more is to be said.")
    at = models.DateTimeField(db_index=True)
    dismissed_at = models.DateTimeField(null=True, blank=True, help_text="By the person, or by what happened since.")
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta(Leased.Meta):
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(
                fields=["avatar", "kind"], condition=Q(dismissed_at__isnull=True), name="notice_open_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"
