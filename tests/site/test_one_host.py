"""The site has one address: whatever a visitor writes into headers, no mail, link or redirect names another.

That no answer of any address does is asked in test_answer_headers.py.
"""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.urls import reverse

from avatarsite.middleware import OneHost
from profiles.testing.people import a_person, an_upload
from tests.kit.other_hosts import HEADERS, PORT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_chain")]


@pytest.fixture
def alice() -> User:
    profile = a_person("alice")
    an_upload(profile)
    EmailAddress.objects.create(user=profile.user, email="alice@example.org", verified=True, primary=True)
    return profile.user


def client_of(user: User | None = None) -> Client:
    client = Client(**HEADERS)  # type: ignore[arg-type]
    if user is not None:
        client.force_login(user)
    return client


def test_no_mail_does(alice: User) -> None:
    client_of().post(reverse("account_reset_password"), {"email": "alice@example.org"})
    client_of().post(reverse("account_reset_password"), {"email": "nobody@example.org"})
    for number, address in enumerate(("alice@example.org", "new@example.org")):
        cache.clear()
        form = {"username": f"bob-{number}", "email": address, "password1": "a horse on a boat"}
        client_of().post(reverse("account_signup"), form)
    assert len(mail.outbox) == 4
    for sent in mail.outbox:
        text = f"{sent.subject} {sent.body} {sent.message()}"
        assert settings.SITE_ORIGIN in text
        assert f":{PORT}" not in text
        assert "evil.example" not in text


@pytest.mark.parametrize(
    "wanted", [f"http://localhost:{PORT}/u/", "//evil.example/", "https:evil.example/", "/\\\\evil.example/"]
)
def test_nobody_is_sent_to_it(alice: User, wanted: str) -> None:
    alice.set_password("correct horse")
    alice.save()
    form = {"login": "alice", "password": "correct horse", "next": wanted}
    answer = client_of().post(reverse("account_login"), form)
    assert answer["Location"] == "/"
    welcome = client_of(alice).post("/settings/welcome/", {"handle": "alice-2", "next": wanted})
    assert welcome["Location"] == "/settings/picture/?next=%2Fu%2Falice-2%2F"


def test_tries_are_not_counted_anew_for_another_port(alice: User) -> None:
    alice.set_password("correct horse")
    alice.save()
    cache.clear()
    for port in range(9000, 9006):
        Client(HTTP_HOST=f"localhost:{port}").post(reverse("account_login"), {"login": "alice", "password": "wrong"})
    answer = Client(HTTP_HOST="localhost:9010").post(
        reverse("account_login"), {"login": "alice", "password": "correct horse"}
    )
    assert b"That was too many tries" in answer.content


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "localhost@evil.example", "[::1"])
def test_other_hosts_are_refused(host: str) -> None:
    answer = Client(HTTP_HOST=host).get("/")
    assert answer.status_code == 400
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_plain_http_is_redirected_to_the_one_host(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT, settings.SECURE_SSL_HOST = True, "avatars.example"
    assert client_of().get("/u/alice/?a=1")["Location"] == "https://avatars.example/u/alice/?a=1"


def test_an_absolute_address_is_built_from_the_setting() -> None:
    built: list[str] = []

    def view(request: Any) -> Any:
        built.append(request.build_absolute_uri("/u/alice/"))

    OneHost(view)(RequestFactory(**HEADERS).get("/"))  # type: ignore[arg-type]
    assert built == [f"{settings.SITE_ORIGIN}/u/alice/"]
