"""What a person may do with their endpoints, and staff with those that get the events of everybody (`profile` None).

All functions may raise WebhookError. A secret is returned once, when it is made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from profiles import limits, settings
from profiles.audit import record, record_as_staff
from profiles.errors import ExpectedError, Kind
from profiles.jobs import enqueue
from profiles.leases import fresh
from profiles.models import Notice, Profile, WebhookDelivery, WebhookEndpoint, WebhookEvent
from profiles.notices.recording import NewNotice, record_notice
from profiles.notices.words import TEMPLATE
from profiles.people.profiles import profile_of
from profiles.positions import Position, take_page
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop
from profiles.sources import can_post, get_post_client
from profiles.webhooks.delivering import deliver_due
from profiles.webhooks.events import TEST, known_types
from profiles.webhooks.recording import deliver
from profiles.webhooks.signing import encrypt, new_secret
from profiles.webhooks.stopping import cancel_pending, stop_endpoint

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

#: How long a former secret signs besides the new one.
OVERLAP = timedelta(hours=24)
#: Endpoints without a person.
MOST_OF_SITE = 20
MAX_URL = 500
#: Endpoints that a person may make in an hour, and events that they may send by hand.
NEW_PER_HOUR, TESTS_PER_HOUR = 20, 30
#: Deliveries that a page shows.
SHOWN = 30
State = WebhookDelivery.State


class WebhookError(ExpectedError):
    """An endpoint can't be made or changed so."""

    kind = Kind("webhook-refused", gettext_noop("The webhook can't be made"), 422)


NO_SUCH_WEBHOOK = Kind("no-such-webhook", gettext_noop("No such webhook"), 404)
TOO_MANY_WEBHOOKS = Kind("too-many-webhooks", gettext_noop("Too many webhooks"), 409)


@dataclass(frozen=True)
class FreshEndpoint:
    """An endpoint whose secret was just made. `secret` is shown nowhere else."""

    endpoint: WebhookEndpoint
    secret: str


def get_endpoints(profile: Profile | None) -> list[WebhookEndpoint]:
    return list(WebhookEndpoint.objects.filter(profile=profile))


def get_endpoint(profile: Profile | None, endpoint_id: UUID) -> WebhookEndpoint:
    found = WebhookEndpoint.objects.filter(profile=profile, pk=endpoint_id).first()
    if found is None:
        raise WebhookError(_("This webhook is not one of yours, or it is gone."), NO_SUCH_WEBHOOK)
    return found


def get_deliveries(endpoint: WebhookEndpoint) -> list[WebhookDelivery]:
    """Return the newest deliveries with their events."""
    return get_delivery_page(endpoint, None, SHOWN)[0]


def get_delivery_page(
    endpoint: WebhookEndpoint, after: Position | None, size: int
) -> tuple[list[WebhookDelivery], Position | None]:
    """Return deliveries with their events, newest first, and where the next page begins."""
    return take_page(endpoint.deliveries.select_related("event"), "created_at", after, size)


def create_endpoint(
    profile: Profile | None,
    url: str,
    events: Iterable[str],
    *,
    now: datetime,
    actor: User,
    reason: str = "",
    token: str = "",
) -> FreshEndpoint:
    """Create an endpoint for a person, or for all events. The address is judged by its text only.

    `reason` is what staff say for one of the site; the audit keeps it. `token` is the name of the API token with which
    a program asks for it. Its person gets a notice, since the endpoint stays when the token is revoked.
    """
    limits.spend("webhooks", actor.pk, NEW_PER_HOUR)
    url, secret = _check_url(url), new_secret()
    with transaction.atomic():
        _lock_owner(profile)
        _check_count(profile)
        endpoint = WebhookEndpoint.objects.create(
            profile=profile, url=url, events=_check_events(events), secret=encrypt(secret), created_at=now
        )
        _audit(endpoint, "webhook.create", actor, reason, events=endpoint.events)
        _notify_of_program(endpoint, token, now)
    return FreshEndpoint(endpoint, secret)


