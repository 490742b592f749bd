"""Every address of the site: nothing changes without POST, CSRF token and its owner.

The routes are read from the URLconf, so that a new one is judged without being listed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import UUIDConverter
from django.utils import timezone

from nft.models import HeldToken, LinkedAccount, MintRequest, TokenClaim
from profiles.models import ApiToken, Avatar, Notice, Profile, UploadTicket
from tests.kit.people import a_person, an_upload

pytestmark = pytest.mark.django_db

CHAIN_ID = 31337
ADDRESS = "0x" + "12" * 20
VALUES = {
    "handle": "alice",
    "identifier": "alice",
    "cid": "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy",
    "path": "a",
    "key": "1",
}
JSON_ROUTES = {"challenge", "verify", "mint_sent", "transfer_sent"}
FORM = {"label": "taken over", "alt_text": "taken over", "to": ADDRESS, "reference": f"{ADDRESS} 1"}
FORM |= {"is_public": "on", "put": "hidden"}


@dataclass(frozen=True)
class Route:
    name: str
    path: str
    is_owned: bool
    """Tell whether the address names something that belongs to one person."""

    @property
    def content(self) -> dict[str, Any]:
        if self.name in JSON_ROUTES:
            return {"data": {"tx_hash": "0x" + "ab" * 32}, "content_type": "application/json"}
        return {"data": FORM}


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
    """Return what belongs to Alice, by the name that its routes use."""
    now = timezone.now()
    account = LinkedAccount.objects.create(
        user=alice, address=b"\1" * 20, chain_id=CHAIN_ID, linked_at=now, last_used_at=now
    )
    claim = TokenClaim.objects.create(
        user=alice, chain_id=CHAIN_ID, contract=b"\2" * 20, token_id=1, due_at=now, account=account
    )
    mint = MintRequest.objects.create(
        user=alice,
        account=account,
        idempotency_key="1",
        chain_id=CHAIN_ID,
        contract=b"\3" * 20,
        owner=b"\1" * 20,
        name="Mine",
        state=MintRequest.State.AWAITING_SIGNATURE,
    )
    avatar = Avatar.objects.get(profile__user=alice)
    ticket = UploadTicket.objects.create(
        profile=avatar.profile, key="a", byte_count=9, content_type="image/png", expires_at=now + timedelta(hours=1)
    )
    notice = Notice.objects.create(profile=avatar.profile, avatar=avatar, kind="lost", at=now)
    token = ApiToken.objects.create(profile=avatar.profile, name="Mine", digest="0" * 64, scopes="read")
    held = HeldToken.objects.create(
        account=account, chain_id=CHAIN_ID, contract=b"\2" * 20, token_id=1, standard="erc721", first_seen_at=now
    )
    accounts = {"account_id": account.pk, "claim_id": claim.pk, "mint_id": mint.pk, "held_id": held.pk}
    return (
        accounts
        | dict.fromkeys(["avatar_id", "picture_id"], avatar.pk)
        | {"ticket_id": ticket.pk, "token_id": token.pk, "notice_id": notice.pk}
    )


def patterns(resolver: Any, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            if each.app_name != "admin":  # Django's own, for staff only
                yield from patterns(each, prefix + str(each.pattern))
        else:
            yield prefix, each


def routes(ids: dict[str, UUID]) -> list[Route]:
    return [_route(prefix, pattern, ids) for prefix, pattern in patterns(get_resolver())]


def _route(prefix: str, pattern: URLPattern, ids: dict[str, UUID]) -> Route:
    converters = pattern.pattern.converters
    owned = [name for name, converter in converters.items() if isinstance(converter, UUIDConverter)]
    unknown = set(owned) - ids.keys()
    assert not unknown, f"{pattern.name}: teach this test whose {unknown} is"
    text = str(pattern.pattern)
    path = prefix + (_of_expression(text) if text.startswith("^") else text)
    values = VALUES | ids
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(values.get(match[1], "1")), path)
    return Route(str(pattern.name), f"/{path}", bool(owned))


def _of_expression(text: str) -> str:
    known = {
        r"^api/v1(?:/[\s\S]*)?\Z": "api/v1/nothing",
        r"^pictures/([0-9a-f]{64})\.(webp|png|jpg|avif)$": f"pictures/{'0' * 64}.webp",
        r"^confirm-email/(?P<key>[-:\w]+)/$": "confirm-email/1/",
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "password/reset/key/1-1/",
    }
    assert text in known, f"teach this test an address for {text}"
    return known[text]


def belongings(user: User) -> list[dict[str, Any]]:
    """Return every column of every row that belongs to somebody."""
    kinds: list[type[Model]] = [LinkedAccount, TokenClaim, MintRequest, Profile]
    rows: list[Model] = [row for kind in kinds for row in kind._default_manager.filter(user=user).order_by("pk")]
    for kind in (Avatar, UploadTicket, ApiToken):
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
