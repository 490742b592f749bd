"""A receiver of webhooks in memory: the client of a host project, which a test gives its answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from standardwebhooks import Webhook

from profiles import sources
from profiles.errors import ExpectedError, Kind
from profiles.models import Profile
from profiles.people.webhook_endpoints import FreshEndpoint, create_endpoint
from profiles.sources import Posted

HOOK = "https://hooks.example/alice"
REFUSED = Kind("url-refused", "Refused", 422)


@dataclass(frozen=True)
class Message:
    """What arrived. `signed_by` tells whether it verifies with a secret, by the specification's own library."""

    url: str
    content: bytes
    headers: Mapping[str, str]
    is_paced: bool

    @property
    def payload(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.content)
        return found

    @property
    def type(self) -> str:
        return str(self.payload["type"])

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def signed_by(self, secret: str) -> bool:
        signature = self.headers["webhook-signature"].split(" ")
        text = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.content
        return any(Webhook(secret).sign(*_parts(text)) == each for each in signature)


def _parts(text: bytes) -> tuple[str, Any, str]:
    from datetime import UTC, datetime

    message_id, timestamp, content = text.decode().split(".", 2)
    return message_id, datetime.fromtimestamp(int(timestamp), UTC), content


@dataclass
class Receivers:
    """A PostClient. `answers` by address: a status, a Posted, None for "not its turn", or what is raised."""

    answers: dict[str, Any] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def check(self, address: str) -> None:
        if not address.startswith("https://"):
            raise ExpectedError("We only post to https:.", REFUSED)

    def post(
        self, address: str, content: bytes, headers: Mapping[str, str], seconds: float, *, is_paced: bool
    ) -> Posted | None:
        answer = self.answers.get(address, 204)
        if answer is None:
            return None
        with self.lock:
            self.messages.append(Message(address, content, dict(headers), is_paced))
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Posted) else Posted(answer)

    @property
    def types(self) -> list[str]:
        return [message.type for message in self.messages]


RECEIVERS = Receivers()


def get_receivers() -> Receivers:
    return RECEIVERS


@contextmanager
def receivers_in_memory() -> Iterator[Receivers]:
    before = list(sources._post_clients)
    sources.register_post_client(f"{__name__}.get_receivers")
    RECEIVERS.answers.clear()
    RECEIVERS.messages.clear()
    yield RECEIVERS
    sources._post_clients[:] = before


def a_webhook(profile: Profile | None, *events: str, url: str = HOOK, actor: User | None = None) -> FreshEndpoint:
    """Return a new endpoint with its secret; without a profile one of the site, made by `actor`."""
    maker = actor or (profile.user if profile is not None else None)
    assert maker is not None
    return create_endpoint(profile, url, events or ("avatar.changed",), now=timezone.now(), actor=maker)