def change_endpoint(
    profile: Profile | None,
    endpoint_id: UUID,
    *,
    url: str | None = None,
    events: Iterable[str] | None = None,
    now: datetime,
    actor: User,
    token: str = "",
) -> None:
    """Set where the endpoint is, and which events are recorded for it from now on. None leaves it as it is.

    What waits for the former address goes to the new one, signed by the same secret. `token` as in `create_endpoint`.
    """
    chosen = None if events is None else _check_events(events)
    target = None if url is None else _check_url(url)
    with transaction.atomic():
        endpoint = _lock(profile, endpoint_id)
        if chosen is not None and chosen != endpoint.events:
            endpoint.events = chosen
            _audit(endpoint, "webhook.events", actor, events=chosen)
        if target is not None and target != endpoint.url:
            former, endpoint.url, endpoint.failing_since = endpoint.host, target, None
            _audit(endpoint, "webhook.address", actor, former=former)
            _notify_of_program(endpoint, token, now)
        endpoint.save(update_fields=["url", "events", "failing_since"])


def rotate_secret(profile: Profile | None, endpoint_id: UUID, *, now: datetime, actor: User) -> FreshEndpoint:
    """Make a new secret. The former one signs besides it for OVERLAP; one before that is forgotten."""
    secret = new_secret()
    with transaction.atomic():
        endpoint = _lock(profile, endpoint_id)
        endpoint.former_secret, endpoint.former_until = endpoint.secret, now + OVERLAP
        endpoint.secret = encrypt(secret)
        endpoint.save(update_fields=["secret", "former_secret", "former_until"])
        _audit(endpoint, "webhook.rotate", actor)
    return FreshEndpoint(endpoint, secret)


def pause_endpoint(profile: Profile | None, endpoint_id: UUID, *, now: datetime, actor: User) -> None:
    """Stop an endpoint: what happens meanwhile is not sent later. Idempotent."""
    with transaction.atomic():
        endpoint = _lock(profile, endpoint_id)
        if not endpoint.is_stopped:
            endpoint.stopped_at, endpoint.stop_reason = now, ""
            endpoint.save(update_fields=["stopped_at", "stop_reason"])
            cancel_pending(endpoint)
            _audit(endpoint, "webhook.pause", actor)


def resume_endpoint(profile: Profile | None, endpoint_id: UUID, *, actor: User) -> None:
    """Record events for a stopped endpoint again. Idempotent."""
    with transaction.atomic():
        endpoint = _lock(profile, endpoint_id)
        if endpoint.is_stopped:
            endpoint.stopped_at, endpoint.stop_reason, endpoint.failing_since = None, "", None
            endpoint.save(update_fields=["stopped_at", "stop_reason", "failing_since"])
            _audit(endpoint, "webhook.resume", actor)


def stop_as_staff(endpoint: WebhookEndpoint, reason: str, *, now: datetime, actor: User) -> None:
    """Stop anybody's endpoint. Its owner is notified, and reads the reason."""
    with transaction.atomic():
        stop_endpoint(endpoint, reason, now, actor)
        if endpoint.profile is None:
            _audit(endpoint, "webhook.stop", actor, reason)


def delete_endpoint(profile: Profile | None, endpoint_id: UUID, actor: User, *, reason: str = "") -> str:
    """Delete an endpoint with its deliveries. Return its host."""
    with transaction.atomic():
        endpoint = _lock(profile, endpoint_id)
        _audit(endpoint, "webhook.delete", actor, reason)
        endpoint.delete()
    return endpoint.host


def send_test(profile: Profile | None, endpoint_id: UUID, *, now: datetime, actor: User) -> WebhookDelivery:
    """Send an event of the type TEST, once, also to a stopped endpoint. Return its delivery."""
    limits.spend("deliveries", actor.pk, TESTS_PER_HOUR)
    with transaction.atomic():
        endpoint = _lock(profile, endpoint_id)
        data: dict[str, object] = {"endpoint_id": str(endpoint.pk)}
        event = WebhookEvent.objects.create(profile=profile, type=TEST, data=data, at=now)
        deliver(event, [endpoint], now)
    return event.deliveries.get()


