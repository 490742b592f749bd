"""Whoever asks by sign-up, sign-in, a new password or an address learns nothing of who has an account here."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import BasePasswordHasher, PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from nft.testing.browser import Browser
from nft.testing.wallets import Wallet
from tests.servers.smtp import send_mail_by_smtp

pytestmark = pytest.mark.django_db
KNOWN, UNKNOWN = "alice@example.org", "carol@example.org"
PASSWORD = "a horse on a boat"
EMAIL_PAGE = "/accounts/email/"


@dataclass(frozen=True)
class Seen:
    """What somebody sees of an answer, and what could be measured of it. What they typed themselves is left out."""

    status: int
    headers: dict[str, str]
    text: str
    cookies: frozenset[str]
    hashes: int
    statements: int
    mails: int


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    made: list[str] = []
    encode = PBKDF2PasswordHasher.encode

    def counted(self: BasePasswordHasher, password: str, salt: str, iterations: int | None = None) -> str:
        made.append(password)
        return encode(self, password, salt, iterations)  # type: ignore[arg-type]

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", counted)
    return made


@pytest.fixture
def ask(hashes: list[str]) -> Callable[..., Seen]:
    def post(name: str, form: dict[str, str], *typed: str, client: Client | None = None, **headers: str) -> Seen:
        cache.clear()
        mail.outbox.clear()
        hashes.clear()
        client = client or Client()
        with CaptureQueriesContext(
            connection,
        ) as statements:
            answer = client.post(reverse(name), form, headers=headers)
            shown = _text(answer.content, typed)
            if answer.status_code == 302:
                shown += _text(client.get(answer["Location"]).content, typed)
        facts = {key: value for key, value in answer.headers.items() if key not in {"Content-Length", "Expires"}}
        return Seen(
            answer.status_code,
            facts,
            shown,
            frozenset(answer.cookies),
            len(hashes),
            len(statements),
            len(mail.outbox),
        )

    return post


def _text(content: bytes, typed: tuple[str, ...]) -> str:
    text = content.decode()
    for each in typed:
        text = text.replace(each, "…")
    return re.sub(r'(csrfmiddlewaretoken\\?" value=\\?")\w+', r"\1", text)


@pytest.fixture
def alice(alice: User) -> User:
    EmailAddress.objects.create(user=alice, email=KNOWN, primary=True, verified=True)
    return alice


ACCEPT = [{}, {"accept": "application/json"}]


@pytest.mark.parametrize("headers", ACCEPT)
def test_sign_up_with_an_address(alice: User, ask: Callable[..., Seen], headers: dict[str, str]) -> None:
    seen = []
    for name, address in (("newcomer-1", KNOWN), ("newcomer-2", UNKNOWN), ("newcomer-3", KNOWN.upper())):
        form = {"username": name, "email": address, "password1": PASSWORD}
        seen.append(ask("account_signup", form, name, address, address.lower(), **headers))
        (sent,) = mail.outbox
        assert sent.to == [address.lower()]
        assert ("belongs to your account, so" in sent.body) == (address != UNKNOWN)
        assert ("confirm-email" in sent.body) == (address == UNKNOWN)
    assert seen[0] == seen[1] == seen[2]
    assert (seen[0].mails, seen[0].hashes) == (1, 1)
    assert User.objects.filter(username__startswith="newcomer").count() == 3
    stored = EmailAddress.objects.order_by("email").values_list("user__username", "email", "verified")
    assert list(stored) == [("alice", KNOWN, True), ("newcomer-2", UNKNOWN, False)]
    assert set(User.objects.filter(email=KNOWN)) == {alice}


@pytest.mark.parametrize("headers", ACCEPT)
def test_an_address_for_an_account_that_one_has(alice: User, ask: Callable[..., Seen], headers: dict[str, str]) -> None:
    seen = []
    for number, address in enumerate((KNOWN, UNKNOWN)):
        browser = Browser()
        name = f"person-{number}"
        browser.enter(User.objects.create_user(name))
        form = {"action_add": "", "email": address}
        seen.append(ask("account_email", form, name, address, client=browser.client, **headers))
        assert mail.outbox[0].to == [address]
        resend = {"action_send": "", "email": address}
        assert browser.client.post(reverse("account_email"), resend).status_code == 302
    assert seen[0] == seen[1]
    assert seen[0].mails == 1
    assert EmailAddress.objects.count() == 2


@pytest.mark.parametrize("headers", ACCEPT)
@pytest.mark.parametrize("act", ["", "action_send", "action_remove", "action_primary", "action_add"])
def test_what_became_of_an_address_shows_on_no_page(
    alice: User, ask: Callable[..., Seen], headers: dict[str, str], act: str
) -> None:
    """Neither in the browser that entered it, nor after signing in with another one."""
    seen = []
    for name, address in (("newcomer-1", KNOWN), ("newcomer-2", UNKNOWN), ("newcomer-3", UNKNOWN)):
        here = sign_up(name, address)
        elsewhere = Client()
        elsewhere.force_login(User.objects.get(username=name))
        for client in (here, elsewhere):
            session = client.session
            session["signed_in_at"] = time.time()
            session.save()
            shown = [client.get(path, headers=headers).content for path in ("/", EMAIL_PAGE)]
            form = {act: "", "email": address}
            answer = ask("account_email", form, name, address, client=client, **headers)
            seen.append(([_text(page, (name, address)) for page in shown], answer))
    assert seen[0] == seen[2] == seen[4]
    assert seen[1] == seen[3] == seen[5]


@pytest.mark.parametrize("headers", ACCEPT)
@pytest.mark.parametrize("known", ["alice", KNOWN, "mallory-of-staff", "closed-account", "wallet-only"])
def test_sign_in_with_a_wrong_password(
    alice: User, ask: Callable[..., Seen], headers: dict[str, str], known: str
) -> None:
    User.objects.create_superuser("mallory-of-staff", password=PASSWORD)
    User.objects.create_user("closed-account", password=PASSWORD, is_active=False)
    User.objects.create_user("wallet-only")
    unknown = UNKNOWN if "@" in known else "no-such-person"
    seen = [ask("account_login", {"login": login, "password": "wrong"}, login, **headers) for login in (known, unknown)]
    assert seen[0] == seen[1]
    assert seen[0].hashes == 1


def test_the_right_password_takes_one_hash_too(alice: User, ask: Callable[..., Seen]) -> None:
    for login in ("alice", KNOWN, "ALICE", KNOWN.upper()):
        seen = ask("account_login", {"login": login, "password": "correct horse"}, login)
        assert (seen.status, seen.hashes) == (302, 1), login


def test_staff_sign_in_at_the_same_page(alice: User) -> None:
    answer = Client().get(reverse("admin:index"), follow=True)
    assert answer.redirect_chain[-1][0].startswith(reverse("account_login"))


@pytest.mark.parametrize("headers", ACCEPT)
def test_a_new_password(alice: User, ask: Callable[..., Seen], headers: dict[str, str]) -> None:
    User.objects.create_user("disabled", "disabled@example.org", PASSWORD, is_active=False)
    addresses = (KNOWN, UNKNOWN, "disabled@example.org")
    seen = [ask("account_reset_password", {"email": address}, address, **headers) for address in addresses]
    assert seen[0] == seen[1] == seen[2]
    assert seen[0].mails == 1


def test_a_name_that_looks_like_somebodys_address_is_refused(alice: User) -> None:
    """Signing in by it would work only while nobody else has the address."""
    form = {"username": "carol@example.org", "password1": PASSWORD}
    assert b"can\xe2\x80\x99t be an e-mail address" in Client().post(reverse("account_signup"), form).content


def test_a_text_to_sign_is_issued_for_any_account(wallet: Wallet, settings: Any) -> None:
    Browser().sign_in(wallet)
    known, unknown = (Browser().ask_challenge(each.address) for each in (wallet, Wallet.create()))
    assert (known.status_code, set(known.json())) == (unknown.status_code, set(unknown.json()))
    first = [text.split("Nonce")[0].splitlines()[2:] for text in (known.json()["text"], unknown.json()["text"])]
    assert first[0] == first[1]


# --- what an address is for, once its link was opened -----------------------------------------------------------------


def link_to(address: str) -> str:
    (sent,) = [each for each in mail.outbox if each.to == [address]]
    found = re.search(r"https?://\S+/confirm-email/\S+", str(sent.body))
    assert found
    return found[0]


def open_link(url: str, client: Client | None = None) -> Any:
    path = url.partition("localhost:8000")[2]
    client = client or Client()
    assert client.get(path).status_code == 200
    return client.post(path)


def sign_up(name: str, address: str) -> Client:
    client = Client()
    cache.clear()
    mail.outbox.clear()
    client.post(reverse("account_signup"), {"username": name, "email": address, "password1": PASSWORD})
    return client


def test_the_page_of_addresses_says_which_mail_to_look_for(db: None) -> None:
    client = sign_up("carol", UNKNOWN)
    assert UNKNOWN in client.get(reverse("account_email")).content.decode()
    open_link(link_to(UNKNOWN), client)
    page = client.get(reverse("account_email")).content.decode()
    assert "Confirmed" in page
    assert "We sent a mail" not in page
    row = EmailAddress.objects.get()
    assert (row.user.username, row.email, row.verified, row.primary) == ("carol", UNKNOWN, True, True)
    assert row.user.email == UNKNOWN


def test_the_first_to_open_their_link_has_the_address(db: None) -> None:
    links = []
    for name in ("carol", "mallory"):
        sign_up(name, UNKNOWN)
        links.append(link_to(UNKNOWN))
    open_link(links[1])
    page = Client().get(links[0].partition("localhost:8000")[2]).content.decode()
    assert "Somebody else has this address" in page
    Client().post(links[0].partition("localhost:8000")[2])
    assert EmailAddress.objects.get().user.username == "mallory"


def test_a_link_works_once_for_a_day_and_as_it_was_written(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_up("carol", UNKNOWN)
    path = link_to(UNKNOWN).partition("localhost:8000")[2]
    altered = path[:-3] + ("a" if path[-3] != "a" else "b") + path[-2:]
    assert Client().post(altered).status_code == 404
    now = time.time()
    with monkeypatch.context() as later:
        later.setattr("time.time", lambda: now + 86_500)
        assert "no longer good" in Client().get(path).content.decode()
    open_link(path.join(["localhost:8000", ""]))
    assert Client().post(path).status_code == 404


def test_an_address_that_is_not_confirmed_signs_nobody_in(db: None) -> None:
    sign_up("carol", UNKNOWN)
    assert "_auth_user_id" not in _signed_in(UNKNOWN)


def test_who_reads_its_mail_gets_a_new_password_for_the_one_who_entered_it_first(db: None) -> None:
    for name in ("carol", "mallory"):
        sign_up(name, UNKNOWN)
    assert EmailAddress.objects.get().user.username == "carol"
    cache.clear()
    mail.outbox.clear()
    Client().post(reverse("account_reset_password"), {"email": UNKNOWN})
    (sent,) = mail.outbox
    assert "Hello carol" in sent.body
    assert "/password/reset/key/" in sent.body


def _signed_in(login: str) -> Any:
    client = Client()
    client.post(reverse("account_login"), {"login": login, "password": PASSWORD})
    return client.session


def test_a_link_that_can_not_be_mailed_fails_no_sign_up(db: None, settings: Any) -> None:
    send_mail_by_smtp(settings)
    client = sign_up("carol", UNKNOWN)
    assert "can’t send mail at the moment" in client.get("/").content.decode()
    assert "_auth_user_id" in client.session


def test_an_address_that_an_operator_entered_is_confirmed_from_the_page(db: None) -> None:
    carol = User.objects.create_user("carol", UNKNOWN)
    browser = Browser()
    browser.enter(carol)
    cache.clear()
    assert "Not confirmed yet" in browser.client.get(EMAIL_PAGE).content.decode()
    browser.client.post(EMAIL_PAGE, {"action_send": "", "email": UNKNOWN})
    open_link(link_to(UNKNOWN))
    assert EmailAddress.objects.get().verified
