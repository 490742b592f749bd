"""Signing in and up with a key account, through the real addresses of the site."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as site
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.urls import reverse

from nft.accounts import challenges, sign_in
from nft.accounts.challenges import Wanted
from nft.accounts.errors import CHALLENGE_EXPIRED, CHALLENGE_USED, AccountError
from nft.accounts.guest_sessions import GUEST_SESSION_SECONDS
from nft.accounts.sign_in import Reply
from nft.accounts.tries import Visitor
from nft.clients.evm.chain import ChainClient
from nft.models import LinkedAccount, SignInChallenge
from nft.testing.browser import Browser
from nft.testing.genesis import CHAIN_ID
from nft.testing.wallets import NOBODY, Wallet, chains_at, compact, high_s_twin

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_chain")]
NOW = datetime(2026, 11, 22, 12, 0, 0, 250_000, tzinfo=UTC)


@pytest.fixture
def alice() -> Wallet:
    return Wallet.create()


@pytest.fixture
def browser() -> Browser:
    return Browser()


def problem(response: Any) -> tuple[int, str]:
    assert response["Content-Type"] == "application/problem+json", response.content
    content = response.json()
    assert set(content) == {"type", "title", "status", "detail"}
    assert content["status"] == response.status_code
    return response.status_code, content["type"].removeprefix("/problems/")


class TestSigningUp:
    def test_a_new_account_gets_a_new_person_with_a_neutral_name(self, browser: Browser, alice: Wallet) -> None:
        response = browser.sign_in(alice)
        assert response.json() == {"redirect": f"{reverse('profiles:welcome')}?next=%2Fsettings%2Ftokens%2F"}
        assert browser.user is not None
        assert browser.user.username.startswith("user-")
        assert alice.address[2:8].lower() not in browser.user.username
        assert not browser.user.has_usable_password()

    def test_where_wallets_open_no_account_only_a_linked_one_signs_in(
        self, browser: Browser, alice: Wallet, settings: Any
    ) -> None:
        settings.NFT_SIGN_UP = False
        assert problem(browser.sign_in(alice)) == (403, "account-unknown")
        assert not User.objects.exists()
        settings.NFT_SIGN_UP = True
        browser.sign_in(alice)
        settings.NFT_SIGN_UP = False
        assert Browser().sign_in(alice).status_code == 200

    def test_the_account_is_linked_and_hidden(self, browser: Browser, alice: Wallet) -> None:
        browser.sign_in(alice)
        account = LinkedAccount.objects.get()
        assert account.user == browser.user
        assert account.address == alice.address_bytes
        assert account.is_contract_account is False
        assert account.is_public is False

    def test_signing_in_again_finds_the_same_person(self, browser: Browser, alice: Wallet) -> None:
        browser.sign_in(alice)
        other = Browser()
        assert other.sign_in(alice).json() == {"redirect": reverse("home")}
        assert other.user == browser.user
        assert User.objects.count() == 1

    def test_the_same_key_is_the_same_person_on_another_chain(self, alice: Wallet, settings: Any) -> None:
        settings.NFT_CHAINS = chains_at(NOBODY, 1)
        first, second = Browser(), Browser()
        first.sign_in(alice)
        second.sign_in(alice, chain_id=1)
        assert first.user == second.user

    def test_a_disabled_person_stays_out(self, browser: Browser, alice: Wallet) -> None:
        browser.sign_in(alice)
        User.objects.update(is_active=False)
        other = Browser()
        assert problem(other.sign_in(alice)) == (403, "account-disabled")
        assert other.user is None


class TestTheText:
    def test_it_is_stored_byte_for_byte(self, browser: Browser, alice: Wallet) -> None:
        assert browser.text_for(alice.address) == SignInChallenge.objects.get().text

    def test_its_fields_come_from_the_settings(self, browser: Browser, alice: Wallet) -> None:
        lines = browser.text_for(alice.address.lower()).split("\n")
        origin = urlsplit(site.SITE_ORIGIN)
        assert lines[0] == f"{origin.scheme}://{origin.netloc} wants you to sign in with your Ethereum account:"
        assert lines[1] == alice.address
        assert lines[3] == site.NFT_SIGN_IN_STATEMENT
        assert re.fullmatch(r"Request ID: [0-9a-f]{16}", lines[11])
        assert lines[5:8] == [f"URI: {site.SITE_ORIGIN}", "Version: 1", f"Chain ID: {CHAIN_ID}"]

    def test_a_foreign_host_header_has_no_say(self, browser: Browser, alice: Wallet, settings: Any) -> None:
        settings.ALLOWED_HOSTS = ["*"]
        browser.client.defaults["HTTP_HOST"] = "evil.example"
        assert "evil.example" not in browser.text_for(alice.address)

    def test_no_two_nonces_are_alike_and_each_has_128_bits(self, browser: Browser, alice: Wallet) -> None:
        for _ in range(4):
            browser.text_for(alice.address)
        nonces = set(SignInChallenge.objects.values_list("nonce", flat=True))
        assert len(nonces) == 4
        assert all(len(bytes.fromhex(nonce)) == 16 for nonce in nonces)

    def test_a_session_keeps_five_of_them(self, browser: Browser, alice: Wallet) -> None:
        texts = [browser.text_for(alice.address) for _ in range(7)]
        assert SignInChallenge.objects.count() == 5
        assert problem(browser.verify(texts[0], alice.sign(texts[0]))) == (400, "text-changed")
        assert browser.verify(texts[2], alice.sign(texts[2])).status_code == 200


class TestSignatures:
    def test_hardware_wallets_v_is_understood(self, browser: Browser, alice: Wallet) -> None:
        text = browser.text_for(alice.address)
        content = bytes.fromhex(alice.sign(text)[2:])
        assert browser.verify(text, "0x" + (content[:64] + bytes([content[64] - 27])).hex()).status_code == 200

    def test_compact_signatures_are_understood(self, browser: Browser, alice: Wallet) -> None:
        text = browser.text_for(alice.address)
        assert browser.verify(text, compact(alice.sign(text))).status_code == 200

    @pytest.mark.parametrize("signature", ["hello", "0xabc", "0x" + "é" * 130, "0x" + " " * 130, "0x0x", "{}"])
    def test_what_is_no_signature_is_said_to_be_none(self, browser: Browser, alice: Wallet, signature: str) -> None:
        text = browser.text_for(alice.address)
        assert problem(browser.verify(text, signature)) == (400, "signature-malformed")
        assert browser.user is None

    def test_another_accounts_signature_gets_nobody_in_while_the_chain_is_down(
        self, browser: Browser, alice: Wallet
    ) -> None:
        text = browser.text_for(alice.address)
        response = browser.verify(text, Wallet.create().sign(text))
        assert problem(response) == (503, "chain-unavailable")
        assert "Local chain" in response.json()["detail"]
        assert browser.user is None


class TestOnlyOnce:
    def test_a_text_is_answered_once(self, browser: Browser, alice: Wallet) -> None:
        text = browser.text_for(alice.address)
        browser.verify(text, "0x00")
        assert problem(browser.verify(text, alice.sign(text))) == (409, "challenge-used")
        assert browser.user is None

    def test_the_signatures_high_s_twin_replays_nothing(self, alice: Wallet) -> None:
        session = SessionStore()
        visitor = Visitor(session, None, ("somewhere",))
        issued = challenges.issue_challenge(visitor, wanted(alice), NOW)
        signature = alice.sign(issued.text)
        sign_in.finish(visitor, Reply(issued.text, signature), no_chain, NOW)
        with pytest.raises(AccountError, check=lambda error: error.is_a(CHALLENGE_USED)):
            sign_in.finish(visitor, Reply(issued.text, high_s_twin(signature)), no_chain, NOW)

    def test_after_signing_in_the_session_knows_nothing_of_the_old_text(self, browser: Browser, alice: Wallet) -> None:
        text = browser.text_for(alice.address)
        browser.verify(text, alice.sign(text))
        assert problem(browser.verify(text, alice.sign(text))) == (400, "challenge-unknown")

    def test_five_minutes_are_the_limit(self, alice: Wallet) -> None:
        visitor = Visitor(SessionStore(), None, ("somewhere",))
        issued = challenges.issue_challenge(visitor, wanted(alice), NOW)
        reply = Reply(issued.text, alice.sign(issued.text))
        with pytest.raises(AccountError, check=lambda error: error.is_a(CHALLENGE_EXPIRED), match="5 minutes"):
            sign_in.finish(visitor, reply, no_chain, NOW + timedelta(minutes=5))
        late = NOW + timedelta(minutes=5) - timedelta(seconds=1)
        assert sign_in.finish(visitor, reply, no_chain, late).is_new

    def test_old_challenges_and_the_sessions_of_guests_are_forgotten(self, alice: Wallet) -> None:
        visitor = Visitor(SessionStore(), None, ("somewhere",))
        challenges.issue_challenge(visitor, wanted(alice), NOW)
        assert challenges.delete_old_challenges(NOW + timedelta(minutes=9)) == 0
        Session.objects.update(expire_date=datetime(2020, 1, 1, tzinfo=UTC))
        assert challenges.delete_old_challenges(NOW + timedelta(minutes=11)) == 1
        assert not SignInChallenge.objects.exists()
        assert not Session.objects.exists()


class TestOnlyForThisBrowser:
    def test_another_sessions_text_is_unknown(self, browser: Browser, alice: Wallet) -> None:
        text = browser.text_for(alice.address)
        thief = Browser()
        assert problem(thief.verify(text, alice.sign(text))) == (400, "challenge-unknown")
        thief.text_for(alice.address)
        assert problem(thief.verify(text, alice.sign(text))) == (400, "text-changed")
        assert thief.user is None

    def test_the_session_key_changes_when_somebody_signs_in(self, browser: Browser, alice: Wallet) -> None:
        text = browser.text_for(alice.address)
        before = browser.client.session.session_key
        browser.verify(text, alice.sign(text))
        assert browser.client.session.session_key != before
        assert not Session.objects.filter(pk=before).exists()

    def test_the_session_key_changes_when_the_same_person_signs_in_again(self, browser: Browser, alice: Wallet) -> None:
        browser.sign_in(alice)
        before = browser.client.session.session_key
        browser.sign_in(alice)
        assert browser.user is not None
        assert browser.client.session.session_key != before
        assert not Session.objects.filter(pk=before).exists()

    def test_a_guests_session_is_short_and_a_persons_is_not(self, browser: Browser, alice: Wallet) -> None:
        text = browser.text_for(alice.address)
        assert browser.client.session.get_expiry_age() == GUEST_SESSION_SECONDS
        browser.verify(text, alice.sign(text))
        assert browser.client.session.get_expiry_age() == site.SESSION_COOKIE_AGE

    def test_a_cookie_that_names_no_session_gets_a_fresh_one(self, browser: Browser, alice: Wallet) -> None:
        browser.client.cookies[site.SESSION_COOKIE_NAME] = "x" * 32
        assert browser.sign_in(alice).status_code == 200
        assert browser.client.session.session_key != "x" * 32

    def test_signing_in_as_somebody_else_leaves_nothing_of_the_first(self, browser: Browser, alice: Wallet) -> None:
        browser.sign_in(alice)
        first = browser.user
        browser.client.session["secret"] = "of the first"
        browser.sign_in(Wallet.create())
        assert browser.user is not None
        assert browser.user != first
        assert "secret" not in browser.client.session


class TestWhereToGo:
    def test_back_to_where_the_person_wanted_to_go(self, browser: Browser, alice: Wallet) -> None:
        browser.sign_in(alice)
        assert Browser().sign_in(alice, next="/settings/tokens/").json() == {"redirect": "/settings/tokens/"}

    @pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil"])
    def test_never_to_another_site(self, browser: Browser, alice: Wallet, elsewhere: str) -> None:
        browser.sign_in(alice)
        assert Browser().sign_in(alice, next=elsewhere).json() == {"redirect": reverse("home")}


class TestAsking:
    def test_an_unknown_chain_is_named_with_those_we_read(self, browser: Browser, alice: Wallet) -> None:
        response = browser.ask_challenge(alice.address, chain_id=5)
        assert problem(response) == (400, "unsupported-chain")
        assert "Local chain (31337)" in response.json()["detail"]

    def test_a_mistyped_address_is_refused(self, browser: Browser, alice: Wallet) -> None:
        assert problem(browser.ask_challenge("0x1234")) == (400, "bad-address")
        mistyped = alice.address[:2] + alice.address[2:].swapcase()
        assert problem(browser.ask_challenge(mistyped)) == (400, "bad-address")

    def test_a_guest_has_nothing_to_link_to(self, browser: Browser, alice: Wallet) -> None:
        assert problem(browser.ask_challenge(alice.address, purpose="link")) == (403, "sign-in-required")

    def test_too_many_tries_must_wait(self, browser: Browser, alice: Wallet, settings: Any) -> None:
        settings.AVATAR_RATE_LIMITS = {"challenge-network": (2, 60)}
        assert [browser.ask_challenge(alice.address).status_code for _ in range(2)] == [200, 200]
        response = browser.ask_challenge(alice.address)
        assert problem(response) == (429, "rate-limited")
        assert 0 < int(response["Retry-After"]) <= 60
        assert Browser().ask_challenge(alice.address).status_code == 200

    def test_without_the_counter_nobody_may_try(self, browser: Browser, alice: Wallet, settings: Any) -> None:
        settings.CACHES = {
            "default": {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "LOCATION": "unix:///nowhere/redis.sock",
            }
        }
        assert problem(browser.ask_challenge(alice.address)) == (503, "temporarily-unavailable")
        assert not SignInChallenge.objects.exists()


def wanted(wallet: Wallet) -> Wanted:
    return Wanted(wallet.address_bytes, CHAIN_ID, SignInChallenge.Purpose.SIGN_IN)


def no_chain(chain_id: int) -> ChainClient:
    raise AssertionError(f"Chain {chain_id} was asked, although a key signed.")
