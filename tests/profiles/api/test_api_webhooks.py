"""Programs that set up webhooks for their person, and read what became of their events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from profiles.models import Notice, Profile, WebhookEndpoint
from profiles.scopes import READ, WEBHOOKS
from profiles.testing.api_client import Program, a_secret, problem_of
from profiles.testing.people import an_upload
from profiles.webhooks.delivering import deliver_due
from tests.kit.webhooks import HOOK, Receivers, a_webhook, receivers_in_memory

pytestmark = pytest.mark.django_db
ALL = "/me/webhooks"
OTHER = "https://hooks.example/moved"


@pytest.fixture(autouse=True)
def receivers() -> Iterator[Receivers]:
    cache.clear()
    with receivers_in_memory() as found:
        yield found


@pytest.fixture
def program(alice: Profile) -> Program:
    return Program(a_secret(alice, WEBHOOKS))


def send(program: Program, method: str, path: str, **content: Any) -> Any:
    return program.call(method, path, json.dumps(content).encode(), "application/json")


def add(program: Program, url: str = HOOK) -> tuple[str, str]:
    """Add a webhook. Return its path in the API and its secret."""
    answer = send(program, "POST", ALL, url=url, events=["avatar.changed"])
    assert answer.status_code == 200
    return f"{ALL}/{answer.json()['webhook']['id']}", answer.json()["secret"]


def test_a_program_sets_up_a_webhook_and_reads_what_was_sent(
    program: Program, alice: Profile, receivers: Receivers
) -> None:
    path, secret = add(program)
    [listed] = program.get(ALL).json()["webhooks"]
    assert (listed["url"], listed["events"], listed["is_stopped"]) == (HOOK, ["avatar.changed"], False)
    assert program.get(path).json() == listed

    receivers.answers[HOOK] = 500
    an_upload(alice)
    deliver_due(timezone.now())
    [failed] = program.get(f"{path}/deliveries").json()["deliveries"]
    assert (failed["type"], failed["state"], failed["status"]) == ("avatar.changed", "pending", 500)
    assert failed["problem"] == "hooks.example answered with status 500."
    assert failed["next_try_at"] > failed["tried_at"]

    receivers.answers.clear()
    assert program.post(f"{path}/deliveries/{failed['id']}/again").json()["id"] == failed["id"]
    assert deliver_due(timezone.now()) == 1
    assert receivers.messages[-1].signed_by(secret)
    assert receivers.messages[-1].id == failed["message_id"]
    assert program.get(f"{path}/deliveries").json()["deliveries"][0]["state"] == "delivered"


def test_secrets_are_shown_once_and_changed(program: Program, receivers: Receivers) -> None:
    path, first = add(program)
    rotated = program.post(f"{path}/secret").json()
    second = rotated["secret"]
    assert second != first
    assert rotated["webhook"]["former_secret_until"]
    assert program.post(f"{path}/test").json()["type"] == "webhook.test"
    deliver_due(timezone.now())
    assert all(receivers.messages[-1].signed_by(secret) for secret in (first, second))
    for where in (ALL, path, f"{path}/deliveries"):
        assert "whsec_" not in program.get(where).content.decode()


def test_no_secret_is_kept_for_an_idempotency_key(program: Program) -> None:
    body = json.dumps({"url": HOOK, "events": ["avatar.changed"]}).encode()
    answers = [program.call("POST", ALL, body, "application/json", idempotency_key="one") for _ in range(2)]
    assert len({answer.json()["secret"] for answer in answers}) == 2
    assert all("Idempotency-Replayed" not in answer for answer in answers)


def test_it_is_changed_paused_resumed_and_deleted(program: Program, alice: Profile, receivers: Receivers) -> None:
    path, _ = add(program)
    an_upload(alice)  # it waits while the address changes
    changed = send(program, "PATCH", path, url=OTHER, events=["picture.removed"]).json()
    assert (changed["url"], changed["events"]) == (OTHER, ["picture.removed"])
    deliver_due(timezone.now())
    assert [message.url for message in receivers.messages] == [OTHER]
    assert send(program, "PATCH", path, is_stopped=True).json()["is_stopped"] is True
    assert send(program, "PATCH", path, is_stopped=False).json()["is_stopped"] is False
    assert program.delete(path).json() == {"id": path.rpartition("/")[2]}
    assert problem_of(program.get(path)) == (404, "no-such-webhook")


def test_its_person_learns_of_it_as_it_stays_when_the_token_goes(program: Program, alice: Profile) -> None:
    path, _ = add(program)
    send(program, "PATCH", path, events=["picture.removed"])
    send(program, "PATCH", path, url="https://other.example/")
    notices = Notice.objects.filter(profile=alice, kind=Notice.Kind.ACCOUNT)
    assert sorted(notice.facts["host"] for notice in notices) == ["hooks.example", "other.example"]
    told = Program(a_secret(alice)).get("/me/notices").json()["notices"][0]
    assert told["title"] == "A webhook of yours goes to other.example"
    assert told["sentence"] == "A program with your API token “A program” chose this address."
    assert told["facts"] == {"host": "other.example"}
    a_webhook(alice, url=OTHER)  # on the page, by themselves
    assert notices.count() == 2


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({"url": "http://hooks.example/", "events": ["avatar.changed"]}, (422, "url-refused")),
        ({"url": HOOK, "events": []}, (422, "webhook-refused")),
        ({"url": HOOK, "events": ["no.such"]}, (422, "body-invalid")),
        ({"events": ["avatar.changed"]}, (422, "body-invalid")),
    ],
)
def test_what_is_wrong_is_a_problem(program: Program, content: dict[str, Any], problem: tuple[int, str]) -> None:
    assert problem_of(send(program, "POST", ALL, **content)) == problem
    assert not WebhookEndpoint.objects.exists()


def test_there_are_as_many_as_on_the_page(program: Program, settings: Any) -> None:
    settings.WEBHOOK_ENDPOINTS = settings.AVATAR_WEBHOOK_ENDPOINTS = 1
    add(program)
    assert problem_of(send(program, "POST", ALL, url=OTHER, events=["avatar.changed"])) == (409, "too-many-webhooks")


def test_nobody_reaches_anothers_webhook(program: Program, alice: Profile, bob: Profile) -> None:
    theirs = f"{ALL}/{a_webhook(bob).endpoint.pk}"
    an_upload(bob)
    delivery = WebhookEndpoint.objects.get().deliveries.get()
    for method, path in (
        ("GET", theirs),
        ("DELETE", theirs),
        ("POST", f"{theirs}/secret"),
        ("POST", f"{theirs}/test"),
        ("GET", f"{theirs}/deliveries"),
        ("POST", f"{theirs}/deliveries/{delivery.pk}/again"),
    ):
        assert problem_of(program.call(method, path)) == (404, "no-such-webhook")
    assert problem_of(send(program, "PATCH", theirs, url=OTHER)) == (404, "no-such-webhook")
    assert WebhookEndpoint.objects.get().url == HOOK
    assert problem_of(Program(a_secret(alice, READ)).get(ALL)) == (403, "scope-missing")
