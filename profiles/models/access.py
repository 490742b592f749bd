"""Uploads that go straight to the object store, and API tokens."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy

from profiles.models.people import Profile


class UploadTicket(models.Model):
    """Permission to put one object straight into the store. Its bytes are unusable until the decoder accepted them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="upload_tickets")
    key = models.CharField(max_length=120, unique=True)
    byte_count = models.PositiveIntegerField(help_text=gettext_lazy("Exactly as many bytes as the store will take."))
    content_type = models.CharField(max_length=32)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.key


class ApiToken(models.Model):
    """A program's permission to act for a person, within `scopes`. The token is shown once; only its sha256 is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64)
    scopes = models.CharField(max_length=60, help_text=gettext_lazy("Words out of: read, write, delete."))
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["digest"], name="api_token_once")]

    def __str__(self) -> str:
        return self.name
