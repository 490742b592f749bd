"""Every address, asked by a guest, a person and staff: who may keep the answer, and what its page may use."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from avatarsite.middleware import PERMISSIONS_POLICY
from profiles.testing.people import a_person, an_upload
from tests.kit.routes import Route, belongings_of, routes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_chain")]
ACCEPTS = ("text/html", "application/json", "*/*")
# Pictures of tokens on a person's own pages. Their browser keeps them for minutes: a page may show dozens.
TOKEN_PICTURES = {"held_picture", "claim_new_picture", "mint_picture"}


@pytest.fixture
def people() -> dict[str, User | None]:
    profile = a_person("alice")
    an_upload(profile)
    return {"guest": None, "person": profile.user, "staff": User.objects.create_superuser("root")}


def ask_all(route: Route, people: dict[str, User | None], accept: str) -> dict[str, list[Any]]:
    """Return each one's answers to a look and to a form."""
    answers = {}
    for role, user in people.items():
        client = Client(raise_request_exception=False, headers={"accept": accept})
        if user is not None:
            client.force_login(user)
        answers[role] = [client.get(route.path), client.post(route.path, **route.content)]
    return answers


@pytest.mark.parametrize("accept", ACCEPTS)
def test_what_differs_by_session_is_kept_by_nobody(people: dict[str, User | None], accept: str) -> None:
    """What anybody may keep is the same for everybody, and sets no cookie."""
    alice = people["person"]
    assert alice is not None
    wrong = []
    for route in routes(belongings_of(alice)):
        answers = ask_all(route, people, accept)
        wrong += [
            f"{route.name} as {role}: {answer.status_code} {control_of(answer)}"
            for role, each in answers.items()
            for answer in each
            if not may_be_as_it_is(route, answer)
        ]
        shared = [looks[0] for looks in answers.values() if "public" in control_of(looks[0])]
        assert len({look.content for look in shared}) <= 1, route.name
        assert not any(look.cookies for look in shared), route.name
    assert not wrong, "\n".join(wrong)


def may_be_as_it_is(route: Route, answer: Any) -> bool:
    assert answer.headers["Permissions-Policy"] == PERMISSIONS_POLICY, route.name
    control = control_of(answer)
    is_kept = control.startswith("public") or (route.name in TOKEN_PICTURES and "private" in control)
    return is_kept or "no-store" in control


def control_of(answer: Any) -> str:
    return str(answer.headers.get("Cache-Control", "nothing"))
