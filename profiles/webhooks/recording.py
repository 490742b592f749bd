"""Record events in the transaction of what they report, with a delivery for each endpoint that wants them.

Of several changes of a picture in a short time, only the last is sent: `avatar.changed` says "look again". Nothing is
written where nobody wants an event, which costs one query.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q, QuerySet
from django.urls import reverse

from profiles import settings
from profiles.jobs import enqueue
from profiles.models import Avatar, Profile, WebhookDelivery, WebhookEndpoint, WebhookEvent
from profiles.sentences import to_english
from profiles.sources import can_post
from profiles.webhooks.delivering import deliver_due
from profiles.webhooks.events import AVATAR_CHANGED, PICTURE_REMOVED, EventType

State = WebhookDelivery.State
#: Types of which a newer event of the same person says all that an older one did.
LATEST_ONLY = frozenset({AVATAR_CHANGED.name})


@dataclass(frozen=True)
class NewEvent:
    """What happened. `data` holds what is public, `own` what only the person's own endpoints get besides.

    is_public: False where others must not learn of it: then only the person's own endpoints get it.
    """

    type: EventType
    at: datetime
    data: Mapping[str, object]
    own: Mapping[str, object] = field(default_factory=dict)
    is_public: bool = True


def record_event(profile: Profile, new: NewEvent) -> WebhookEvent | None:
    """Record an event within the caller's transaction. Return None if no endpoint wants it.

    Of hidden people nothing is recorded: nobody sees what changes, and they may not act here.
    """
    return None if profile.is_hidden else _record(profile, new)


def record_picture_change(profile: Profile, at: datetime) -> None:
    """Record that what others see of a person may have changed."""
    _record(profile, NewEvent(AVATAR_CHANGED, at, _describe_picture(profile)), is_own=not profile.is_hidden)


def record_removal(profile: Profile, avatar: Avatar, reason: str, at: datetime, *, was_shown: bool) -> None:
    """Record that the site's team, or a block, removed a picture. Nobody else saw one that was not shown."""
    own = {"picture_id": str(avatar.pk), "reason": to_english(reason)}
    data = {"handle": profile.handle, "was_shown": was_shown}
    record_event(profile, NewEvent(PICTURE_REMOVED, at, data, own, is_public=was_shown))


def deliver(event: WebhookEvent, endpoints: list[WebhookEndpoint], at: datetime) -> None:
    """Write the deliveries of an event, due at once."""
    rows = [WebhookDelivery(event=event, endpoint=endpoint, created_at=at, due_at=at) for endpoint in endpoints]
    WebhookDelivery.objects.bulk_create(rows)
    enqueue(deliver_due)


def _record(profile: Profile, new: NewEvent, *, is_own: bool = True) -> WebhookEvent | None:
    endpoints = _find_endpoints(profile, new, is_own=is_own)
    if not endpoints:
        return None
    if new.type.name in LATEST_ONLY:
        _forget_earlier(profile, new, endpoints)
    facts = {"data": dict(new.data), "own": dict(new.own)}
    event = WebhookEvent.objects.create(profile=profile, type=new.type.name, at=new.at, **facts)
    deliver(event, endpoints, new.at)
    return event


def _find_endpoints(profile: Profile, new: NewEvent, *, is_own: bool) -> list[WebhookEndpoint]:
    whose = [Q(profile=profile)] * is_own + [Q(profile=None)] * new.is_public
    if not whose or not can_post():
        return []
    wanted = whose[0] if len(whose) == 1 else whose[0] | whose[1]
    found = WebhookEndpoint.objects.filter(wanted, stopped_at=None).order_by("pk")
    return [endpoint for endpoint in found if new.type.name in endpoint.events]


def _forget_earlier(profile: Profile, new: NewEvent, endpoints: list[WebhookEndpoint]) -> None:
    """Delete what was not sent yet, and stop trying what failed so far: the new event says it all."""
    earlier = WebhookDelivery.objects.filter(
        endpoint__in=endpoints, state=State.PENDING, attempt=None, event__profile=profile, event__type=new.type.name
    )
    untried: QuerySet[WebhookDelivery] = earlier.filter(tries=0, tried_at=None)
    if untried.delete()[0]:
        WebhookEvent.objects.filter(profile=profile, type=new.type.name, deliveries=None).delete()
    earlier.update(state=State.CANCELED, due_at=None)


def _describe_picture(profile: Profile) -> dict[str, object]:
    path = reverse("profiles:avatar", args=[profile.handle])
    return {
        "handle": profile.handle,
        "picture_url": settings.current().site_origin + path,
        "has_picture": profile.avatar_id is not None and not profile.is_hidden,
        "version": profile.avatar_version,
    }
