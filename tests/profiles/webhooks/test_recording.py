"""Events are written with what they report, for whoever wants them, and say only what they may."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from profiles import sources
from profiles.models import Profile, WebhookDelivery, WebhookEndpoint, WebhookEvent
from profiles.people.hiding import set_hidden_by_staff
from profiles.people.webhook_endpoints import pause_endpoint
from profiles.pictures.changing import lock_profile, refresh_current
from profiles.pictures.moderation import hide_avatar
from profiles.pictures.rights import moderate_avatar
from profiles.testing.people import a_person, an_upload
from profiles.webhooks.delivering import deliver_due
from profiles.webhooks.events import build_payload
from profiles.webhooks.recording import record_picture_change
from profiles.webhooks.upkeep import delete_old_events
from tests.kit.webhooks import Receivers, a_webhook

ALL = ("avatar.changed", "picture.removed")
pytestmark = pytest.mark.django_db


def deliver_all() -> None:
    while deliver_due(timezone.now()):
        pass


def test_a_change_is_told_with_what_others_see(alice: Profile, receivers: Receivers) -> None:
    a_webhook(alice)
    an_upload(alice)
    deliver_all()
    [message] = receivers.messages
    assert message.payload["data"] == {
        "handle": "alice",
        "picture_url": "http://localhost:8000/avatar/alice",
        "has_picture": True,
        "version": 1,
    }
    assert message.payload["timestamp"].endswith("Z")


def test_an_event_lives_and_dies_with_its_change(alice: Profile) -> None:
    a_webhook(alice)
    with transaction.atomic():
        an_upload(alice)
        assert WebhookDelivery.objects.exists()
        transaction.set_rollback(True)
    assert not WebhookEvent.objects.exists()


def test_nothing_is_written_for_nobody(alice: Profile, bob: Profile) -> None:
    a_webhook(bob)
    stopped = a_webhook(alice, url="https://stopped.example/").endpoint
    pause_endpoint(alice, stopped.pk, now=timezone.now(), actor=alice.user)
    a_webhook(alice, "picture.removed", url="https://removed.example/")
    an_upload(alice)
    assert not WebhookEvent.objects.exists()


def test_where_nobody_listens_an_event_costs_one_query_and_without_a_client_none(
    alice: Profile, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        record_picture_change(alice, timezone.now())
    sources._post_clients.clear()
    with django_assert_num_queries(0):
        record_picture_change(alice, timezone.now())


def test_of_several_changes_only_the_last_is_sent(alice: Profile, receivers: Receivers) -> None:
    a_webhook(alice)
    for _ in range(3):
        an_upload(alice)
    assert WebhookEvent.objects.count() == WebhookDelivery.objects.count() == 1
    deliver_all()
    assert [message.payload["data"]["version"] for message in receivers.messages] == [3]


def test_a_newer_change_ends_the_tries_of_an_older_one(alice: Profile, receivers: Receivers) -> None:
    endpoint = a_webhook(alice).endpoint
    receivers.answers[endpoint.url] = 500
    an_upload(alice)
    deliver_all()
    receivers.answers.clear()
    an_upload(alice)
    deliver_all()
    assert [delivery.state for delivery in WebhookDelivery.objects.order_by("created_at")] == ["canceled", "delivered"]


def test_a_removal_tells_its_owner_why_and_others_only_that_it_was(alice: Profile, receivers: Receivers) -> None:
    own = a_webhook(alice, *ALL).endpoint
    site = a_webhook(None, *ALL, url="https://site.example/", actor=a_person("op").user).endpoint
    avatar, staff = an_upload(alice), a_person("mod").user
    deliver_all()
    receivers.messages.clear()
    hide_avatar(avatar.pk, "to look at it", staff)
    moderate_avatar(avatar.pk, "It is somebody else’s work.", staff)
    deliver_all()
    told = {(each.url, each.type): each.payload["data"] for each in receivers.messages}
    assert told[own.url, "picture.removed"] == {
        "handle": "alice",
        "was_shown": False,
        "picture_id": str(avatar.pk),
        "reason": "It is somebody else’s work.",
    }
    assert (site.url, "picture.removed") not in told  # nobody saw it any more
    assert told[site.url, "avatar.changed"]["has_picture"] is False

    second = an_upload(alice)
    moderate_avatar(second.pk, "No.", staff)
    receivers.messages.clear()
    deliver_all()
    told = {(each.url, each.type): each.payload["data"] for each in receivers.messages}
    assert told[site.url, "picture.removed"] == {"handle": "alice", "was_shown": True}


def test_hidden_people_are_told_nothing_and_others_only_that_they_are_gone(
    alice: Profile, receivers: Receivers
) -> None:
    a_webhook(alice, *ALL)
    site = a_webhook(None, *ALL, url="https://site.example/", actor=a_person("op").user).endpoint
    avatar = an_upload(alice)
    set_hidden_by_staff(alice, is_hidden=True)
    alice.refresh_from_db()
    moderate_avatar(avatar.pk, "No.", a_person("mod").user)
    deliver_all()
    assert {message.url for message in receivers.messages} == {site.url}
    assert [message.payload["data"]["has_picture"] for message in receivers.messages] == [False]
    canceled = WebhookDelivery.objects.get(endpoint__profile=alice)
    assert canceled.state == "canceled"  # the upload, which was not sent before


def test_old_events_are_deleted_with_their_deliveries(alice: Profile) -> None:
    a_webhook(alice)
    an_upload(alice)
    now = timezone.now()
    assert delete_old_events(now + timedelta(days=29)) == 0
    assert delete_old_events(now + timedelta(days=31)) == 1
    assert not WebhookDelivery.objects.exists()


def test_a_payload_is_the_same_at_every_try(alice: Profile) -> None:
    a_webhook(alice)
    an_upload(alice)
    event = WebhookEvent.objects.get()
    assert build_payload(event, is_own=True) == build_payload(WebhookEvent.objects.get(), is_own=True)
    assert WebhookEndpoint.objects.get().events == ["avatar.changed"]


def test_a_change_that_nobody_can_see_is_no_event(alice: Profile) -> None:
    an_upload(alice)
    a_webhook(alice)
    with lock_profile(alice.pk) as owner:
        refresh_current(owner, "profile.on_loss", None)
    assert not WebhookEvent.objects.exists()
