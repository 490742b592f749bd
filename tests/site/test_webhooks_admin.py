"""Staff see everybody's webhooks, stop them with a reason, and add those of the site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from profiles.desk.own_finders import find_webhooks
from profiles.desk.roles import make_groups
from profiles.models import AuditEntry, Notice, Profile, WebhookDelivery, WebhookEndpoint
from profiles.testing.people import a_person, an_upload
from profiles.webhooks.delivering import deliver_due
from tests.kit.webhooks import HOOK, Receivers, a_webhook, receivers_in_memory

pytestmark = pytest.mark.django_db
LIST = "admin:profiles_webhookendpoint_changelist"
ADD = "admin:profiles_webhookendpoint_add"
DELIVERIES = "admin:profiles_webhookdelivery_changelist"
FORM = {
    "url": "https://backend.example/hooks?key=k3y",
    "events": ["avatar.changed"],
    "reason": "Our cache asks for it.",
}


@pytest.fixture(autouse=True)
def receivers() -> Iterator[Receivers]:
    cache.clear()
    with receivers_in_memory() as found:
        yield found


@pytest.fixture
def alice() -> Profile:
    return a_person("alice")


def staff_client(role: str) -> Client:
    make_groups()
    user = User.objects.create_user(role, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def operator() -> Client:
    return staff_client("operate")


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def act(client: Client, action: str, *rows: WebhookEndpoint, reason: str = "") -> Any:
    chosen = {"action": action, "_selected_action": [str(row.pk) for row in rows], "reason": reason}
    return client.post(reverse(LIST), chosen, follow=True)


def test_a_webhook_of_the_site_gets_everybodys_events(operator: Client, alice: Profile, receivers: Receivers) -> None:
    added = operator.post(reverse(ADD), FORM)
    [secret] = re.findall(r"whsec_[0-9A-Za-z+/]{43}=", added.content.decode())
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.profile is None
    [entry] = AuditEntry.objects.filter(action="webhook.create")
    assert (entry.detail["host"], "k3y" in str(entry.detail), entry.is_by_staff) == ("backend.example", False, True)
    assert entry.detail["reason"] == FORM["reason"]
    for person in (alice, a_person("bob")):
        an_upload(person)
    deliver_due(timezone.now())
    assert {message.payload["data"]["handle"] for message in receivers.messages} == {"alice", "bob"}
    assert all(message.signed_by(secret) for message in receivers.messages)

    shown = text_of(operator.get(reverse(LIST)))
    assert "backend.example" in shown
    assert "k3y" not in shown + text_of(
        operator.get(reverse("admin:profiles_webhookendpoint_change", args=[endpoint.pk]))
    )
    rotated = act(operator, "rotate", endpoint)
    assert secret not in text_of(rotated)
    assert "whsec_" in text_of(rotated)
    act(operator, "test", endpoint)
    deliver_due(timezone.now())
    assert receivers.types[-1] == "webhook.test"
    act(operator, "delete_own", endpoint, reason="We use another program.")
    assert not WebhookEndpoint.objects.exists()


def test_what_is_wrong_is_said_at_the_form(operator: Client) -> None:
    answer = operator.post(reverse(ADD), FORM | {"url": "http://backend.example/"})
    assert (answer.status_code, "We only post to https:." in text_of(answer)) == (422, True)


def test_only_who_may_operate_adds_or_stops(alice: Profile) -> None:
    endpoint = a_webhook(alice).endpoint
    for role in ("look", "moderate"):
        client = staff_client(role)
        assert client.get(reverse(LIST)).status_code == 200
        assert client.post(reverse(ADD), FORM).status_code == 403
        act(client, "stop", endpoint, reason="No.")
    assert [each.is_stopped for each in WebhookEndpoint.objects.all()] == [False]


def test_a_persons_webhook_is_stopped_with_a_reason_that_they_read(operator: Client, alice: Profile) -> None:
    endpoint = a_webhook(alice).endpoint
    assert "Why? The reason stands in the audit." in text_of(act(operator, "stop", endpoint))
    assert "1 webhook is stopped." in text_of(act(operator, "stop", endpoint, reason="It floods a host."))
    assert Notice.objects.get(profile=alice).sentence == "It floods a host."
    assert AuditEntry.objects.get(action="webhook.stop").is_by_staff
    act(operator, "rotate", endpoint)
    act(operator, "test", endpoint)
    act(operator, "delete_own", endpoint, reason="Not theirs to delete.")
    assert (WebhookEndpoint.objects.get().secret, WebhookDelivery.objects.count()) == (endpoint.secret, 0)
    act(operator, "resume", endpoint)
    assert not WebhookEndpoint.objects.get().is_stopped


def test_a_delivery_is_found_by_its_webhook_id(operator: Client, alice: Profile, receivers: Receivers) -> None:
    receivers.answers[HOOK] = 500
    endpoint = a_webhook(alice).endpoint
    an_upload(alice)
    deliver_due(timezone.now())
    [message] = receivers.messages
    for words in (message.id, message.id.removeprefix("msg_"), str(endpoint.pk), "alice"):
        found = text_of(operator.get(reverse(DELIVERIES), {"q": words}))
        assert message.id in found
        assert "answered with status 500" in found
    assert message.id not in text_of(operator.get(reverse(DELIVERIES), {"q": "msg_" + "0" * 32}))
    hits = list(find_webhooks(message.id, alice.user))
    assert [hit.label for hit in hits] == ["avatar.changed → hooks.example"]
    assert [hit.label for hit in find_webhooks(str(endpoint.pk), alice.user)] == ["hooks.example"]
    assert list(find_webhooks("msg_x'", alice.user)) == []
    assert operator.get(hits[0].url).status_code == 200
    for query in ("whose=site", "whose=people", "state=running", "state=failing", "state=stopped"):
        assert operator.get(f"{reverse(LIST)}?{query}").status_code == 200