def send_again(
    profile: Profile | None, endpoint_id: UUID, delivery_id: UUID, *, now: datetime, actor: User
) -> WebhookDelivery:
    """Send a delivery once more, whatever became of it, with all its tries. One that waits is sent now."""
    limits.spend("deliveries", actor.pk, TESTS_PER_HOUR)
    with transaction.atomic():
        endpoint = _lock(profile, endpoint_id)
        mine = WebhookDelivery.objects.filter(endpoint=endpoint, pk=delivery_id)
        if not mine.update(state=State.PENDING, **fresh(now)):
            raise WebhookError(_("This delivery is gone: it was too old."), NO_SUCH_WEBHOOK)
        enqueue(deliver_due)
    return mine.select_related("event").get()


def stop_all(now: datetime) -> int:
    """Stop every endpoint, as after a restore: which of them were deleted since the dump, nobody knows."""
    reason = _("The site was restored from a backup. Resume it if it is still yours.")
    return WebhookEndpoint.objects.filter(stopped_at=None).update(stopped_at=now, stop_reason=reason)


def _lock(profile: Profile | None, endpoint_id: UUID) -> WebhookEndpoint:
    rows = WebhookEndpoint.objects.select_for_update(of=("self",)).filter(profile=profile, pk=endpoint_id)
    endpoint = rows.first()
    if endpoint is None:
        raise WebhookError(_("This webhook is not one of yours, or it is gone."), NO_SUCH_WEBHOOK)
    return endpoint


def _lock_owner(profile: Profile | None) -> None:
    """Let two requests of one person wait for each other, so that both are counted."""
    if profile is not None:
        Profile.objects.select_for_update(no_key=True).filter(pk=profile.pk).first()


def _check_count(profile: Profile | None) -> None:
    most = MOST_OF_SITE if profile is None else settings.current().webhook_endpoints
    if WebhookEndpoint.objects.filter(profile=profile).count() >= most:
        sentence = _("You have %(most)s webhooks, which is as many as there may be. Delete one first.", most=most)
        raise WebhookError(sentence, TOO_MANY_WEBHOOKS)


def _check_url(url: str) -> str:
    if not can_post():
        raise WebhookError(_("This site sends no webhooks."))
    url = url.strip()
    if len(url) > MAX_URL:
        raise WebhookError(_("The web address is longer than %(url)s characters.", url=MAX_URL))
    get_post_client().check(url)
    return url


def _check_events(events: Iterable[str]) -> list[str]:
    chosen = known_types(events)
    if not chosen:
        raise WebhookError(_("Choose at least one event."))
    return chosen


def _notify_of_program(endpoint: WebhookEndpoint, token: str, now: datetime) -> None:
    if endpoint.profile is not None and token:
        said = _("A program with your API token “%(token)s” chose this address.", token=token)
        facts = {"host": endpoint.host, TEMPLATE: "profiles/mail/webhook_set"}
        notice = NewNotice(Notice.Kind.ACCOUNT, now, str(endpoint.pk), sentence=said, facts=facts)
        record_notice(endpoint.profile.pk, notice)


def _audit(endpoint: WebhookEndpoint, action: str, actor: User, reason: str = "", **detail: object) -> None:
    """The audit names the host alone: the rest of the address may hold a key. Staff alone give a reason."""
    facts = {"webhook": str(endpoint.pk), "host": endpoint.host, **detail}
    if reason:
        facts["reason"] = reason
    if endpoint.profile is not None:
        record(endpoint.profile, action, actor, **facts)
        return
    row = f"{endpoint._meta.label_lower}:{endpoint.pk}"  # noqa: SLF001 - documented
    record_as_staff(profile_of(actor), action, actor, row=row, **facts)
