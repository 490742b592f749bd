"""Accounts with several owners, who sign one after the other: their texts are good for up to a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from nft.accounts import guest_sessions, sign_in
from nft.accounts.challenges import Wanted, issue_challenge
from nft.accounts.errors import CHALLENGE_EXPIRED
from nft.accounts.lifetimes import LIFETIME
from nft.accounts.sign_in import Reply
from nft.accounts.tries import Visitor
from nft.clients.evm.chain import ChainClient, get_chain
from nft.models import SignInChallenge
from nft.settings import setting_errors
from nft.testing.browser import Browser
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from nft.testing.wallets import NOBODY, Wallet, chains_at
from tests.kit.errors import raises_kind
from users.session_store import SessionStore

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def site(chain: Chain, settings: Any) -> Any:
    settings.NFT_CHAINS = chains_at(chain.url)
    return settings


@pytest.fixture
def safe(chain: Chain, owner: Wallet) -> str:
    """The address of a contract account of `owner`."""
    return str(chain.deploy("DemoWallet", owner.address).address)


def lifetime_of(address: str, **more: Any) -> timedelta:
    browser = Browser()
    response = browser.ask_challenge(address, **{"may_have_code": True, **more})
    challenge = SignInChallenge.objects.latest("pk")
    found = challenge.expires_at - challenge.issued_at
    assert response.json()["waits"] is (found > LIFETIME)
    return found


def test_an_account_with_code_has_a_day(site: Any, safe: str) -> None:
    assert lifetime_of(safe) == DAY


def test_the_time_is_a_setting(site: Any, safe: str) -> None:
    site.NFT_COSIGN_SECONDS = 3600
    assert lifetime_of(safe) == timedelta(hours=1)
    site.NFT_COSIGN_SECONDS = 0
    assert lifetime_of(safe) == LIFETIME


def test_the_time_is_a_day_at_most(settings: Any) -> None:
    settings.NFT_COSIGN_SECONDS = 86_401
    assert setting_errors() == ["NFT_COSIGN_SECONDS: write at most 86400, a day."]


@pytest.mark.parametrize("hint", [{"may_have_code": False}, {"may_have_code": "true"}, {"may_have_code": 1}, {}])
def test_without_the_wallets_hint_no_chain_is_asked(site: Any, safe: str, hint: dict[str, Any]) -> None:
    site.NFT_CHAINS = chains_at(NOBODY)
    assert lifetime_of(safe, **({"may_have_code": None} | hint)) == LIFETIME


def test_a_hint_alone_gains_no_time(chain: Chain, site: Any, owner: Wallet) -> None:
    assert lifetime_of(owner.address) == LIFETIME
    chain.rpc("anvil_setCode", owner.address, "0xef0100" + "11" * 20)  # its key delegated it, and signs alone
    assert lifetime_of(owner.address) == LIFETIME


def test_while_the_chain_is_down_it_is_as_short_as_any(site: Any, safe: str) -> None:
    site.NFT_CHAINS = chains_at(NOBODY)
    assert lifetime_of(safe) == LIFETIME


@pytest.mark.parametrize("limit", ["contract-lookup-network", "long-challenge-network"])
def test_a_visitor_who_asks_often_gets_short_ones(site: Any, safe: str, limit: str) -> None:
    site.AVATAR_RATE_LIMITS = {limit: (1, 60)}
    browser = Browser()
    waits = [browser.ask_challenge(safe, may_have_code=True).json()["waits"] for _ in range(2)]
    assert waits == [True, False]


def test_a_flood_gets_short_ones_and_each_network_has_its_share(site: Any, safe: str) -> None:
    site.AVATAR_RATE_LIMITS = {"long-challenge-everyone": (1, 60), "long-challenge-everyone-share": (1, 60)}
    first, second = Browser(), Browser()
    waits = [each.ask_challenge(safe, may_have_code=True).json()["waits"] for each in (first, first, first, second)]
    assert waits == [True, True, False, True]


class TestSigningLate:
    def issue(self, safe: str, visitor: Visitor, now: datetime) -> SignInChallenge:
        wanted = Wanted(bytes.fromhex(safe[2:]), CHAIN_ID, SignInChallenge.Purpose.SIGN_IN, may_have_code=True)
        return issue_challenge(visitor, wanted, now, get_chain)

    def finish(self, visitor: Visitor, text: str, signature: str, now: datetime) -> sign_in.Outcome:
        chains: Callable[[int], ChainClient] = get_chain
        return sign_in.finish(visitor, Reply(text, signature), chains, now)

    def test_signs_in_within_the_time_and_not_after_it(self, site: Any, safe: str, owner: Wallet) -> None:
        now = timezone.now()
        for late, is_in_time in ((timedelta(hours=23), True), (DAY + timedelta(seconds=1), False)):
            visitor = Visitor(SessionStore(), None, ("somewhere",))
            text = self.issue(safe, visitor, now).text
            if is_in_time:
                assert self.finish(visitor, text, owner.sign(text), now + late).account.is_contract_account
            else:
                with raises_kind(CHALLENGE_EXPIRED) as caught:
                    self.finish(visitor, text, owner.sign(text), now + late)
                assert "24 hours" in str(caught.value)

    def test_finds_the_guests_session_still_open_and_then_of_full_age(
        self, site: Any, safe: str, owner: Wallet
    ) -> None:
        browser = Browser()
        text = browser.text_for(safe, may_have_code=True)
        assert browser.client.session.get_expiry_age() > DAY.total_seconds()
        browser.ask_challenge(owner.address)
        assert browser.client.session.get_expiry_age() > DAY.total_seconds()
        assert browser.verify(text, owner.sign(text)).status_code == 200
        assert guest_sessions.KEPT_OPEN not in browser.client.session
        assert browser.client.session.get_expiry_age() == site.SESSION_COOKIE_AGE
