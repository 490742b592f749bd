from __future__ import annotations

from django.conf import settings
from django.db import models


class Profile(models.Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="club_profile")
    about = models.CharField(max_length=200, blank=True)

    class Meta:
        permissions = [("lock_profile", "Can lock a member")]

    def __str__(self) -> str:
        return self.about


class Avatar(models.Model):
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="avatars")

    def __str__(self) -> str:
        return f"avatar {self.pk}"


class Notice(models.Model):
    text = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.text
