from __future__ import annotations

from django.db import models

from profiles.models import Avatar


class TokenClaim(models.Model):
    """What the club keeps beside a picture of ours, so its migrations come after ours."""

    avatar = models.ForeignKey(Avatar, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"claim {self.pk}"


class Collection(models.Model):
    name = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.name
