"""Delete events once they are old, with their deliveries."""

from __future__ import annotations

from datetime import datetime, timedelta

from profiles import settings
from profiles.jobs import job
from profiles.models import WebhookEvent

#: Events that one run deletes.
PAGE = 1000


@job(every=timedelta(minutes=10))
def delete_old_events(now: datetime) -> int:
    """Delete events older than WEBHOOK_KEPT_DAYS, which is longer than any is tried. Return how many."""
    old = WebhookEvent.objects.filter(at__lt=now - timedelta(days=settings.current().webhook_kept_days))
    keys = list(old.order_by("at").values_list("pk", flat=True)[:PAGE])
    WebhookEvent.objects.filter(pk__in=keys).delete()
    return len(keys)
