"""Send the deliveries that are due, many endpoints at the same time, each event at least once.

A page of deliveries is leased in fair shares, so that no endpoint delays another for longer than one time-out. After a
failure an endpoint is left alone until the next run. What a worker was at when it crashed is sent again, with the same
`webhook-id`. No order is promised.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from uuid import UUID

from django.db import transaction

from profiles import settings, sources
from profiles.errors import ExpectedError
from profiles.jobs import enqueue, job
from profiles.leases import due, lease_shares
from profiles.models import WebhookDelivery, WebhookEndpoint
from profiles.sentences import gettext as _
from profiles.sources import PostClient, Posted
from profiles.webhooks.events import TEST, build_payload
from profiles.webhooks.signing import secrets_of, sign
from profiles.webhooks.stopping import cancel_delivery, stop_endpoint

State = WebhookDelivery.State
#: Deliveries of one run, and the threads that send them.
AT_ONCE = 32
#: The waits before each further try, by the specification's schedule: eight tries in 31 hours.
WAITS = tuple(timedelta(seconds=each) for each in (5, 300, 1800, 7200, 18_000, 36_000, 50_400))
#: Each wait is this much longer at most, by chance: what failed together is not tried together.
JITTER = 0.1
#: What was not sent for a reason of ours, or as its endpoint had just failed, waits so long.
HELD_BACK = timedelta(seconds=5)
GONE = 410


@dataclass
class Parcel:
    """A delivery, ready to be sent. `outcome` stays None if nothing was sent."""

    delivery: WebhookDelivery
    keys: list[str]
    content: bytes
    outcome: Posted | Exception | None = None
    milliseconds: int = 0

    @property
    def is_delivered(self) -> bool:
        return isinstance(self.outcome, Posted) and 200 <= self.outcome.status < 300


@dataclass(frozen=True)
class Run:
    """When a run began, by both clocks, and the client that it sends with."""

    client: PostClient
    now: datetime
    began: float

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.began


@job(queue="webhooks", every=timedelta(seconds=10), once=True)
def deliver_due(now: datetime) -> int:
    """Send a page of due deliveries, and return how many were delivered. More that are due are sent by another run."""
    if not sources.can_post():
        return 0
    rows = WebhookDelivery.objects.select_related("event", "endpoint__profile")
    leased = lease_shares(rows, now, AT_ONCE, by="endpoint_id")
    if not leased:
        return 0
    run = Run(sources.get_post_client(), now, time.monotonic())
    parcels = [parcel for delivery in leased if (parcel := _pack(delivery, now)) is not None]
    groups = _by_endpoint(parcels)
    with ThreadPoolExecutor(max(1, len(groups))) as pool:
        list(pool.map(partial(_send_group, run), groups))
    for parcel in parcels:
        with parcel.delivery.attempting(now):
            _record(parcel, now)
    if due(WebhookDelivery.objects.all(), now).exists():
        enqueue(deliver_due)
    return sum(parcel.is_delivered for parcel in parcels)


def _pack(delivery: WebhookDelivery, now: datetime) -> Parcel | None:
    """Return what to send, or None if it is not to be sent, or can't be."""
    endpoint = delivery.endpoint
    with delivery.attempting(now):
        if endpoint.profile is not None and endpoint.profile.is_hidden:
            cancel_delivery(delivery)
            return None
        try:
            keys = secrets_of(endpoint, now)
        except ExpectedError as error:
            stop_endpoint(endpoint, error.sentence, now)
            return None
        is_own = endpoint.profile_id is not None
        return Parcel(delivery, keys, build_payload(delivery.event, is_own=is_own))
    return None


def _by_endpoint(parcels: Iterable[Parcel]) -> list[list[Parcel]]:
    def endpoint_of(parcel: Parcel) -> UUID:
        return parcel.delivery.endpoint_id

    return [list(group) for _, group in groupby(sorted(parcels, key=endpoint_of), key=endpoint_of)]


def _send_group(run: Run, parcels: list[Parcel]) -> None:
    """Send to one endpoint, one after the other, until one fails or the time of the run is over. No database here."""
    for parcel in parcels:
        if run.elapsed >= settings.current().webhook_time.total_seconds():
            return
        _send(run, parcel)
        if not parcel.is_delivered:
            return


def _send(run: Run, parcel: Parcel) -> None:
    endpoint, began = parcel.delivery.endpoint, run.elapsed
    at = run.now + timedelta(seconds=began)
    headers = sign(parcel.keys, parcel.delivery.event.message_id, at, parcel.content)
    seconds = settings.current().webhook_time.total_seconds()
    is_paced = endpoint.profile_id is not None
    try:
        parcel.outcome = run.client.post(endpoint.url, parcel.content, headers, seconds, is_paced=is_paced)
    except Exception as error:  # noqa: BLE001 - told to the row's own record of attempts, in the main thread
        parcel.outcome = error
    parcel.milliseconds = round((run.elapsed - began) * 1000)


def _record(parcel: Parcel, now: datetime) -> None:
    """Record the outcome. What is no answer and no expected error is raised, and counted as a crash."""
    delivery, outcome = parcel.delivery, parcel.outcome
    if outcome is None:
        delivery.postpone(now, HELD_BACK)
    elif isinstance(outcome, Posted):
        answered = {"tried_at": now, "status": outcome.status, "milliseconds": parcel.milliseconds}
        if parcel.is_delivered:
            _record_success(delivery, answered)
        else:
            sentence = _(
                "%(host)s answered with status %(status)s.", host=delivery.endpoint.host, status=str(outcome.status)
            )
            _record_failure(delivery, sentence, now, answered, outcome.retry_after or 0)
            if outcome.status == GONE:
                reason = _("%(host)s answered that it wants no more webhooks (410).", host=delivery.endpoint.host)
                stop_endpoint(delivery.endpoint, reason, now)
    elif isinstance(outcome, ExpectedError):
        _record_failure(delivery, outcome.sentence, now, {"tried_at": now, "status": None, "milliseconds": None})
    else:
        raise outcome


def _record_success(delivery: WebhookDelivery, answered: dict[str, object]) -> None:
    with transaction.atomic():
        if delivery.release(None, state=State.DELIVERED, **answered):
            failed = WebhookEndpoint.objects.filter(pk=delivery.endpoint_id, failing_since__isnull=False)
            failed.update(failing_since=None)


def _record_failure(
    delivery: WebhookDelivery, sentence: str, now: datetime, answered: dict[str, object], retry_after: int = 0
) -> None:
    """Try again later, or fail for good after the last try. An endpoint that failed for days is stopped then."""
    endpoints = WebhookEndpoint.objects.filter(pk=delivery.endpoint_id)
    with transaction.atomic():
        endpoints.filter(failing_since=None).update(failing_since=now)
        if delivery.tries <= len(WAITS) and delivery.event.type != TEST:
            wait = WAITS[delivery.tries - 1] * random.uniform(1, 1 + JITTER)  # noqa: S311 - not a secret
            wait = max(wait, min(timedelta(seconds=retry_after), WAITS[-1]))
            if delivery.retry(sentence, now, wait, **answered) and wait < timedelta(minutes=1):
                enqueue(deliver_due, delay=wait.total_seconds())
            return
        delivery.fail(sentence, state=State.FAILED, **answered)
        since = now - timedelta(days=settings.current().webhook_failing_days)
        failing = endpoints.filter(failing_since__lte=since).first()
        if failing is not None:
            days = settings.current().webhook_failing_days
            stop_endpoint(failing, _("It did not answer as it should for %(days)s days.", days=days), now)
