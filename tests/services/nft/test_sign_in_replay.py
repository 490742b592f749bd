"""Fifty browsers' tabs post the same reply at once: one of them gets in (V5)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection

from nft.models import LinkedAccount
from tests.wallets import NOBODY, Browser, Wallet, chains_at

pytestmark = pytest.mark.django_db(transaction=True)
TABS = 50


@pytest.fixture(autouse=True)
def no_chain_and_no_limits(settings: Any) -> None:
    settings.NFT_CHAINS = chains_at(NOBODY)
    settings.NFT_RATE_LIMITS = {"verify-session": (10**6, 60), "verify-network": (10**6, 60)}
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


def test_one_account_signing_up_in_many_browsers_at_once_is_one_person() -> None:
    wallet = Wallet.create()
    browsers = [Browser() for _ in range(8)]
    texts = [browser.text_for(wallet.address) for browser in browsers]
    statuses = post_at_once(browsers, [(text, wallet.sign(text)) for text in texts])
    assert statuses == [200] * 8
    assert LinkedAccount.objects.count() == User.objects.count() == 1
    assert {browser.user for browser in browsers} == {User.objects.get()}
