"""The pages on which people register webhooks: plain forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from profiles import sources
from profiles.models import AuditEntry, Profile, WebhookDelivery, WebhookEndpoint
from profiles.people.webhook_endpoints import get_endpoints
from profiles.testing.people import an_upload
from profiles.webhooks.delivering import deliver_due
from tests.kit.webhooks import HOOK, Receivers, a_webhook, receivers_in_memory

PAGE = "/settings/webhooks/"
SECRET = re.compile(r"whsec_[0-9A-Za-z+/]{43}=")
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def receivers() -> Iterator[Receivers]:
    cache.clear()
    with receivers_in_memory() as found:
        yield found


@pytest.fixture
def her(client: Client, alice: Profile) -> Client:
    client.force_login(alice.user)
    return client


def text_of(answer: Any) -> str:
    return unescape(answer.content.decode())


def page_of(endpoint: WebhookEndpoint, act: str = "") -> str:
    return f"{PAGE}{endpoint.pk}/{act}"


def test_a_new_webhook_shows_its_secret_once(her: Client) -> None:
    assert "No webhooks" in text_of(her.get(PAGE))
    answer = her.post(PAGE, {"url": f" {HOOK}", "events": ["avatar.changed", "picture.removed"]})
    assert len(set(SECRET.findall(text_of(answer)))) == 1
    assert "no-store" in answer["Cache-Control"]
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.url, endpoint.events) == (HOOK, ["avatar.changed", "picture.removed"])
    again = text_of(her.get(PAGE))
    assert not SECRET.search(again)
    assert "hooks.example" in again
    [entry] = AuditEntry.objects.filter(action="webhook.create")
    assert (entry.detail["host"], HOOK in str(entry.detail)) == ("hooks.example", False)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"url": ""}, "This field is required."),
        ({"url": "http://hooks.example/"}, "We only post to https:."),
        ({"events": []}, "Choose at least one event."),
    ],
)
def test_what_is_wrong_is_said_at_the_form(her: Client, fields: dict[str, Any], sentence: str) -> None:
    answer = her.post(PAGE, {"url": HOOK, "events": ["avatar.changed"]} | fields)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert not WebhookEndpoint.objects.exists()


def test_the_last_deliveries_and_how_they_went(her: Client, alice: Profile, receivers: Receivers) -> None:
    endpoint = a_webhook(alice).endpoint
    assert "Nothing was sent yet" in text_of(her.get(page_of(endpoint)))
    her.post(page_of(endpoint, "test/"))
    receivers.answers[HOOK] = 500
    deliver_due(timezone.now())
    shown = text_of(her.get(page_of(endpoint)))
    assert "webhook.test" in shown
    assert "Status 500 after" in shown
    assert "hooks.example answered with status 500." in shown

    receivers.answers.clear()
    delivery = WebhookDelivery.objects.get()
    answer = her.post(page_of(endpoint, f"{delivery.pk}/again/"), follow=True)
    assert "on its way again" in text_of(answer)
    deliver_due(timezone.now())
    assert "Status 204 after" in text_of(her.get(page_of(endpoint)))
    assert "gone" in text_of(her.post(page_of(endpoint, f"{uuid4()}/again/"), follow=True))


def test_the_secret_the_events_and_the_end(her: Client, alice: Profile) -> None:
    fresh = a_webhook(alice)
    page = page_of(fresh.endpoint)
    rotated = text_of(her.post(page_of(fresh.endpoint, "rotate/")))
    [secret] = set(SECRET.findall(rotated))
    assert secret != fresh.secret
    assert "events are signed by the former secret, too" in rotated

    her.post(page, {"events": ["picture.removed"]})
    assert get_endpoints(alice)[0].events == ["picture.removed"]
    assert her.post(page, {"events": []}).status_code == 422

    her.post(page_of(fresh.endpoint, "pause/"))
    assert "This webhook is paused" in text_of(her.get(page))
    her.post(page_of(fresh.endpoint, "resume/"))
    assert not get_endpoints(alice)[0].is_stopped
    assert "is deleted" in text_of(her.post(page_of(fresh.endpoint, "delete/"), follow=True))
    assert get_endpoints(alice) == []


def test_its_address_is_changed_on_its_page(her: Client, alice: Profile, receivers: Receivers) -> None:
    fresh = a_webhook(alice)
    page, moved = page_of(fresh.endpoint), "https://elsewhere.example/hook"
    assert f'value="{HOOK}"' in text_of(her.get(page))
    an_upload(alice)
    assert "new address from now on" in text_of(her.post(f"{page}address/", {"url": moved}, follow=True))
    deliver_due(timezone.now())
    assert [message.url for message in receivers.messages] == [moved]
    assert receivers.messages[0].signed_by(fresh.secret)
    [entry] = AuditEntry.objects.filter(action="webhook.address")
    assert (entry.detail["former"], entry.detail["host"]) == ("hooks.example", "elsewhere.example")
    refused = her.post(f"{page}address/", {"url": "http://elsewhere.example/"})
    assert (refused.status_code, "We only post to https:." in text_of(refused)) == (422, True)
    assert get_endpoints(alice)[0].url == moved


def test_it_is_said_to_work_only_once_it_has(her: Client, alice: Profile) -> None:
    endpoint = a_webhook(alice).endpoint
    assert "Works" not in text_of(her.get(PAGE))
    her.post(page_of(endpoint, "test/"))
    deliver_due(timezone.now())
    assert "Works" in text_of(her.get(PAGE))


def test_nobody_reaches_anothers_webhook(her: Client, bob: Profile) -> None:
    endpoint = a_webhook(bob).endpoint
    an_upload(bob)
    delivery = WebhookDelivery.objects.get()
    assert her.get(page_of(endpoint)).status_code == 404
    for act in ("address/", "rotate/", "pause/", "resume/", "delete/", "test/", f"{delivery.pk}/again/"):
        assert her.post(page_of(endpoint, act)).status_code == 404
    assert WebhookEndpoint.objects.get() == endpoint


def test_where_nothing_can_be_posted_the_page_says_so(her: Client) -> None:
    sources._post_clients.clear()
    shown = text_of(her.get(PAGE))
    assert "Webhooks are off" in shown
    assert "Add a webhook" not in shown
    assert her.post(PAGE, {"url": HOOK, "events": ["avatar.changed"]}).status_code == 422
    assert not WebhookEndpoint.objects.exists()
