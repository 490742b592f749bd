"""Uploads that go straight to the object store, API tokens, and the answers that programs got with them."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy

from profiles.fields import HexField
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
    scopes = models.CharField(max_length=250, help_text=gettext_lazy("The names of what it may do."))
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["digest"], name="api_token_once")]

    def __str__(self) -> str:
        return self.name


class ApiAnswer(models.Model):
    """The answer to a call that made something, kept for a day under the call's Idempotency-Key.

    `status` is empty while the first call with the key runs. `call` is the sha256 of that call, of which the key is a
    name: another call under the same key is refused.
    """

    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, related_name="answers", db_index=False)
    key = HexField(max_length=32, help_text=gettext_lazy("The sha256 of the key."))
    call = HexField(max_length=32, help_text=gettext_lazy("The sha256 of the call."))
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    content = models.TextField(blank=True)
    begun_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("kept answer"), gettext_lazy("kept answers")
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="api_answer_once")]

    def __str__(self) -> str:
        return f"{self.status or 'running'} {self.begun_at:%Y-%m-%d %H:%M}"
