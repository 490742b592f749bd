"""Operations on webhooks: the programs that receive a person's events, and what was sent to them.

No answer with a secret is kept for an Idempotency-Key: it would lie in the database as it is.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, cast
from uuid import UUID

from profiles import sources
from profiles.models import WebhookDelivery, WebhookEndpoint
from profiles.people import webhook_endpoints as endpoints
from profiles.programs.operations import PAGED, Answer, Call, Group, Json, Operation, Parameter
from profiles.programs.schemas import (
    COUNT,
    IDENTIFIER,
    MOMENT,
    TEXT,
    YES_NO,
    Schema,
    answer_of,
    described,
    input_of,
    list_of,
    one_of,
    or_null,
    page_of,
    ref,
)
from profiles.scopes import WEBHOOKS
from profiles.webhooks.events import get_event_types

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

NO_SUCH = (endpoints.NO_SUCH_WEBHOOK,)
REFUSED = (endpoints.WebhookError.kind, *sources.post_refusals())


def list_webhooks(call: Call) -> Answer:
    return {"webhooks": [_entry(each) for each in endpoints.get_endpoints(call.owner)]}


def create(call: Call) -> Answer:
    said = call.values
    fresh = endpoints.create_endpoint(
        call.owner, said["url"], said["events"], now=call.now, actor=_actor(call), token=_token_name(call)
    )
    return _with_secret(fresh)


def get_one(call: Call, webhook_id: UUID) -> Answer:
    return _entry(endpoints.get_endpoint(call.owner, webhook_id))


def change(call: Call, webhook_id: UUID) -> Answer:
    """Change what is named: the address and the events at once, then whether it is stopped."""
    said, owner, actor = call.values, call.owner, _actor(call)
    if "url" in said or "events" in said:
        given = {name: said.get(name) for name in ("url", "events")}
        endpoints.change_endpoint(owner, webhook_id, **given, now=call.now, actor=actor, token=_token_name(call))
    if said.get("is_stopped") is True:
        endpoints.pause_endpoint(owner, webhook_id, now=call.now, actor=actor)
    elif said.get("is_stopped") is False:
        endpoints.resume_endpoint(owner, webhook_id, actor=actor)
    return get_one(call, webhook_id)


def delete(call: Call, webhook_id: UUID) -> Answer:
    endpoints.delete_endpoint(call.owner, webhook_id, _actor(call))
    return {"id": str(webhook_id)}


def rotate(call: Call, webhook_id: UUID) -> Answer:
    return _with_secret(endpoints.rotate_secret(call.owner, webhook_id, now=call.now, actor=_actor(call)))


def send_test(call: Call, webhook_id: UUID) -> Answer:
    return _delivery(endpoints.send_test(call.owner, webhook_id, now=call.now, actor=_actor(call)))


def list_deliveries(call: Call, webhook_id: UUID) -> Answer:
    endpoint = endpoints.get_endpoint(call.owner, webhook_id)
    entries, following = endpoints.get_delivery_page(endpoint, call.after, call.limit)
    return {
        "deliveries": [_delivery(each) for each in entries],
        "next": None if following is None else str(following),
    }


def send_again(call: Call, webhook_id: UUID, delivery_id: UUID) -> Answer:
    return _delivery(endpoints.send_again(call.owner, webhook_id, delivery_id, now=call.now, actor=_actor(call)))


def _actor(call: Call) -> User:
    return cast("User", call.actor)


def _token_name(call: Call) -> str:
    return "" if call.token is None else call.token.name


def _with_secret(fresh: endpoints.FreshEndpoint) -> Answer:
    return {"webhook": _entry(fresh.endpoint), "secret": fresh.secret}


def _entry(endpoint: WebhookEndpoint) -> dict[str, object]:
    return {
        "id": str(endpoint.pk),
        "url": endpoint.url,
        "events": endpoint.events,
        "is_stopped": endpoint.is_stopped,
        "stop_reason": str(endpoint.stop_reason),
        "failing_since": _moment(endpoint.failing_since),
        "former_secret_until": _moment(endpoint.former_until),
        "created_at": endpoint.created_at.isoformat(),
    }


def _delivery(delivery: WebhookDelivery) -> dict[str, object]:
    is_waiting = delivery.state == WebhookDelivery.State.PENDING
    return {
        "id": str(delivery.pk),
        "message_id": delivery.event.message_id,
        "type": delivery.event.type,
        "state": delivery.state,
        "status": delivery.status,
        "milliseconds": delivery.milliseconds,
        "problem": str(delivery.last_error),
        "happened_at": delivery.event.at.isoformat(),
        "created_at": delivery.created_at.isoformat(),
        "tried_at": _moment(delivery.tried_at),
        "next_try_at": _moment(delivery.due_at) if is_waiting else None,
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


# --- what the document says -------------------------------------------------------------------------------------------

_URL = {"type": "string", "minLength": 1, "maxLength": endpoints.MAX_URL, "description": "Where your program waits."}
_EVENTS = list_of(
    one_of([each.name for each in get_event_types()]), "The types of events that it gets.", most=len(get_event_types())
)
_SCHEMAS: dict[str, Schema] = {
    "Webhook": answer_of(
        {
            "id": IDENTIFIER,
            "url": TEXT,
            "events": list_of(TEXT, "The types of events that it gets."),
            "is_stopped": described(YES_NO, "Nothing is sent to it, nor later what happens meanwhile."),
            "stop_reason": described(TEXT, "Why the site stopped it; else empty."),
            "failing_since": or_null(MOMENT, "The first failure since the last success."),
            "former_secret_until": or_null(MOMENT, "Until then, events are signed by the former secret, too."),
            "created_at": MOMENT,
        },
        "A program that receives your events.",
    ),
    "Webhooks": answer_of({"webhooks": list_of(ref("Webhook"))}, "Your webhooks, the oldest first."),
    "WebhookWithSecret": answer_of(
        {"webhook": ref("Webhook"), "secret": described(TEXT, "whsec_ and base64. Shown this once.")},
        "A webhook with the secret that was just made for it.",
    ),
    "DeletedWebhook": answer_of({"id": IDENTIFIER}, "What was deleted."),
    "Delivery": answer_of(
        {
            "id": IDENTIFIER,
            "message_id": described(TEXT, "The header webhook-id."),
            "type": described(TEXT, "The type of the event."),
            "state": one_of(list(WebhookDelivery.State.values), "pending: it waits for its next try."),
            "status": or_null(COUNT, "The HTTP status of the last answer."),
            "milliseconds": or_null(COUNT, "How long the last answer took."),
            "problem": described(TEXT, "Why the last try did not succeed; else empty."),
            "happened_at": MOMENT,
            "created_at": MOMENT,
            "tried_at": or_null(MOMENT),
            "next_try_at": or_null(MOMENT),
        },
        "An event on its way to a webhook.",
    ),
    "Deliveries": page_of("deliveries", "Delivery", "A page of deliveries, newest first."),
}
_WEBHOOK = Parameter("webhook_id", "path", IDENTIFIER, "Of a webhook of yours.")
_DELIVERY = Parameter("delivery_id", "path", IDENTIFIER, "Of a delivery to it.")
_CREATE = input_of(
    {"url": _URL, "events": _EVENTS},
    required=("url", "events"),
    example={"url": "https://example.org/hooks", "events": ["avatar.changed"]},
)
_CHANGE = input_of(
    {
        "url": _URL,
        "events": _EVENTS,
        "is_stopped": described(YES_NO, "true pauses it, false resumes it. A new url does not resume it."),
    },
    example={"url": "https://example.org/hooks/2"},
)
_ALL, _ONE = "/me/webhooks", "/me/webhooks/{webhook_id}"

WEBHOOK_GROUP = Group(
    "Webhooks",
    "Programs of yours that receive events. A new secret is in one answer only, which no Idempotency-Key brings back.",
    (
        Operation("listWebhooks", "GET", _ALL, "Your webhooks.", list_webhooks, WEBHOOKS, "Webhooks"),
        Operation(
            "createWebhook", "POST", _ALL, "Adds a webhook, and shows its secret this once. You get a notice of it.",
            create, WEBHOOKS, "WebhookWithSecret", body=Json(_CREATE),
            problems=(*REFUSED, endpoints.TOO_MANY_WEBHOOKS),
        ),
        Operation("getWebhook", "GET", _ONE, "A webhook.", get_one, WEBHOOKS, "Webhook", (_WEBHOOK,), problems=NO_SUCH),
        Operation(
            "changeWebhook", "PATCH", _ONE,
            "Changes its address or events, pauses or resumes it. You get a notice of a new address.",
            change, WEBHOOKS, "Webhook", (_WEBHOOK,), Json(_CHANGE), (*NO_SUCH, *REFUSED),
        ),
        Operation(
            "deleteWebhook", "DELETE", _ONE, "Deletes a webhook with its secret and the list of its deliveries.",
            delete, WEBHOOKS, "DeletedWebhook", (_WEBHOOK,), problems=NO_SUCH,
        ),
        Operation(
            "rotateWebhookSecret", "POST", f"{_ONE}/secret",
            "Makes a new secret, and shows it this once. The former one signs, too, for 24 hours.",
            rotate, WEBHOOKS, "WebhookWithSecret", (_WEBHOOK,), problems=NO_SUCH,
        ),
        Operation(
            "sendTestEvent", "POST", f"{_ONE}/test", "Sends a test event, once, also to a stopped webhook.",
            send_test, WEBHOOKS, "Delivery", (_WEBHOOK,), problems=NO_SUCH,
        ),
        Operation(
            "listDeliveries", "GET", f"{_ONE}/deliveries", "What was sent to it in the last 30 days, newest first.",
            list_deliveries, WEBHOOKS, "Deliveries", (_WEBHOOK, *PAGED), problems=NO_SUCH,
        ),
        Operation(
            "sendDeliveryAgain", "POST", _ONE + "/deliveries/{delivery_id}/again",
            "Sends a delivery once more, whatever became of it, with all its tries.",
            send_again, WEBHOOKS, "Delivery", (_WEBHOOK, _DELIVERY), problems=NO_SUCH,
        ),
    ),
    _SCHEMAS,
)  # fmt: skip
