"""The pages on privacy, terms, contact and help say what this site does, and who runs it."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from avatarsite.privacy_facts import domain_of, read_periods, read_third_parties
from avatarsite.settings.operator import Operator
from profiles.testing.people import a_person

pytestmark = pytest.mark.django_db
PAGES = ["/privacy/", "/terms/", "/contact/", "/help/"]
OPERATOR = Operator(
    "Example & Sons",
    "1 Example Street",
    "mail@example.org",
    "Iceland",
    "Our authority is <b>Persónuvernd</b>.\n\nWe keep logs for 3 days.",
    "Be kind.",
    "https://source.example/site",
    "https://status.example/",
)


def text_of(path: str, client: Client | None = None) -> str:
    answer = (client or Client()).get(path)
    assert answer.status_code == 200
    return unescape(re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_they_say_who_runs_the_site_in_the_operators_own_words(settings: Any) -> None:
    settings.OPERATOR = OPERATOR
    for path in ("/privacy/", "/terms/", "/contact/"):
        page = text_of(path)
        assert all(word in page for word in ("Example & Sons", "1 Example Street", "mail@example.org")), path
    assert "Our authority is <b>Persónuvernd</b>." in text_of("/privacy/")
    assert "Be kind." in text_of("/terms/")
    assert "law of Iceland" in text_of("/terms/")
    footer = Client().get("/").content.decode()
    assert 'href="https://source.example/site"' in footer
    assert 'href="https://status.example/"' in footer


def test_a_site_without_an_operator_says_so(settings: Any) -> None:
    settings.OPERATOR = Operator()
    assert "has not said yet who they are" in text_of("/contact/")
    assert 'href="/readyz"' in Client().get("/contact/").content.decode()


def test_the_privacy_page_has_the_periods_and_cookies_of_this_site(settings: Any) -> None:
    settings.ACCOUNT_DELETE_DAYS, settings.ACCOUNT_EXPORT_DAYS, settings.AVATAR_UNDO_SECONDS = 23, 5, 1260
    page, periods = text_of("/privacy/"), read_periods()
    assert "gone after 23 days" in page
    assert "kept for 5 days" in page
    assert "for 21 minutes" in page
    assert f"{periods.session} days after your last visit" in page
    client = Client()
    client.force_login(a_person().user)
    client.get(reverse("profiles:edit"))
    assert set(client.cookies) <= {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME}
    assert all(name in page for name in client.cookies)


def test_the_privacy_page_names_who_else_is_asked_and_no_key(settings: Any) -> None:
    node = {"name": "Ethereum", "rpc_urls": ["https://a-key.nodes.example/v2/s3cr3t", "http://127.0.0.1:8545"]}
    settings.NFT_CHAINS = {1: node}
    settings.NFT_IPFS_GATEWAYS = ["https://ipfs.gateway.example", "https://other.example"]
    settings.WALLETCONNECT = {"project_id": "1", "relay_url": "wss://relay.walletconnect.org"}
    settings.SENTRY_DSN = "https://s3cr3t@errors.example/1"
    page = text_of("/privacy/")
    assert "Nodes of Ethereum nodes.example, our own server: the accounts" in " ".join(page.split())
    assert "gateway.example, other.example" in page
    assert "walletconnect.org" in page
    assert "errors.example" in page
    assert "s3cr3t" not in page
    assert "a-key" not in page


def test_without_nfts_no_page_speaks_of_chains(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avatarsite.context.apps.is_installed", lambda name: name != "nft")
    for path in PAGES:
        page = text_of(path).lower()
        assert not re.search(r"\b(nft|wallet|chain|ipfs)s?\b", page), path
    assert read_third_parties().chains == ()


@pytest.mark.parametrize("path", PAGES)
def test_every_link_leads_somewhere_and_search_engines_may_read_it(path: str) -> None:
    answer = Client().get(path)
    page = answer.content.decode()
    for link in re.findall(r'<a [^>]*href="(/[^"#]*)"', page):
        try:
            resolve(link)
        except Resolver404:
            pytest.fail(f"{path} links to {link}")
    assert 'content="noindex"' not in page
    assert f'{path}">' in page.partition("</head>")[0]
    assert "{%" not in page


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://key.quiknode.example/abc", "quiknode.example"),
        ("https://gateway.example", "gateway.example"),
        ("http://127.0.0.1:8545", "our own server"),
        ("http://[::1]:1", "our own server"),
        ("http://anvil:8545", "our own server"),
    ],
)
def test_a_provider_is_named_without_what_may_be_a_customers_key(url: str, name: str) -> None:
    assert domain_of(url) == name
