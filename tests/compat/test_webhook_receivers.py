"""The receivers of docs/use/webhooks.md get real deliveries: Python and Node.js with the specification's libraries."""

from __future__ import annotations

import base64
import json
import os
import re
import runpy
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from django.core.cache import cache
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks import Webhook

from localstack import binaries
from localstack.binaries import ROOT
from localstack.processes import free_port
from profiles.models import Profile, WebhookDelivery
from profiles.people.webhook_endpoints import (
    OVERLAP,
    FreshEndpoint,
    create_endpoint,
    rotate_secret,
    send_again,
    send_test,
)
from profiles.testing.people import a_person, an_upload
from profiles.webhooks.delivering import deliver_due
from profiles.webhooks.events import get_event_types

HERE = Path(__file__).parent / "webhooks"
GUIDE = (ROOT / "docs/use/webhooks.md").read_text("utf-8")
RECEIVERS = {
    "python": [sys.executable, str(HERE / "receiver.py")],
    "node": [binaries.node(), str(HERE / "receiver.mjs")],
}
EVENTS = [each.name for each in get_event_types()]


@dataclass
class Program:
    """A receiver that runs. `take` returns what it printed of the next event."""

    process: subprocess.Popen[str]
    port: int

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/"

    def take(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        event: dict[str, Any] = json.loads(self.process.stdout.readline())
        return event


@contextmanager
def running(kind: str, port: int, secret: str) -> Iterator[Program]:
    environment = os.environ | {"WEBHOOK_SECRET": secret}
    command = [*RECEIVERS[kind], str(port)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            _wait_for(port, process)
            yield Program(process, port)
        finally:
            process.kill()


def _wait_for(port: int, process: subprocess.Popen[str]) -> None:
    ends_at = time.monotonic() + 20
    while time.monotonic() < ends_at:
        assert process.poll() is None, "the receiver ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("the receiver does not listen")


@pytest.fixture
def alice(settings: Settings) -> Profile:
    settings.NFT_WEBHOOK_LOCAL, settings.NFT_HTTP_SECONDS_PER_HOST = True, 0
    cache.clear()
    return a_person("alice")


def add(profile: Profile, port: int) -> FreshEndpoint:
    url = f"http://localhost:{port}/"
    return create_endpoint(profile, url, EVENTS, now=timezone.now(), actor=profile.user)


def newest() -> WebhookDelivery:
    return WebhookDelivery.objects.order_by("-created_at")[0]


@pytest.mark.django_db
@pytest.mark.parametrize("kind", RECEIVERS)
def test_a_receiver_verifies_what_it_gets(alice: Profile, kind: str) -> None:
    fresh = add(alice, free_port())
    port = int(fresh.endpoint.url.rstrip("/").rpartition(":")[2])
    with running(kind, port, fresh.secret) as program:
        an_upload(alice)
        assert deliver_due(timezone.now()) == 1
        event = program.take()
        assert (event["type"], event["data"]["handle"]) == ("avatar.changed", "alice")
        assert event["id"] == newest().event.message_id

        # The same event again is verified, and known; then the new secret counts as well as the one it still has.
        send_again(alice, fresh.endpoint.pk, newest().pk, now=timezone.now(), actor=alice.user)
        assert deliver_due(timezone.now()) == 1
        second = rotate_secret(alice, fresh.endpoint.pk, now=timezone.now(), actor=alice.user)
        send_test(alice, fresh.endpoint.pk, now=timezone.now(), actor=alice.user)
        assert deliver_due(timezone.now()) == 1
        assert program.take()["type"] == "webhook.test"

        # After a day the former secret no longer signs: this receiver refuses, and the delivery says so.
        fresh.endpoint.refresh_from_db()
        fresh.endpoint.former_until = timezone.now() - timedelta(seconds=1)
        fresh.endpoint.save(update_fields=["former_until"])
        send_test(alice, fresh.endpoint.pk, now=timezone.now(), actor=alice.user)
        assert deliver_due(timezone.now()) == 0
        assert (newest().state, newest().status) == ("failed", 400)
    with running(kind, port, second.secret) as program:
        send_again(alice, fresh.endpoint.pk, newest().pk, now=timezone.now(), actor=alice.user)
        assert deliver_due(timezone.now()) == 1
        assert program.take()["type"] == "webhook.test"
        forged = {"webhook-id": "msg_1", "webhook-timestamp": str(int(time.time())), "webhook-signature": "v1,AAAA"}
        assert requests.post(program.url, data=b"{}", headers=forged, timeout=10).status_code == 400
    assert timedelta(hours=24) == OVERLAP


def test_a_delivery_is_verified_by_hand() -> None:
    secret, now = "whsec_" + base64.b64encode(b"k" * 32).decode(), datetime.now(UTC)
    is_genuine = runpy.run_path(str(HERE / "by_hand.py"))["is_genuine"]
    signature = Webhook(secret).sign("msg_1", now, '{"type":"é"}')
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp()))}
    headers |= {"webhook-signature": f"v1,AAAA {signature}"}
    assert is_genuine(secret, headers, '{"type":"é"}'.encode())
    assert not is_genuine(secret, headers, b"{}")
    assert not is_genuine(secret, headers | {"webhook-timestamp": "1"}, '{"type":"é"}'.encode())


@pytest.mark.parametrize(
    ("name", "language"), [("receiver.py", "python"), ("receiver.mjs", "js"), ("by_hand.py", "python")]
)
def test_the_guide_shows_the_receivers_that_are_tested(name: str, language: str) -> None:
    assert f"```{language}\n{(HERE / name).read_text('utf-8')}```" in GUIDE


@pytest.mark.parametrize("event", get_event_types(), ids=lambda event: event.name)
def test_the_guide_shows_an_example_of_each_event(event: Any) -> None:
    shown = [json.loads(text) for text in re.findall(r"```json\n(.+?)```", GUIDE, re.DOTALL)]
    [example] = [each for each in shown if each["type"] == event.name]
    assert example["data"] == {**event.example, **event.own_example}
    for key in event.own_example:
        assert f"`{key}`" in GUIDE
