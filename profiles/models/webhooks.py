"""Webhooks: who receives which events, the events that were recorded, and their deliveries."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db import models
from django.utils.translation import gettext_lazy, pgettext_lazy

from profiles.fields import SentenceField
from profiles.leases import Leased, Policy
from profiles.models.people import Profile


class WebhookEndpoint(models.Model):
    """An address to which events are posted: a person's own, or without a person one that gets those of everybody."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    profile = models.ForeignKey(
        Profile,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="webhook_endpoints",
        help_text=gettext_lazy("Empty: it gets what is public of everybody."),
    )
    url = models.CharField(max_length=500)
    events: models.JSONField[list[str], list[str]] = models.JSONField(
        default=list, help_text=gettext_lazy("The types of events that it gets.")
    )
    secret = models.CharField(max_length=300, editable=False, help_text=gettext_lazy("Encrypted."))
    former_secret = models.CharField(max_length=300, blank=True, editable=False, help_text=gettext_lazy("Encrypted."))
    former_until = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("Until then, events are signed by the former secret, too.")
    )
    created_at = models.DateTimeField()
    stopped_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("While it is set, no event is recorded for it.")
    )
    stop_reason = SentenceField(blank=True, help_text=gettext_lazy("Why the site stopped it; empty: somebody did."))
    failing_since: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("The first failure since the last success.")
    )

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.host

    @property
    def host(self) -> str:
        """What may be shown to others of the address: the rest may hold a key."""
        return urlsplit(self.url).hostname or ""

    @property
    def is_stopped(self) -> bool:
        return self.stopped_at is not None


class WebhookEvent(models.Model):
    """Something that happened, as it was then. Written in the transaction of the change, if anybody wants it."""

    PREFIX = "msg_"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, null=True, blank=True, related_name="webhook_events")
    type = models.CharField(max_length=40)
    data: models.JSONField[dict[str, object], dict[str, object]] = models.JSONField(default=dict)
    own: models.JSONField[dict[str, object], dict[str, object]] = models.JSONField(
        default=dict, blank=True, help_text=gettext_lazy("What only the person’s own endpoints get besides.")
    )
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.type} {self.at:%Y-%m-%d %H:%M}"

    @property
    def message_id(self) -> str:
        """The value of `webhook-id`: the same for every endpoint and at every try."""
        return f"{self.PREFIX}{self.pk.hex}"


class WebhookDelivery(Leased):
    """An event on its way to one endpoint. `profiles.webhooks.delivering` sends it."""

    # After an expected error it decides by itself when to try again. The lease is longer than a page of them takes.
    policy = Policy(lease=timedelta(minutes=2))
    person = "endpoint_id"

    class State(models.TextChoices):
        PENDING = "pending", pgettext_lazy("delivery", "Waiting")
        DELIVERED = "delivered", pgettext_lazy("delivery", "Delivered")
        FAILED = "failed", pgettext_lazy("delivery", "Failed")
        CANCELED = "canceled", pgettext_lazy("delivery", "Not sent")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event = models.ForeignKey(WebhookEvent, on_delete=models.CASCADE, related_name="deliveries")
    # No index of its own: "webhook_deliveries" begins with it.
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    created_at = models.DateTimeField()
    tried_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=gettext_lazy("The HTTP status of the last answer.")
    )
    milliseconds = models.PositiveIntegerField(
        null=True, blank=True, help_text=gettext_lazy("How long the last answer took.")
    )

    class Meta(Leased.Meta):
        ordering = ["-created_at"]
        verbose_name_plural = gettext_lazy("webhook deliveries")
        indexes = [
            *Leased.Meta.indexes,
            models.Index(fields=["endpoint", "-created_at"], name="webhook_deliveries"),
        ]
        constraints = [models.UniqueConstraint(fields=["event", "endpoint"], name="webhook_once")]

    def __str__(self) -> str:
        return f"{self.event_id} → {self.endpoint_id}"
