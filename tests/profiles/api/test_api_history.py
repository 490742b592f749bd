"""What programs see and do in a history: look, go through, choose, describe, remove."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from profiles.models import Profile
from profiles.pictures.history import remove_avatar
from profiles.pictures.rights import moderate_avatar, withdraw_avatar
from profiles.testing.api_client import ALL, CURRENT, Program, problem_of
from profiles.testing.people import a_picture, an_upload, in_use
from tests.kit.token_pictures import a_token_picture


# --- look -------------------------------------------------------------------------------------------------------------
def test_the_current_picture_is_the_public_receipt_with_ids(program: Program, alice: Profile) -> None:
    first, second = an_upload(alice), an_upload(alice)
    said = program.get(CURRENT).json()
    public = program.client.get("/avatar/alice.json").json()
    of_the_signature = {"version", "issuer", "mark_until", "signature", "unsigned"}
    assert {name: said[name] for name in public.keys() - of_the_signature} == {
        name: value for name, value in public.items() if name not in of_the_signature
    }
    assert (said["id"], said["history"]) == (str(second.pk), [str(second.pk), str(first.pk)])


def test_nobody_to_see_is_an_answer_too(program: Program) -> None:
    said = program.get(CURRENT).json()
    assert (said["id"], said["source"], said["history"]) == (None, None, [])


def test_anybody_reads_a_profile(alice: Profile) -> None:
    an_upload(alice)
    answer = Program().get("/profiles/Alice")
    assert answer.status_code == 200
    assert (answer.json()["handle"], answer.json()["bio"], answer.json()["source"]) == ("alice", "", "upload")
    assert "id" not in answer.json()
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Cache-Control"].startswith("public")


@pytest.mark.parametrize(
    ("handle", "slug"),
    [("nobody", "no-such-profile"), ("%F0%9F%91%BB", "no-such-address")],
)
def test_a_profile_that_is_not_there_is_a_problem(db: None, handle: str, slug: str) -> None:
    assert problem_of(Program().get(f"/profiles/{handle}")) == (404, slug)


def test_an_address_that_is_no_text_is_a_problem(db: None) -> None:
    assert problem_of(Program().get("/profiles/a%00b")) == (400, "bad-request")


# --- the history ------------------------------------------------------------------------------------------------------
def test_the_history_comes_in_pages_that_stay_put(program: Program, alice: Profile) -> None:
    avatars = [an_upload(alice) for _ in range(5)]
    newest_first = [str(avatar.pk) for avatar in reversed(avatars)]
    first = program.get(f"{ALL}?limit=2").json()
    an_upload(alice)  # moves no page that follows
    remove_avatar(alice, avatars[3].pk, alice.user)  # nor does this: it was the position
    second = program.get(f"{ALL}?limit=2&after={first['next']}").json()
    third = program.get(f"{ALL}?limit=2&after={second['next']}").json()
    pages = [first, second, third]
    assert [each["id"] for page in pages for each in page["pictures"]] == newest_first
    assert third["next"] is None
    assert [each["is_current"] for each in first["pictures"]] == [True, False]


def test_a_page_costs_the_same_however_long(
    program: Program, alice: Profile, django_assert_max_num_queries: Any
) -> None:
    for _ in range(4):
        an_upload(alice)
    program.get(ALL)
    with django_assert_max_num_queries(4):
        program.get(ALL)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "limit=", "limit=%0A1", "after=x", "after=", "after=1-x", "page=2"]
)
def test_odd_parameters_are_refused(program: Program, query: str) -> None:
    assert problem_of(program.get(f"{ALL}?{query}")) == (400, "bad-parameter")


def test_an_earlier_picture_is_used_again(program: Program, alice: Profile) -> None:
    first, _second = an_upload(alice), an_upload(alice)
    said = program.post(f"{ALL}/{first.pk}/use").json()
    assert (said["id"], said["is_current"]) == (str(first.pk), True)
    assert in_use(alice) == first


def test_a_lost_right_is_explained(program: Program, alice: Profile) -> None:
    avatar = a_token_picture(alice, timezone.now())
    assert program.get(ALL).json()["pictures"][0]["mark"]
    withdraw_avatar(avatar.pk, "The token moved to another account.")
    answer = program.post(f"{ALL}/{avatar.pk}/use")
    assert problem_of(answer) == (409, "picture-not-showable")
    assert answer.json()["detail"] == "The token moved to another account."


def test_a_description_is_set(program: Program, alice: Profile) -> None:
    avatar = an_upload(alice)
    said = program.patch(avatar.pk, b'{"alt_text": "A  red\\u0007 boat "}')
    assert said.json()["alt_text"] == "A red boat"
    assert program.patch(avatar.pk, b'{"alt_text": ""}').json()["alt_text"] == ""


@pytest.mark.parametrize(
    ("body", "kind", "problem"),
    [
        (b"{", "application/json", (400, "malformed-body")),
        (b"[" * 3000, "application/json", (400, "malformed-body")),
        (b"\xff", "application/json", (400, "malformed-body")),
        (b'{"alt_text": "\\u0000"}', "application/json", (400, "malformed-body")),
        (b'{"alt_text": "\\ud800"}', "application/json", (400, "malformed-body")),
        (b"[]", "application/json", (422, "body-invalid")),
        (b"{}", "application/json", (422, "body-invalid")),
        (b'{"alt_text": 1}', "application/json", (422, "body-invalid")),
        (b'{"alt_text": "", "title": ""}', "application/json", (422, "body-invalid")),
        (b'{"alt_text": "%s"}' % (b"x" * 301), "application/json", (422, "body-invalid")),
        (b'{"alt_text": "%s"}' % (b"x" * 4096), "application/json", (413, "too-many-bytes")),
        (b"alt_text=x", "application/x-www-form-urlencoded", (415, "unsupported-media-type")),
    ],
)
def test_other_descriptions_are_refused(
    program: Program, alice: Profile, body: bytes, kind: str, problem: tuple[int, str]
) -> None:
    assert problem_of(program.patch(an_upload(alice, a_picture()).pk, body, kind)) == problem


# --- remove -----------------------------------------------------------------------------------------------------------
def test_removing_the_current_picture_brings_the_earlier_back(program: Program, alice: Profile) -> None:
    first, second = an_upload(alice), an_upload(alice)
    said = program.delete(CURRENT).json()
    assert (said["removed"]["id"], said["picture"]["id"]) == (str(second.pk), str(first.pk))
    assert said["removed"]["state"] == "removed"
    assert said["restorable_until"] > timezone.now().isoformat()
    assert in_use(alice) == first
    assert program.delete(CURRENT).json()["picture"] is None
    assert problem_of(program.delete(CURRENT)) == (404, "no-picture")


def test_a_removal_is_undone(program: Program, alice: Profile) -> None:
    first, second = an_upload(alice), an_upload(alice)
    said = program.delete(f"{ALL}/{first.pk}").json()
    assert (said["removed"]["id"], said["picture"]["id"]) == (str(first.pk), str(second.pk))
    assert problem_of(program.post(f"{ALL}/{first.pk}/use")) == (409, "picture-not-showable")
    assert program.post(f"{ALL}/{first.pk}/restore").json()["state"] == "active"
    assert in_use(alice) == second


def test_removing_twice_is_removing_once(program: Program, alice: Profile) -> None:
    path = f"{ALL}/{an_upload(alice).pk}"
    first, again = program.delete(path), program.delete(path)
    assert first.json()["restorable_until"] == again.json()["restorable_until"]


# --- others' ----------------------------------------------------------------------------------------------------------
def test_others_pictures_are_not_there(program: Program, bob: Profile) -> None:
    his = an_upload(bob)
    body = b'{"alt_text": "mine"}'
    for picture_id in (his.pk, uuid4()):
        path = f"{ALL}/{picture_id}"
        for answer in (
            program.post(f"{path}/use"),
            program.post(f"{path}/restore"),
            program.delete(path),
            program.patch(picture_id, body),
        ):
            assert problem_of(answer) == (404, "no-such-picture")
    his.refresh_from_db()
    assert (his.state, his.alt_text, in_use(bob)) == ("active", "", his)
    assert program.get(ALL).json()["pictures"] == []


def test_what_the_team_removed_does_not_come_back(program: Program, alice: Profile, bob: Profile) -> None:
    content = a_picture()
    taken_down = moderate_avatar(an_upload(alice, content).pk, "Not yours to show.", bob.user)
    path = f"{ALL}/{taken_down.pk}"
    for answer in (program.put(content), program.post(f"{path}/use"), program.post(f"{path}/restore")):
        assert problem_of(answer) == (409, "picture-not-showable")
        assert "Not yours to show." in answer.json()["detail"]
    said = program.get(ALL).json()["pictures"][0]
    assert (said["state"], said["url"], said["reason"]) == ("removed", None, "Not yours to show.")
    assert program.delete(path).json()["restorable_until"] is None
