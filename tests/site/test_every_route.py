"""Every address of the site: nothing changes without POST, CSRF token and its owner.

The routes are read from the URLconf, so that a new one is judged without being listed here.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models import Model
from django.test import Client

from nft.models import LinkedAccount, MintRequest, TokenClaim
from profiles.models import ApiToken, Avatar, Profile, UploadTicket, WebhookEndpoint
from profiles.testing.people import a_person, an_upload
from tests.kit.routes import belongings_of, routes

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    profile = a_person("alice")
    an_upload(profile)
    return profile.user


@pytest.fixture
def bob() -> User:
    return a_person("bob").user


@pytest.fixture
def ids(alice: User) -> dict[str, UUID]:
    return belongings_of(alice)


def belongings(user: User) -> list[dict[str, Any]]:
    """Return every column of every row that belongs to somebody."""
    kinds: list[type[Model]] = [LinkedAccount, TokenClaim, MintRequest, Profile]
    rows: list[Model] = [row for kind in kinds for row in kind._default_manager.filter(user=user).order_by("pk")]
    for kind in (Avatar, UploadTicket, ApiToken, WebhookEndpoint):
        rows += kind._default_manager.filter(profile__user=user).order_by("pk")
    return [{name: value for name, value in vars(row).items() if name != "_state"} for row in rows]


def client_of(user: User | None, *, csrf: bool = False) -> Client:
    client = Client(enforce_csrf_checks=csrf, raise_request_exception=True)
    if user is not None:
        client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def test_the_walk_meets_the_routes_we_know(ids: dict[str, UUID]) -> None:
    names = {route.name for route in routes(ids)}
    assert {"home", "picture", "claim_remove", "wallet_unlink", "mint_sent", "verify", "account_login"} <= names
    assert sum(route.is_owned for route in routes(ids)) >= 16


def test_no_route_takes_a_post_without_a_csrf_token(alice: User, ids: dict[str, UUID]) -> None:
    before = belongings(alice)
    for route in routes(ids):
        for user in (alice, None):
            status = client_of(user, csrf=True).post(route.path, **route.content).status_code
            # 302: a guest is led to the sign-in before anything of the body is read
            # and a program that sends no token of its own gets 401, whatever cookies it sends
            allowed = {401, 403, 404, 405} if user else {401, 403, 404, 405, 302}
            assert status in allowed, f"{route.name} {route.path}: {status}"
    assert belongings(alice) == before


def test_reading_changes_nothing(alice: User, ids: dict[str, UUID]) -> None:
    before = belongings(alice)
    client = client_of(alice)
    for route in routes(ids):
        status = client.get(route.path).status_code
        assert status < 500, f"{route.name} {route.path}: {status}"
        assert "_auth_user_id" in client.session, f"{route.name} signs out"
    assert belongings(alice) == before


def test_other_methods_are_refused_like_a_post(alice: User, ids: dict[str, UUID]) -> None:
    before = belongings(alice)
    client = client_of(alice, csrf=True)
    for route in routes(ids):
        for method in (client.put, client.patch, client.delete):
            status = method(route.path).status_code
            assert status in {401, 403, 404, 405}, f"{route.name} {route.path}: {status}"
    assert belongings(alice) == before


def test_what_belongs_to_alice_is_not_there_for_bob(alice: User, bob: User, ids: dict[str, UUID]) -> None:
    before = belongings(alice)
    client = client_of(bob)
    for route in filter(lambda each: each.is_owned, routes(ids)):
        answers = {client.get(route.path).status_code, client.post(route.path, **route.content).status_code}
        answers |= {method(route.path).status_code for method in (client.put, client.patch, client.delete)}
        assert answers <= {401, 404, 405}, f"{route.name} {route.path}: {answers}"
        assert answers & {401, 404}, f"{route.name} {route.path}: {answers}"
    assert belongings(alice) == before


def test_what_belongs_to_nobody_gets_the_same_answer(bob: User, ids: dict[str, UUID]) -> None:
    """A different answer for other people's things would reveal that they exist."""
    client = client_of(bob)
    strangers = dict.fromkeys(ids, uuid4())
    for own, other in zip(routes(ids), routes(strangers), strict=True):
        if own.is_owned:
            answers = [client.post(route.path, **route.content) for route in (own, other)]
            assert answers[0].status_code == answers[1].status_code, own.name


def test_a_guest_reaches_nothing_of_anybodys(alice: User, ids: dict[str, UUID]) -> None:
    before = belongings(alice)
    client = client_of(None)
    for route in filter(lambda each: each.is_owned, routes(ids)):
        for answer in (client.get(route.path), client.post(route.path, **route.content)):
            is_sent_away = answer.status_code == 302 and "/accounts/login/" in answer["Location"]
            assert is_sent_away or answer.status_code in {401, 403, 405}, f"{route.name}: {answer.status_code}"
    assert belongings(alice) == before
    assert not Session.objects.exists()
