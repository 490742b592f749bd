"""Who may call what, how often, and how a refusal reads."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import TooManyFieldsSent
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from profiles.models import ApiToken, AuditEntry, Profile
from profiles.scopes import DELETE, READ, WRITE, Scope
from profiles.testing.api_client import ALL, CURRENT, Program, a_secret, address_of, problem_of
from profiles.testing.people import a_picture, an_upload

Act = Callable[[Program, object], Any]
CALLS: dict[str, tuple[Scope, Act]] = {
    "look": (READ, lambda program, _: program.get(CURRENT)),
    "list": (READ, lambda program, _: program.get(ALL)),
    "set": (WRITE, lambda program, _: program.put(a_picture())),
    "use": (WRITE, lambda program, picture: program.post(f"{ALL}/{picture}/use")),
    "restore": (WRITE, lambda program, picture: program.post(f"{ALL}/{picture}/restore")),
    "describe": (WRITE, lambda program, picture: program.patch(picture, b'{"alt_text": "x"}')),
    "remove": (DELETE, lambda program, picture: program.delete(f"{ALL}/{picture}")),
    "remove current": (DELETE, lambda program, _: program.delete(CURRENT)),
}


@pytest.mark.parametrize("held", [READ, WRITE, DELETE])
@pytest.mark.parametrize("name", CALLS)
def test_each_call_needs_its_own_scope_and_no_other(alice: Profile, name: str, held: Scope) -> None:
    needed, act = CALLS[name]
    avatar = an_upload(alice)
    answer = act(Program(a_secret(alice, held)), avatar.pk)
    if held == needed:
        assert answer.status_code == 200
        return
    assert problem_of(answer) == (403, "scope-missing")
    assert answer.json()["scope"] == needed.name
    assert f'error="insufficient_scope", scope="{needed}"' in answer["WWW-Authenticate"]
    avatar.refresh_from_db()
    assert (avatar.state, avatar.alt_text, alice.avatars.count()) == ("active", "", 1)


@pytest.mark.parametrize("name", CALLS)
def test_without_a_token_nothing_of_ones_own_is_answered(alice: Profile, name: str) -> None:
    answer = CALLS[name][1](Program(), an_upload(alice).pk)
    assert problem_of(answer) == (401, "token-missing")
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("header", ["", "Basic YWxpY2U6cGFzcw==", "Token avs_x", "Bearer", "Bearer "])
def test_only_bearer_tokens_are_looked_at(db: None, header: str) -> None:
    answer = Client().get(address_of(CURRENT), headers={"authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_session_opens_nothing(alice: Profile) -> None:
    program = Program()
    program.client.force_login(alice.user)
    assert problem_of(program.get(CURRENT)) == (401, "token-missing")
    assert problem_of(program.put(a_picture())) == (401, "token-missing")


def test_a_call_needs_no_csrf_token_and_sets_no_cookie(alice: Profile) -> None:
    program = Program(a_secret(alice))
    program.client = Client(enforce_csrf_checks=True)
    answer = program.put(a_picture())
    assert answer.status_code == 200
    assert not answer.cookies
    assert answer["Cache-Control"] == "no-store"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer


@pytest.mark.parametrize(
    ("change", "slug"),
    [
        ({"revoked_at": timezone.now()}, "token-revoked"),
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "token-expired"),
        ({"digest": "0" * 64}, "token-unknown"),
    ],
)
def test_a_token_that_ended_says_so(alice: Profile, change: dict[str, Any], slug: str) -> None:
    program = Program(a_secret(alice))
    ApiToken.objects.update(**change)
    answer = program.put(a_picture())
    assert problem_of(answer) == (401, slug)
    assert 'error="invalid_token"' in answer["WWW-Authenticate"]
    assert alice.avatars.count() == 0


def test_what_a_program_did_stands_in_the_audit(alice: Profile) -> None:
    Program(a_secret(alice)).put(a_picture())
    assert list(AuditEntry.objects.order_by("pk").values_list("action", "actor_id")) == [
        ("token.create", alice.user.pk),
        ("avatar.set", alice.user.pk),
    ]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", CURRENT, "HEAD, GET, PUT, DELETE, OPTIONS"),
        ("PATCH", ALL, "HEAD, GET, OPTIONS"),
        ("GET", f"{ALL}/6f9a1c1e-0d5b-4d7c-9c8f-3a5d1f0e2b4c/use", "POST, OPTIONS"),
        ("BREW", CURRENT, "HEAD, GET, PUT, DELETE, OPTIONS"),
    ],
)
def test_other_methods_are_told_which_are_answered(db: None, method: str, path: str, allow: str) -> None:
    answer = Program().call(method, path)
    assert problem_of(answer) == (405, "method-not-allowed")
    assert answer["Allow"] == allow


@pytest.mark.parametrize(
    "path", ["", "/", "/you", "/me/picture/", "/me/pictures/x", "/me/pictures/x/use", "/profiles/", "/a%0Ab"]
)
def test_other_addresses_are_problems_too(db: None, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        assert problem_of(Program().call(method, path)) == (404, "no-such-address")


def test_a_page_of_another_origin_may_ask_and_call(alice: Profile) -> None:
    """A browser asks without the token whether it may send it; the answer lets the page read our headers."""
    asked = Program().call(
        "OPTIONS",
        CURRENT,
        origin="https://elsewhere.example",
        access_control_request_method="PUT",
        access_control_request_headers="authorization,content-type,idempotency-key",
    )
    assert (asked.status_code, asked.content) == (204, b"")
    assert asked["Access-Control-Allow-Origin"] == "*"
    assert {"PUT", "DELETE"} <= set(asked["Access-Control-Allow-Methods"].split(", "))
    allowed = asked["Access-Control-Allow-Headers"].lower().split(", ")
    assert {"authorization", "content-type", "idempotency-key", "*"} == set(allowed)
    assert "Access-Control-Allow-Credentials" not in asked
    called = Program(a_secret(alice)).call("GET", CURRENT, origin="https://elsewhere.example")
    assert called["Access-Control-Allow-Origin"] == "*"
    exposed = called["Access-Control-Expose-Headers"].split(", ")
    assert {"Retry-After", "RateLimit", "RateLimit-Policy", "Link", "WWW-Authenticate", "X-Request-ID"} <= set(exposed)


@pytest.mark.parametrize(
    "path",
    [
        *("/api/v1/me/pictures/x", "/api/v1/me/nope", "/api/v1", "/api/openapi.json"),
        *("/avatar/alice", "/avatar/alice.json", "/.well-known/avatarsite-receipt-keys.json"),
    ],
)
def test_whatever_a_client_asks_for_a_page_may_read_the_answer(alice: Profile, path: str) -> None:
    """A client sends its token with each call, so browsers ask first. Refused, the page would learn no reason."""
    asked = Client().options(path, headers={"access-control-request-headers": "authorization,traceparent"})
    assert asked.status_code == 204
    assert asked["Access-Control-Allow-Headers"] == "Authorization, Content-Type, Idempotency-Key, *"
    for answer in (asked, Client().get(path)):
        assert answer["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/me/pictures/x", "“x” is no picture_id, which is a UUID in lower case, with hyphens."),
        ("/me/pictures/x/use", "“x” is no picture_id"),
        ("/profiles/al.ice", "“al.ice” is no handle, which is made of letters"),
        ("/me/nope", "Nothing answers at this address."),
    ],
)
def test_an_id_that_is_none_is_named(db: None, path: str, sentence: str) -> None:
    assert sentence in Program().get(path).json()["detail"]


@pytest.mark.parametrize(
    ("path", "method", "body", "sentence"),
    [
        ("/me/pictures?after=zzz", "GET", b"", ": the “next” of the page before."),
        ("/me/profile", "PATCH", b'{"handle":', "no JSON that we read: expecting value at character 11."),
        ("/me/profile", "PATCH", b'{"name": "\xff"}', "it is not in UTF-8."),
        ("/me/profile", "PATCH", b'{"name": "\\u0000"}', "a text holds NUL or half a surrogate pair."),
        ("/me/picture", "GET", b"", "You make tokens here: "),
    ],
)
def test_an_error_names_the_reason_and_a_way_on(
    alice: Profile, path: str, method: str, body: bytes, sentence: str
) -> None:
    program = Program("" if "tokens" in sentence else a_secret(alice))
    assert sentence in program.call(method, path, body, "application/json").json()["detail"]


def test_nothing_that_takes_cookies_is_opened_to_other_origins(alice: Profile) -> None:
    browser = Client(headers={"origin": "https://elsewhere.example"})
    browser.force_login(alice.user)
    for path in ("/settings/picture/", "/settings/api/", "/notices/unread/", "/api/"):
        answer = browser.options(path, headers={"access-control-request-method": "POST"})
        assert "Access-Control-Allow-Origin" not in answer, path
        assert "Access-Control-Allow-Origin" not in browser.get(path), path


def test_head_is_get(alice: Profile) -> None:
    answer = Program(a_secret(alice)).call("HEAD", CURRENT)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


# --- how often --------------------------------------------------------------------------------------------------------
def test_a_persons_calls_are_counted_over_all_their_tokens(alice: Profile, bob: Profile, settings: Settings) -> None:
    settings.AVATAR_API_CALLS_PER_HOUR = 2
    for _ in range(2):
        assert Program(a_secret(alice)).get(CURRENT).status_code == 200
    answer = Program(a_secret(alice)).get(CURRENT)
    assert problem_of(answer) == (429, "rate-limited")
    assert 0 < int(answer["Retry-After"]) <= 3600
    assert Program(a_secret(bob)).get(CURRENT).status_code == 200


def test_each_answer_says_what_is_left(program: Program, alice: Profile, settings: Settings) -> None:
    settings.AVATAR_API_CALLS_PER_HOUR, settings.AVATAR_UPLOADS_PER_HOUR = 3, 5
    looked = program.get(CURRENT)
    assert looked["RateLimit-Policy"] == '"calls";q=3;w=3600'
    assert re.fullmatch(r'"calls";r=2;t=[0-9]{1,4}', looked["RateLimit"])
    uploaded = program.put(a_picture())
    assert uploaded["RateLimit-Policy"] == '"calls";q=3;w=3600, "uploads";q=5;w=3600'
    assert re.fullmatch(r'"calls";r=1;t=[0-9]{1,4}, "uploads";r=4;t=[0-9]{1,4}', uploaded["RateLimit"])
    program.get(CURRENT)
    refused = program.get(CURRENT)
    assert refused.status_code == 429
    assert refused["RateLimit"].startswith('"calls";r=0;t=')
    assert refused["Retry-After"] == refused["RateLimit"].rpartition("=")[2]


def test_guests_are_counted_by_network(alice: Profile, settings: Settings) -> None:
    settings.AVATAR_API_GUEST_CALLS_PER_HOUR = 1
    assert Program().get("/profiles/alice").status_code == 200
    answer = Program().get("/profiles/alice")
    assert problem_of(answer) == (429, "rate-limited")
    assert answer["Cache-Control"] == "no-store"
    assert Program(a_secret(alice)).get(CURRENT).status_code == 200


def test_guessing_ends_soon(db: None, settings: Settings) -> None:
    settings.AVATAR_API_GUESSES_PER_HOUR = 2
    answers = [Program("avs_" + "x" * 32).get(CURRENT).status_code for _ in range(3)]
    assert answers == [401, 401, 429]


# --- our failures -----------------------------------------------------------------------------------------------------
def test_a_failure_of_ours_is_a_problem_that_tells_nothing(
    alice: Profile, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    secret = a_secret(alice)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("avatars")

    monkeypatch.setattr("profiles.pictures.history.set_avatar", fail)
    with caplog.at_level(logging.ERROR):
        answer = Program(secret).put(a_picture())
    assert problem_of(answer) == (500, "internal-error")
    assert "avatars" not in answer.content.decode()
    assert "putPicture failed." in caplog.text
    assert secret not in caplog.text


def test_what_django_calls_suspicious_is_the_callers_mistake(alice: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = a_secret(alice)

    def refuse(*_: object) -> None:
        raise TooManyFieldsSent

    monkeypatch.setattr("profiles.api.dispatch._admit", refuse)
    assert problem_of(Program(secret).get(CURRENT)) == (400, "bad-request")
