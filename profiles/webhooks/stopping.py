"""Stop an endpoint: no event is recorded for it, and what waits is not sent."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from profiles.audit import record
from profiles.models import Notice, WebhookDelivery, WebhookEndpoint
from profiles.notices.recording import NewNotice, record_notice

State = WebhookDelivery.State


def stop_endpoint(endpoint: WebhookEndpoint, reason: str, now: datetime, actor: AbstractBaseUser | None = None) -> None:
    """Stop an endpoint for a reason that its owner reads, and notify them. Idempotent. `actor` None: the site."""
    with transaction.atomic():
        running = WebhookEndpoint.objects.filter(pk=endpoint.pk, stopped_at=None)
        if not running.update(stopped_at=now, stop_reason=reason):
            return
        cancel_pending(endpoint)
        if endpoint.profile is not None:
            record(endpoint.profile, "webhook.stop", actor, webhook=str(endpoint.pk), host=endpoint.host, reason=reason)
            facts = {"host": endpoint.host}
            notice = NewNotice(Notice.Kind.WEBHOOK_STOPPED, now, str(endpoint.pk), sentence=reason, facts=facts)
            record_notice(endpoint.profile.pk, notice)


def cancel_pending(endpoint: WebhookEndpoint) -> None:
    """Send nothing more of what waits. What is being sent at this moment may still arrive."""
    pending = WebhookDelivery.objects.filter(endpoint=endpoint, state=State.PENDING)
    pending.update(state=State.CANCELED, due_at=None, attempt=None)


def cancel_delivery(delivery: WebhookDelivery) -> None:
    """End a leased delivery without sending it."""
    delivery.release(state=State.CANCELED)
