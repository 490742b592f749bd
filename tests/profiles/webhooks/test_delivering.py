"""Deliveries are signed, tried again for a day, and never let one receiver delay another."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from profiles.errors import ExpectedError, Kind
from profiles.models import Notice, Profile, WebhookDelivery, WebhookEndpoint
from profiles.people.webhook_endpoints import (
    OVERLAP,
    WebhookError,
    create_endpoint,
    pause_endpoint,
    resume_endpoint,
    rotate_secret,
    send_again,
    send_test,
)
from profiles.sources import Posted
from profiles.testing.people import a_person
from profiles.webhooks.delivering import WAITS, deliver_due
from profiles.webhooks.recording import record_picture_change
from tests.kit.webhooks import HOOK, Receivers, a_webhook

pytestmark = pytest.mark.django_db
DOWN = Kind("unreachable", "Unreachable", 502, permanent=False)


def an_event(profile: Profile) -> None:
    record_picture_change(profile, timezone.now())


def delivery() -> WebhookDelivery:
    return WebhookDelivery.objects.select_related("endpoint").get()


def try_until_it_ends(now: datetime) -> list[timedelta]:
    """Deliver at each time at which the one delivery is due. Return the waits between them."""
    waits = list[timedelta]()
    while True:
        deliver_due(now)
        due_at = delivery().due_at
        if due_at is None:
            return waits
        waits.append(due_at - now)
        now = due_at


def test_an_event_is_signed_and_its_answer_is_kept(alice: Profile, receivers: Receivers) -> None:
    fresh = a_webhook(alice)
    an_event(alice)
    assert deliver_due(timezone.now()) == 1
    [message] = receivers.messages
    assert message.signed_by(fresh.secret)
    assert not message.signed_by("whsec_" + "A" * 40)
    assert message.id.startswith("msg_")
    row = delivery()
    assert (row.state, row.status, row.due_at, row.attempt) == ("delivered", 204, None, None)
    assert row.milliseconds is not None


def test_a_rotated_secret_signs_beside_the_new_one_for_a_day(alice: Profile, receivers: Receivers) -> None:
    fresh, now = a_webhook(alice), timezone.now()
    second = rotate_secret(alice, fresh.endpoint.pk, now=now, actor=alice.user)
    an_event(alice)
    deliver_due(now + timedelta(seconds=10))
    assert receivers.messages[0].signed_by(fresh.secret)
    assert receivers.messages[0].signed_by(second.secret)
    an_event(alice)
    deliver_due(now + OVERLAP + timedelta(seconds=1))
    assert not receivers.messages[1].signed_by(fresh.secret)
    assert receivers.messages[1].signed_by(second.secret)


def test_a_secret_is_not_in_the_database_and_follows_secret_key(
    alice: Profile, receivers: Receivers, settings: Settings
) -> None:
    fresh = a_webhook(alice)
    assert fresh.secret not in str(WebhookEndpoint.objects.values().get())
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "b" * 60, [settings.SECRET_KEY]
    an_event(alice)
    deliver_due(timezone.now())
    assert receivers.messages[0].signed_by(fresh.secret)
    settings.SECRET_KEY_FALLBACKS = []
    an_event(alice)
    deliver_due(timezone.now())
    endpoint = WebhookEndpoint.objects.get()
    assert "Make a new one" in endpoint.stop_reason
    assert len(receivers.messages) == 1


def test_a_failure_is_tried_eight_times_in_thirty_one_hours(alice: Profile, receivers: Receivers) -> None:
    a_webhook(alice)
    receivers.answers[HOOK] = 503
    an_event(alice)
    waits = try_until_it_ends(timezone.now())
    assert len(waits) == len(WAITS) == 7
    assert all(planned <= wait <= planned * 1.1 for planned, wait in zip(WAITS, waits, strict=True))
    assert timedelta(hours=31) < sum(waits, timedelta()) < timedelta(hours=35)
    row = delivery()
    assert (row.state, row.status) == ("failed", 503)
    assert row.last_error == "hooks.example answered with status 503."
    assert len({message.id for message in receivers.messages}) == 1
    assert len({message.content for message in receivers.messages}) == 1


def test_a_receiver_may_ask_for_a_longer_wait(alice: Profile, receivers: Receivers) -> None:
    a_webhook(alice)
    receivers.answers[HOOK] = Posted(429, 900)
    an_event(alice)
    now = timezone.now()
    deliver_due(now)
    assert delivery().due_at == now + timedelta(seconds=900)
    receivers.answers[HOOK] = Posted(429, 999_999)
    deliver_due(now + timedelta(seconds=900))
    due_at = delivery().due_at
    assert due_at is not None
    assert due_at < now + timedelta(hours=15)


def test_no_answer_is_a_failure_and_a_busy_host_is_not(alice: Profile, receivers: Receivers) -> None:
    a_webhook(alice)
    receivers.answers[HOOK] = None
    an_event(alice)
    now = timezone.now()
    deliver_due(now)
    row = delivery()
    assert (row.tries, row.due_at, row.tried_at) == (0, now + timedelta(seconds=5), None)
    receivers.answers[HOOK] = ExpectedError("hooks.example can't be reached.", DOWN)
    deliver_due(now + timedelta(seconds=5))
    row = delivery()
    assert (row.tries, row.status, row.milliseconds) == (1, None, None)
    assert row.last_error == "hooks.example can't be reached."
    assert row.endpoint.failing_since == now + timedelta(seconds=5)


def test_410_stops_an_endpoint_and_tells_its_owner(alice: Profile, receivers: Receivers) -> None:
    a_webhook(alice)
    receivers.answers[HOOK] = 410
    an_event(alice)
    deliver_due(timezone.now())
    row = delivery()
    assert (row.state, row.due_at) == ("canceled", None)
    assert row.endpoint.is_stopped
    notice = Notice.objects.get(kind="webhook_stopped")
    assert (notice.facts["host"], "410" in notice.sentence) == ("hooks.example", True)


def test_an_endpoint_that_fails_for_days_is_stopped_and_one_that_answers_in_between_is_not(
    alice: Profile, receivers: Receivers
) -> None:
    a_webhook(alice)
    receivers.answers[HOOK] = 500
    an_event(alice)
    now = timezone.now()
    try_until_it_ends(now)
    assert not delivery().endpoint.is_stopped  # 31 hours are no five days

    WebhookEndpoint.objects.update(failing_since=now - timedelta(days=6))
    WebhookDelivery.objects.all().delete()
    an_event(alice)
    try_until_it_ends(now)
    stopped = WebhookEndpoint.objects.get()
    assert stopped.stop_reason == "It did not answer as it should for 5 days."
    assert Notice.objects.filter(kind="webhook_stopped", profile=alice).count() == 1

    resume_endpoint(alice, stopped.pk, actor=alice.user)
    receivers.answers.clear()
    send_again(alice, stopped.pk, delivery().pk, now=now, actor=alice.user)
    deliver_due(now)
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.failing_since, endpoint.is_stopped, delivery().state) == (None, False, "delivered")


def test_a_test_event_is_sent_once_also_to_a_paused_endpoint(alice: Profile, receivers: Receivers) -> None:
    endpoint = a_webhook(alice).endpoint
    now = timezone.now()
    pause_endpoint(alice, endpoint.pk, now=now, actor=alice.user)
    receivers.answers[HOOK] = 500
    send_test(alice, endpoint.pk, now=now, actor=alice.user)
    deliver_due(now)
    assert receivers.types == ["webhook.test"]
    assert delivery().state == "failed"


def test_pausing_sends_nothing_more_of_what_waits(alice: Profile, receivers: Receivers) -> None:
    endpoint = a_webhook(alice).endpoint
    an_event(alice)
    pause_endpoint(alice, endpoint.pk, now=timezone.now(), actor=alice.user)
    deliver_due(timezone.now())
    assert receivers.messages == []
    assert delivery().state == "canceled"


def test_after_a_failure_an_endpoint_is_left_alone_and_others_go_on(
    alice: Profile, bob: Profile, receivers: Receivers
) -> None:
    broken = "https://broken.example/"
    for event in range(4):
        a_webhook(alice if event % 2 else bob, url=broken)
    site = a_webhook(None, url="https://site.example/", actor=alice.user).endpoint
    receivers.answers[broken] = 500
    for person in [alice, bob, a_person("carol"), a_person("dave")]:
        an_event(person)
    site_rows = WebhookDelivery.objects.filter(endpoint=site)
    receivers.answers[site.url] = 500
    deliver_due(timezone.now())
    assert sum(message.url == site.url for message in receivers.messages) == 1
    assert site_rows.filter(tries=1).count() == 1
    assert site_rows.filter(tries=0, due_at__isnull=False).count() == 3
    assert sum(message.url == broken for message in receivers.messages) == 4
    assert [message.is_paced for message in receivers.messages if message.url == site.url] == [False]


def test_an_error_that_nobody_expected_waits_for_staff_after_three_times(
    alice: Profile, receivers: Receivers, caplog: pytest.LogCaptureFixture
) -> None:
    a_webhook(alice)
    receivers.answers[HOOK] = RuntimeError("a bug")
    an_event(alice)
    with caplog.at_level(logging.CRITICAL):
        try_until_it_ends(timezone.now())
    row = delivery()
    assert (row.state, row.crashes) == ("pending", 3)
    assert row.gave_up_at is not None


def test_a_run_ends_in_time_and_sends_the_rest_later(
    alice: Profile, receivers: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = a_webhook(None, url="https://site.example/", actor=alice.user).endpoint
    for person in [alice, a_person("carol")]:
        an_event(person)
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr("profiles.webhooks.delivering.time.monotonic", lambda: float(next(clock)))
    deliver_due(timezone.now())
    rows = WebhookDelivery.objects.filter(endpoint=site)
    assert sorted(rows.values_list("state", flat=True)) == ["delivered", "pending"]


def refused(act: Callable[[], Any]) -> str:
    with pytest.raises(ExpectedError) as caught:
        act()
    return str(caught.value)


def test_what_can_be_added(alice: Profile, settings: Settings) -> None:
    now = timezone.now()

    def add(url: str = HOOK, events: tuple[str, ...] = ("avatar.changed",)) -> Any:
        return create_endpoint(alice, url, events, now=now, actor=alice.user)

    assert "only post to https" in refused(lambda: add("http://hooks.example/"))
    assert "at least one event" in refused(lambda: add(events=("nothing.known",)))
    assert "longer than" in refused(lambda: add("https://hooks.example/" + "a" * 600))
    settings.WEBHOOK_ENDPOINTS = 1
    add()
    assert "as many as" in refused(add)
    with pytest.raises(WebhookError):
        send_test(a_person("mallory"), WebhookEndpoint.objects.get().pk, now=now, actor=alice.user)
