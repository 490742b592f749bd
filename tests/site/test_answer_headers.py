"""Every address, asked by a guest, a person and staff: who may keep the answer, and what its page may use or name."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from avatarsite.middleware import PERMISSIONS_POLICY
from profiles.testing.people import a_person, an_upload
from tests.kit.other_hosts import HEADERS, names_another
from tests.kit.routes import Route, belongings_of, routes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_chain")]
EVERYBODY = ("guest", "person", "staff")
# Pages are for everybody; programs and scripts ask for JSON, and a stranger's <img> for anything.
ASKED = [("text/html", EVERYBODY), ("application/json", ("guest", "person")), ("*/*", ("guest",))]
ASKED_LONG = [("application/json", ("guest", "staff")), ("*/*", EVERYBODY)]
# Pictures of tokens on a person's own pages. Their browser keeps them for minutes: a page may show dozens.
TOKEN_PICTURES = {"held_picture", "claim_new_picture", "mint_picture"}


@pytest.fixture
def people() -> dict[str, User | None]:
    profile = a_person("alice")
    an_upload(profile)
    return {"guest": None, "person": profile.user, "staff": User.objects.create_superuser("root")}


class Visitor:
    """A browser that names other hosts in its headers, and begins each address with the same cookies."""

    def __init__(self, user: User | None, accept: str) -> None:
        self.user = user
        self.client = Client(raise_request_exception=False, headers={"accept": accept}, **HEADERS)  # type: ignore[arg-type]
        self.begin()

    def begin(self) -> None:
        self.client.cookies.clear()
        if self.user is not None:
            self.client.force_login(self.user)
            self.key = self.client.session.session_key
            self.cookies = deepcopy(self.client.cookies)

    def ask(self, route: Route) -> list[Any]:
        """Return the answers to a look and to a form."""
        if self.user is not None and Session.objects.filter(session_key=self.key).exists():
            self.client.cookies = deepcopy(self.cookies)
        else:
            self.begin()
        return [self.client.get(route.path), self.client.post(route.path, **route.content)]


@pytest.mark.parametrize(
    ("accept", "roles"), [*ASKED, *(pytest.param(*each, marks=pytest.mark.long) for each in ASKED_LONG)]
)
def test_what_differs_by_session_is_kept_by_nobody_and_no_answer_names_the_host_that_was_asked(
    people: dict[str, User | None], accept: str, roles: tuple[str, ...]
) -> None:
    """What anybody may keep is the same for everybody, and sets no cookie."""
    alice = people["person"]
    assert alice is not None
    visitors = {role: Visitor(people[role], accept) for role in roles}
    wrong = []
    for route in routes(belongings_of(alice)):
        answers = {role: visitor.ask(route) for role, visitor in visitors.items()}
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
    assert answer.status_code < 500, route.name
    assert not names_another(answer), route.name
    control = control_of(answer)
    is_kept = control.startswith("public") or (route.name in TOKEN_PICTURES and "private" in control)
    return is_kept or "no-store" in control


def control_of(answer: Any) -> str:
    return str(answer.headers.get("Cache-Control", "nothing"))
