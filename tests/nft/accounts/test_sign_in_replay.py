"""Fifty browsers' tabs post the same reply at once: one of them gets in (V5).

`--replay-rounds 200` repeats it over HTTP as often as figures are taken; the suite is content with a few rounds.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings as site
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.servers.basehttp import ThreadedWSGIServer
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test.testcases import QuietWSGIRequestHandler
from django.urls import reverse

from nft.models import LinkedAccount
from nft.testing.browser import Browser
from nft.testing.wallets import NOBODY, Wallet, chains_at, compact

pytestmark = pytest.mark.django_db(transaction=True)
TABS = 50


@pytest.fixture(autouse=True)
def no_chain_and_no_limits(settings: Any) -> None:
    settings.NFT_CHAINS = chains_at(NOBODY)
    settings.AVATAR_RATE_LIMITS = {"verify-session": (10**6, 60), "verify-network": (10**6, 60)} | {
        f"challenge-{whose}": (10**6, 60) for whose in ("session", "network", "everyone")
    }
    settings.DATABASES["default"]["CONN_MAX_AGE"] = 0


def signed_in_sessions() -> int:
    return sum("_auth_user_id" in session.get_decoded() for session in Session.objects.all())


def post_at_once(browsers: list[Browser], replies: list[tuple[str, str]]) -> list[int]:
    """The status each browser got."""
    start = threading.Barrier(len(browsers))

    def post(browser: Browser, reply: tuple[str, str]) -> int:
        try:
            start.wait(30)
            return int(browser.verify(*reply).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(browsers)) as threads:
        return list(threads.map(post, browsers, replies))


def test_fifty_replays_at_once_make_one_session() -> None:
    browser, wallet = Browser(), Wallet.create()
    text = browser.text_for(wallet.address)
    tabs = [Browser() for _ in range(TABS)]
    for tab in tabs:
        tab.client.cookies = browser.client.cookies.__class__(browser.client.cookies.output(header="", sep=";"))
    statuses = post_at_once(tabs, [(text, wallet.sign(text))] * TABS)
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 400, 409}
    assert signed_in_sessions() == 1
    assert User.objects.count() == 1


def post_over_http(address: str, browser: Browser, reply: dict[str, str], start: threading.Barrier) -> int:
    connection = http.client.HTTPConnection(address, timeout=60)
    try:
        connection.connect()
        token = "a" * 32
        cookies = f"{site.SESSION_COOKIE_NAME}={browser.client.session.session_key}; {site.CSRF_COOKIE_NAME}={token}"
        headers = {"Content-Type": "application/json", "Cookie": cookies, "X-CSRFToken": token}
        start.wait(60)
        connection.request("POST", reverse("nft:verify"), json.dumps(reply), headers)
        return connection.getresponse().status
    finally:
        connection.close()


class Server(ThreadedWSGIServer):
    """Django's own, a thread for each connection, with room for all of them to knock at once."""

    request_queue_size = 4 * TABS


@pytest.fixture
def server() -> Iterator[str]:
    """Its host and port."""
    server = Server(("127.0.0.1", 0), QuietWSGIRequestHandler)
    server.set_app(get_wsgi_application())
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_fifty_replays_over_http_make_one_session_each_round(
    server: str, request: pytest.FixtureRequest, settings: Any
) -> None:
    """A real server with a thread and a database connection for each; half of them send the signature in its other
    spelling, as no replay may be told by its bytes."""
    settings.ALLOWED_HOSTS = ["*"]
    rounds = request.config.getoption("--replay-rounds")
    wallet = Wallet.create()
    with ThreadPoolExecutor(TABS) as threads:
        for done in range(rounds):
            browser, start = Browser(), threading.Barrier(TABS)
            text = browser.text_for(wallet.address)
            spellings = [wallet.sign(text), compact(wallet.sign(text))]
            posts = [
                threads.submit(post_over_http, server, browser, {"text": text, "signature": spellings[tab % 2]}, start)
                for tab in range(TABS)
            ]
            statuses = [post.result() for post in posts]
            assert statuses.count(200) == 1, statuses
            assert set(statuses) <= {200, 400, 409}
            assert signed_in_sessions() == done + 1
    assert User.objects.count() == 1


def test_one_account_signing_up_in_many_browsers_at_once_is_one_person() -> None:
    wallet = Wallet.create()
    browsers = [Browser() for _ in range(8)]
    texts = [browser.text_for(wallet.address) for browser in browsers]
    statuses = post_at_once(browsers, [(text, wallet.sign(text)) for text in texts])
    assert statuses == [200] * 8
    assert LinkedAccount.objects.count() == User.objects.count() == 1
    assert {browser.user for browser in browsers} == {User.objects.get()}
