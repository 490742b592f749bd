"""The types of events, told by each app, and the payload of an event.

Register in `AppConfig.ready`. A type is documented in docs/use/webhooks.md with its example; a test compares both.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from profiles.models import WebhookEvent
from profiles.sentences import gettext_noop

#: The type of the events by which people try their program. It is no type that an endpoint chooses.
TEST = "webhook.test"


@dataclass(frozen=True)
class EventType:
    """A kind of event. `label` is in English and marked by `gettext_noop`.

    A new meaning of a key is a new type; keys may be added to `data` at any time.
    example: the `data` of an event, as what is public of it. own_example: what only the person's endpoints get besides.
    """

    name: str
    label: str
    example: Mapping[str, object]
    own_example: Mapping[str, object] = field(default_factory=dict)


AVATAR_CHANGED = EventType(
    "avatar.changed",
    gettext_noop("Your picture changes"),
    {
        "handle": "alice",
        "picture_url": "https://avatars.example/avatar/alice",
        "has_picture": True,
        "version": 7,
    },
)
PICTURE_REMOVED = EventType(
    "picture.removed",
    gettext_noop("Our team removes a picture of yours"),
    {"handle": "alice", "was_shown": True},
    {"picture_id": "0b5c1c5e-8f0e-4d53-9c2a-0c8f6f1d2a77", "reason": "It is somebody else’s work."},
)
_types: dict[str, EventType] = {each.name: each for each in (AVATAR_CHANGED, PICTURE_REMOVED)}


def register_event_types(*types: EventType) -> None:
    """Let programs choose these types. The app that records their events calls this when it is ready."""
    _types.update((each.name, each) for each in types)


def get_event_types() -> list[EventType]:
    """Return the types of this site by name."""
    return sorted(_types.values(), key=lambda each: each.name)


def known_types(names: Iterable[str]) -> list[str]:
    """Return those of `names` that are types of this site, by name."""
    return sorted(set(names) & _types.keys())


def build_payload(event: WebhookEvent, *, is_own: bool) -> bytes:
    """Return the body to post. It is the same, byte for byte, at every try. `is_own`: for the person's own endpoint."""
    data = {**event.data, **event.own} if is_own else event.data
    payload = {"type": event.type, "timestamp": format_time(event.at), "data": data}
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def without_prefix(message_id: str) -> str:
    """Return the key of the event that a `webhook-id` names; other text as it is."""
    return message_id.strip().removeprefix(WebhookEvent.PREFIX)


def format_time(at: datetime) -> str:
    """Return a time in ISO 8601, in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
