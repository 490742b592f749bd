"""The list of a person's sessions: how each began, and signing out of one, of others, or everywhere."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from nft.accounts import linking
from nft.accounts.linking import Proof
from nft.models import LinkedAccount, WalletSession
from nft.testing.browser import Browser
from nft.testing.genesis import CHAIN_ID
from nft.testing.wallets import Wallet
from profiles.models import AuditEntry
from profiles.people.api_tokens import TokenError, TokenRequest, create_token, find_token
from profiles.people.profiles import profile_of
from profiles.scopes import READ

pytestmark = pytest.mark.django_db
PAGE = "/accounts/sessions/"


def by_password(username: str = "alice") -> Client:
    client = Client(HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    client.post(reverse("account_login"), {"login": username, "password": "correct horse"})
    assert "_auth_user_id" in client.session
    return client


def is_in(client: Client) -> bool:
    return client.get(PAGE).status_code == 200


def row_of(client: Client) -> UserSession:
    return UserSession.objects.get(session_key=client.session.session_key)


def test_each_session_says_how_it_began(alice: User, browser: Browser, wallet: Wallet) -> None:
    account = linking.link_account(alice, Proof(wallet.address_bytes, CHAIN_ID, False), timezone.now())
    linking.update_account(alice, account.pk, label="Savings", is_public=False)
    browser.sign_in(wallet)
    page = by_password().get(PAGE).content.decode()
    assert "with a password" in page
    assert "with a wallet (Savings)" in page
    assert "Firefox on Linux" in page
    assert wallet.address.lower() not in page.lower()
    assert page.index("This browser") < page.index("with a wallet (Savings)")


def test_one_of_them_is_signed_out(alice: User) -> None:
    here, there, other = by_password(), by_password(), by_password()
    answer = here.post(reverse("session_end", args=[row_of(there).pk]))
    assert answer["Location"] == PAGE
    assert (is_in(here), is_in(there), is_in(other)) == (True, False, True)


def test_the_one_at_hand_too(alice: User) -> None:
    here, there = by_password(), by_password()
    assert here.post(reverse("session_end", args=[row_of(here).pk]))["Location"] == reverse("home")
    assert (is_in(here), is_in(there)) == (False, True)


def test_everywhere_else_and_everywhere(alice: User) -> None:
    here, there, other = by_password(), by_password(), by_password()
    here.post(PAGE)
    assert (is_in(here), is_in(there), is_in(other)) == (True, False, False)
    again = by_password()
    assert here.post(reverse("sessions_end"))["Location"] == reverse("account_login")
    assert (is_in(here), is_in(again)) == (False, False)


def test_nobody_signs_out_anybody_else(alice: User) -> None:
    User.objects.create_user("bob", password="correct horse")
    hers, his = by_password(), by_password("bob")
    assert his.post(reverse("session_end", args=[row_of(hers).pk])).status_code == 404
    assert his.get(reverse("session_end", args=[row_of(his).pk])).status_code == 405
    his.post(reverse("sessions_end"))
    assert is_in(hers)


def test_sign_ins_are_written_down_without_any_address(browser: Browser, wallet: Wallet) -> None:
    browser.sign_in(wallet)
    entry = AuditEntry.objects.get(action="sign_in")
    assert entry.actor == browser.user
    assert set(entry.detail) == {"method", "device"}
    assert entry.detail["method"] == "wallet"
    page = browser.client.get(PAGE).content.decode()
    assert "What happened lately" in page
    assert "A wallet account was linked" in page
    assert LinkedAccount.objects.get().address_text not in page


def test_a_session_with_a_new_key_stays_in_the_list(alice: User, browser: Browser, wallet: Wallet) -> None:
    """The session key changes with each linked account and each proof.

    “Sign out everywhere” must also end a session that somebody took over and did not use since.
    """
    browser.enter(alice)
    browser.client.get(PAGE)
    before = row_of(browser.client)
    assert browser.link(wallet).status_code == 200
    after = row_of(browser.client)
    assert (after.pk, after.created_at) == (before.pk, before.created_at)
    assert after.session_key != before.session_key
    by_password().post(reverse("sessions_end"))
    assert not is_in(browser.client)


def test_a_session_that_ended_meanwhile_does_not_rise_again_under_a_new_key(alice: User) -> None:
    here, there = by_password(), by_password()
    slow = there.session  # a request of it is under way, such as one that waits for a chain
    assert slow["_auth_user_id"] == str(alice.pk)
    here.post(PAGE)
    with pytest.raises(SessionInterrupted):
        slow.cycle_key()
    assert Session.objects.count() == 1


def test_who_was_nobody_gets_a_session_anew_where_it_ran_out_meanwhile(client: Client) -> None:
    session = client.session
    session["a"] = "b"
    session.save()
    Session.objects.all().delete()
    session.cycle_key()
    session.save()
    assert Session.objects.get().get_decoded() == {"a": "b"}


def test_the_list_costs_the_same_however_long_it_is(alice: User, wallet: Wallet) -> None:
    account = linking.link_account(alice, Proof(wallet.address_bytes, CHAIN_ID, False), timezone.now())
    linking.update_account(alice, account.pk, label="Savings", is_public=False)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            page = here.get(PAGE).content.decode()
        assert page.count("with a wallet (Savings)") == wallets
        return len(asked)

    here, wallets = by_password(), 0
    here.get(PAGE)
    before = queries()
    for _ in range(4):
        Browser().sign_in(wallet)
        by_password()
    wallets = 4
    assert queries() <= before + 1, "the names of accounts"


def test_a_session_from_before_a_new_password_is_not_listed(alice: User) -> None:
    here, there = by_password(), by_password()
    alice.set_password("battery staple")
    alice.save()
    again = Client()
    again.post(reverse("account_login"), {"login": "alice", "password": "battery staple"})
    again.get(PAGE)
    assert not UserSession.objects.exclude(session_key=again.session.session_key).exists()
    assert (is_in(here), is_in(there)) == (False, False)


def test_what_a_wallet_signed_goes_with_its_session_wherever_it_is_ended(
    alice: User, browser: Browser, wallet: Wallet
) -> None:
    linking.link_account(alice, Proof(wallet.address_bytes, CHAIN_ID, False), timezone.now())
    browser.sign_in(wallet)
    assert WalletSession.objects.count() == 1
    by_password().post(PAGE)
    assert not is_in(browser.client)
    assert not WalletSession.objects.exists()


def test_a_page_writes_and_asks_about_the_session_s_last_use_once_in_a_while(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = by_password()
    client.get(PAGE)
    used_at = row_of(client).last_seen_at
    asked = Mock(wraps=cache.add)
    monkeypatch.setattr(cache, "add", asked)
    assert [client.get(PAGE).status_code for _ in range(3)] == [200, 200, 200]
    assert (asked.call_count, row_of(client).last_seen_at) == (0, used_at)
    client.get(PAGE, headers={"user-agent": "Another browser"})
    assert row_of(client).last_seen_at > used_at
    assert row_of(client).user_agent == "Another browser"


def test_signing_out_everywhere_ends_api_tokens_only_if_asked(alice: User) -> None:
    profile, now = profile_of(alice), timezone.now()
    wanted = TokenRequest("Backup", frozenset({READ}))
    secrets = [create_token(profile, wanted, now=now, actor=alice).secret for _ in range(2)]
    client = by_password()
    assert b"Also end my 2 API tokens" in client.get(PAGE).content
    client.post(reverse("sessions_end"))
    assert find_token(secrets[0], now).name == "Backup"
    client = by_password()
    client.post(reverse("sessions_end"), {"tokens": "on"})
    for secret in secrets:
        with pytest.raises(TokenError, match="revoked"):
            find_token(secret, now)
    assert AuditEntry.objects.filter(profile=profile, action="token.revoke").count() == 2
    assert b"Also end" not in by_password().get(PAGE).content
