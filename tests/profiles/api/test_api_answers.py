"""Calls that are sent twice under one Idempotency-Key: carried out once, answered alike."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import encode_multipart
from django.utils import timezone

from profiles.models import ApiAnswer, ApiToken, Profile
from profiles.people import api_answers
from profiles.people.api_answers import GIVEN_UP_AFTER, KEPT, delete_old_answers
from profiles.testing.api_client import ALL, CURRENT, Program, a_secret, problem_of
from profiles.testing.people import a_picture, an_upload
from tests.kit.at_once import at_once

KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"


def put(program: Program, content: bytes, key: str = KEY, query: str = "") -> Any:
    return program.call("PUT", CURRENT + query, content, "image/png", idempotency_key=key)


def crop(program: Program, picture_id: object, body: bytes = b'{"size": 0.5}', key: str = KEY) -> Any:
    return program.call("POST", f"{ALL}/{picture_id}/crop", body, "application/json", idempotency_key=key)


def test_a_call_sent_again_gets_its_first_answer(program: Program, alice: Profile) -> None:
    content = a_picture()
    first = put(program, content)
    program.put(a_picture())  # another one meanwhile
    again = put(program, content)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert program.get(CURRENT).json()["id"] != first.json()["id"]  # it was not carried out again
    assert alice.avatars.count() == 2


def test_a_key_may_be_written_as_a_structured_string(program: Program) -> None:
    content = a_picture()
    put(program, content, f'"{KEY}"')
    assert put(program, content)["Idempotency-Replayed"] == "true"


def test_a_boundary_of_its_own_does_not_make_another_call(program: Program) -> None:
    content = a_picture()
    answers = []
    for boundary in ("one", "two"):
        body = encode_multipart(boundary, {"content": SimpleUploadedFile("me.png", content)})
        kind = f"multipart/form-data; boundary={boundary}"
        answers.append(program.call("PUT", CURRENT, body, kind, idempotency_key=KEY))
    assert answers[1]["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("change", ["bytes", "query", "path"])
def test_another_call_under_the_same_key_is_refused(program: Program, alice: Profile, change: str) -> None:
    content, avatar = a_picture(), an_upload(alice, a_picture())
    put(program, content)
    answer = {
        "bytes": lambda: put(program, a_picture()),
        "query": lambda: put(program, content, query="?alt_text=x"),
        "path": lambda: crop(program, avatar.pk),
    }[change]()
    assert problem_of(answer) == (422, "idempotency-key-reused")


def test_keys_are_each_tokens_own(program: Program, alice: Profile, bob: Profile) -> None:
    content = a_picture()
    put(program, content)
    for other in (Program(a_secret(bob)), Program(a_secret(alice))):
        assert "Idempotency-Replayed" not in put(other, content)


def test_a_refused_call_may_be_sent_again(program: Program, alice: Profile) -> None:
    assert problem_of(put(program, b"no picture")) == (422, "not-an-image")
    assert not ApiAnswer.objects.exists()
    assert put(program, a_picture()).status_code == 200


def test_a_call_that_still_runs_is_not_carried_out_twice(program: Program, alice: Profile) -> None:
    content = a_picture()
    put(program, content)
    ApiAnswer.objects.update(status=None)
    answer = put(program, content)
    assert problem_of(answer) == (409, "idempotency-key-in-use")
    assert int(answer["Retry-After"]) > 0
    ApiAnswer.objects.update(begun_at=timezone.now() - GIVEN_UP_AFTER)  # its process died
    assert put(program, content).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_carried_out(alice: Profile) -> None:
    a_secret(alice)
    token = ApiToken.objects.get()

    def begin() -> bool:
        try:
            return isinstance(api_answers.begin_answer(token, KEY, "00" * 32, timezone.now()), ApiAnswer)
        except api_answers.StillRunning:
            return False

    assert sum(at_once(*[begin] * 6)) == 1


@pytest.mark.parametrize("key", ["", " ", '""', "x" * 201, "ä", 'a"b', "a b"])
def test_odd_keys_are_refused(program: Program, key: str) -> None:
    assert problem_of(put(program, a_picture(), key)) == (400, "bad-parameter")


def test_answers_are_kept_for_a_day(program: Program, alice: Profile) -> None:
    content, now = a_picture(), timezone.now()
    put(program, content)
    assert delete_old_answers(now + KEPT - timedelta(minutes=1)) == 0
    ApiAnswer.objects.update(begun_at=now - KEPT)
    assert "Idempotency-Replayed" not in put(program, content)
    assert delete_old_answers(now + KEPT + timedelta(minutes=1)) == 1


def test_crops_and_exports_take_keys_too(program: Program, alice: Profile) -> None:
    avatar = an_upload(alice, a_picture(size=(300, 300)))
    assert crop(program, avatar.pk).json()["id"] != str(avatar.pk)
    assert crop(program, avatar.pk)["Idempotency-Replayed"] == "true"
    first, again = (program.call("POST", "/me/export", idempotency_key="of-an-export") for _ in range(2))
    assert again.content == first.content
