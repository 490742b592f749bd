"""A worker that is killed at any moment loses no event: it is sent at least once, under the same id."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from multiprocessing import Pipe

import pytest
from django.utils import timezone

from profiles import sources
from profiles.models import Profile, WebhookDelivery
from profiles.sources import Posted
from profiles.webhooks.delivering import deliver_due
from profiles.webhooks.recording import record_picture_change
from tests.kit.dying import dies_at
from tests.kit.webhooks import a_webhook

RECEIVING, SENDING = Pipe(duplex=False)


class ToParent:
    """A PostClient that tells the test's process what a killed worker had sent."""

    def check(self, address: str) -> None:
        pass

    def post(
        self, address: str, content: bytes, headers: Mapping[str, str], seconds: float, *, is_paced: bool
    ) -> Posted:
        SENDING.send(headers["webhook-id"])
        return Posted(204)


def arrived() -> list[str]:
    found = []
    while RECEIVING.poll():
        found.append(str(RECEIVING.recv()))
    return found


@pytest.mark.django_db(transaction=True)
def test_an_event_survives_whenever_its_worker_dies(alice: Profile) -> None:
    a_webhook(alice)
    sources.register_post_client(f"{__name__}.ToParent")
    record_picture_change(alice, timezone.now())
    delivery = WebhookDelivery.objects.select_related("event").get()
    now, kills, ids = timezone.now(), 0, list[str]()
    while dies_at(kills + 1, partial(deliver_due, now)):
        kills += 1
        ids += arrived()
        delivery.refresh_from_db()
        assert delivery.state == "pending"
        assert delivery.due_at is not None
        assert delivery.due_at <= now + timedelta(minutes=2)
        now += timedelta(minutes=3)
    ids += arrived()
    delivery.refresh_from_db()
    assert kills >= 2
    assert delivery.state == "delivered"
    assert len(ids) >= 2  # it was sent before a worker died that could not record it
    assert set(ids) == {delivery.event.message_id}
