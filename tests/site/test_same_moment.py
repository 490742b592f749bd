"""Every form is sent several times at the same moment, over real connections: no failure of ours, and one result."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signals import got_request_exception
from django.test import Client
from django.urls import reverse

from nft.models import LinkedAccount, TokenClaim
from nft.testing.browser import Browser
from nft.testing.wallets import Wallet
from profiles.models import Avatar, Profile
from profiles.testing.people import a_person, a_picture, an_upload
from tests.kit.at_once import at_once
from tests.kit.routes import Route, belongings_of, routes
from users.email_links import EmailLink

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_chain")]
TIMES = 8
PASSWORD = "a horse on a boat"
TOKEN = f"0x{'ab' * 20} 7"
# Fields by which a route does what it is for. What a route does not read is ignored.
FIELDS: dict[str, dict[str, Any]] = {
    "claim_create": {"reference": TOKEN},
    "edit": {"handle": "alice-new", "display_name": "Alice", "bio": "Hello.", "is_found_by_email": "on"},
    "welcome": {"handle": "alice-new"},
    "loss": {"on_loss": "plain", "returns_by_itself": "on"},
    "notice_settings": {"received.site": "on"},
    "api_tokens": {"name": "Backup", "scopes": ["read"], "days": "30"},
    "webhooks": {"url": "https://hooks.example/", "events": ["avatar.changed"]},
    "webhook": {"events": ["picture.removed"]},
    "picture_crop": {"crop_x": "0", "crop_y": "0", "crop_size": "0.5"},
    "account_email": {"action_add": "", "email": "second@example.org"},
    "account_change_password": {"oldpassword": "x", "password1": PASSWORD, "password2": PASSWORD},
    "account_set_password": {"password1": PASSWORD, "password2": PASSWORD},
    "account_reset_password": {"email": "alice@example.org"},
    "account_signup": {"username": "newcomer", "password1": PASSWORD},
    "held_pictures": {"token": []},
    "held_shelf": {"put": "hidden"},
}


@pytest.fixture
def failures() -> Iterator[list[str]]:
    found: list[str] = []

    def note(sender: object, request: Any, **_: object) -> None:
        found.append(f"{request.method} {request.path}: {sys.exception()!r}")

    got_request_exception.connect(note)
    yield found
    got_request_exception.disconnect(note)


def a_client(like: Client | None = None) -> Client:
    """Return a browser; with the session of `like`, as another window of it."""
    client = Client(raise_request_exception=False)
    if like is not None:
        client.cookies = like.cookies
    return client


def statuses(answers: list[Any]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def owner() -> tuple[Client, dict[str, UUID]]:
    """Return the browser of a new Alice, who owns what routes name, and the ids of it."""
    User.objects.all().delete()
    cache.clear()
    profile = a_person("alice")
    an_upload(profile)
    EmailAddress.objects.create(user=profile.user, email="alice@example.org", verified=True, primary=True)
    client = a_client()
    client.force_login(profile.user)
    session = client.session
    session["signed_in_at"] = time.time()
    session.save()
    return client, belongings_of(profile.user)


def send(route: Route, client: Client) -> Any:
    content = route.content
    if route.name in FIELDS:
        content = {"data": FIELDS[route.name]}
    elif route.name == "picture":
        content = {"data": {"content": SimpleUploadedFile("a.png", PICTURE, "image/png")}}
    return client.post(route.path, **content)


PICTURE = a_picture()


@pytest.mark.parametrize("times", [2, pytest.param(TIMES, marks=pytest.mark.long)])
def test_no_form_fails_when_it_is_sent_twice(times: int, failures: list[str]) -> None:
    names = [route.name for route in routes(dict.fromkeys(owner()[1], uuid4()))]
    assert FIELDS.keys() <= set(names), FIELDS.keys() - set(names)
    client, ids = owner()
    for place, name in enumerate(names):
        route = routes(ids)[place]
        answers = at_once(*[partial(send, route, a_client(client)) for _ in range(times)])
        told = statuses(answers)
        assert max(told) < 500, f"{name}: {told} {failures}"
        if min(told) < 400:  # something was done, and may be missing for the next one
            client, ids = owner()
    assert not failures


# --- what there is one of ---------------------------------------------------------------------------------------------


def sign_up(name: str, address: str = "") -> Any:
    form = {"username": name, "email": address, "password1": PASSWORD}
    return a_client().post(reverse("account_signup"), form)


def test_one_name(failures: list[str]) -> None:
    cache.clear()
    answers = at_once(*[partial(sign_up, name) for name in ("carol", "Carol", "CAROL", "carol") * 2])
    assert statuses(answers) == {302: 1, 200: TIMES - 1}
    assert sum("is taken" in answer.content.decode() for answer in answers) == TIMES - 1
    assert User.objects.get().username == "carol"
    assert not failures


def test_one_address_of_many_accounts(failures: list[str]) -> None:
    cache.clear()
    answers = at_once(*[partial(sign_up, f"carol-{number}", "carol@example.org") for number in range(TIMES)])
    assert statuses(answers) == {302: TIMES}
    assert EmailAddress.objects.filter(email="carol@example.org").count() == 1
    people = list(User.objects.all())
    keys = [EmailLink.of(user, "carol@example.org").key for user in people]
    paths = [reverse("account_confirm_email", args=[key]) for key in keys * 2]
    answers = at_once(*[partial(a_client().post, path) for path in paths])
    assert max(statuses(answers)) < 500
    assert EmailAddress.objects.filter(email="carol@example.org").count() == 1
    assert User.objects.filter(email="carol@example.org").count() == 1
    assert not failures


def test_one_confirmation_of_many_clicks(failures: list[str]) -> None:
    carol = User.objects.create_user("carol")
    path = reverse("account_confirm_email", args=[EmailLink.of(carol, "carol@example.org").key])
    answers = at_once(*[partial(a_client().post, path) for _ in range(TIMES)])
    assert max(statuses(answers)) < 500
    row = EmailAddress.objects.get()
    assert (row.user, row.verified, row.primary) == (carol, True, True)
    assert not failures


def test_one_account_of_a_wallet_that_signs_up(failures: list[str]) -> None:
    wallet = Wallet.create()
    browsers = [Browser() for _ in range(TIMES)]
    for browser in browsers:
        browser.client.raise_request_exception = False
    texts = [browser.text_for(wallet.address) for browser in browsers]
    answers = at_once(
        *[partial(browser.verify, text, wallet.sign(text)) for browser, text in zip(browsers, texts, strict=True)]
    )
    assert statuses(answers) == {200: TIMES}
    assert (User.objects.count(), LinkedAccount.objects.count()) == (1, 1)
    assert not failures


def test_one_session_of_a_signed_text(failures: list[str]) -> None:
    wallet, browser = Wallet.create(), Browser()
    text = browser.text_for(wallet.address)
    clients = [a_client(browser.client) for _ in range(TIMES)]
    content = {"text": text, "signature": wallet.sign(text)}
    answers = at_once(
        *[partial(each.post, reverse("nft:verify"), content, content_type="application/json") for each in clients]
    )
    told = statuses(answers)
    assert told[200] == 1
    assert max(told) < 500
    signed_in = [session for session in Session.objects.all() if "_auth_user_id" in session.get_decoded()]
    assert len(signed_in) == 1
    assert not failures


def test_one_handle(failures: list[str]) -> None:
    clients = []
    for number in range(TIMES):
        client = a_client()
        client.force_login(a_person(f"person-{number}").user)
        clients.append(client)
    answers = at_once(*[partial(each.post, reverse("profiles:welcome"), {"handle": "carol"}) for each in clients])
    assert statuses(answers) == {302: 1, 422: TIMES - 1}
    assert sum("The handle carol is taken." in answer.content.decode() for answer in answers) == TIMES - 1
    assert Profile.objects.filter(handle="carol").count() == 1
    assert not failures


def routes_named(ids: dict[str, UUID], name: str) -> Route:
    return next(route for route in routes(ids) if route.name == name)


@pytest.mark.parametrize(
    ("name", "kind", "left"),
    [
        ("picture", Avatar, 2),
        ("claim_create", TokenClaim, 2),
        ("claim_remove", TokenClaim, 0),
        ("wallet_unlink", LinkedAccount, 0),
    ],
)
def test_one_result_of_a_form(name: str, kind: Any, left: int, failures: list[str]) -> None:
    client, ids = owner()
    user = User.objects.get()
    user.set_password(PASSWORD)  # so that a wallet is not the only way in
    user.save()
    client.force_login(user)
    answers = at_once(*[partial(send, routes_named(ids, name), a_client(client)) for _ in range(TIMES)])
    assert set(statuses(answers)) <= {302, 404}, statuses(answers)
    assert statuses(answers)[302] >= 1
    assert kind.objects.count() == left
    assert not failures


def test_what_is_removed_while_it_is_used(failures: list[str]) -> None:
    """Two forms that contradict each other: one comes first, and the other is told so."""
    pairs = [
        ("claim_remove", "claim_recheck"),
        ("claim_remove", "claim_create"),
        ("picture_remove", "picture_use"),
        ("picture_remove", "picture_crop"),
        ("wallet_unlink", "claim_create"),
        ("wallet_unlink", "wallet_primary"),
        ("account_email", "account_change_password"),
        ("account_logout", "picture"),
        ("sessions_end", "edit"),
        ("api_token_revoke", "api_tokens"),
        ("webhook_delete", "webhook_rotate"),
        ("webhook_delete", "webhook_again"),
    ]
    for pair in pairs:
        client, ids = owner()
        found = [routes_named(ids, name) for name in pair * (TIMES // 2)]
        answers = at_once(*[partial(send, route, a_client(client)) for route in found])
        assert max(statuses(answers)) < 500, f"{pair}: {statuses(answers)} {failures}"
    assert not failures
