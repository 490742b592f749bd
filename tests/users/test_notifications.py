"""People are notified by mail of every change to how they sign in."""

from __future__ import annotations

import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.models import User
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from nft.testing.browser import Browser
from nft.testing.wallets import Wallet
from tests.servers.smtp import send_mail_by_smtp
from users.notice_mails import send_due

pytestmark = pytest.mark.django_db
# For what is sent once the transaction is committed.
committed = pytest.mark.django_db(transaction=True)


@pytest.fixture
def person(alice: User, browser: Browser) -> Browser:
    EmailAddress.objects.create(user=alice, email="alice@example.org", primary=True, verified=True)
    browser.enter(alice)
    browser.client.defaults["HTTP_USER_AGENT"] = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
    return browser


def letter() -> str:
    """Return the one mail that was sent to her."""
    send_due(timezone.now())
    (sent,) = mail.outbox
    mail.outbox.clear()
    assert sent.to == ["alice@example.org"]
    return f"{sent.subject}\n{sent.body}"


def change_password(person: Browser) -> None:
    new = "another horse entirely"
    form = {"oldpassword": "correct horse", "password1": new, "password2": new}
    person.client.post(reverse("account_change_password"), form)


def test_of_a_changed_password(person: Browser) -> None:
    change_password(person)
    text = letter()
    assert "password" in text.lower()
    assert "with Firefox on Linux, from" in text
    assert "If it wasn’t you" in text


def test_of_a_first_password(person: Browser, alice: User) -> None:
    alice.set_unusable_password()
    alice.save()
    person.enter(alice)
    person.client.post(reverse("account_set_password"), {"password1": "a new horse", "password2": "a new horse"})
    assert "password" in letter().lower()


def test_of_another_e_mail_address_at_the_old_one(person: Browser, alice: User) -> None:
    EmailAddress.objects.create(user=alice, email="new@example.org", verified=True)
    person.client.post(reverse("account_email"), {"action_primary": "", "email": "new@example.org"})
    assert "new@example.org" in letter()


@committed
def test_of_an_authenticator_app_that_comes_and_goes(person: Browser) -> None:
    person.client.get(reverse("mfa_activate_totp"))
    secret = person.client.session["mfa.totp.secret"]
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    person.client.post(reverse("mfa_activate_totp"), {"code": code})
    assert "was set up for your account" in letter()
    person.client.post(reverse("mfa_deactivate_totp"))
    assert "was switched off" in letter()


@committed
def test_of_a_wallet_that_comes_and_goes_without_its_address(person: Browser, wallet: Wallet, alice: User) -> None:
    person.link(wallet)
    linked = letter()
    assert "A wallet account was linked to your profile." in linked
    person.client.post(reverse("nft:wallet_unlink", args=[alice.nft_linked_accounts.get().pk]))
    unlinked = letter()
    assert "A wallet account was unlinked from your profile." in unlinked
    assert wallet.address[2:].lower() not in f"{linked} {unlinked}".lower()


@committed
def test_what_the_sites_team_did_names_none_of_their_machines(
    person: Browser, wallet: Wallet, alice: User, admin_user: User
) -> None:
    person.link(wallet)
    letter()
    staff = Browser()
    staff.enter(admin_user)
    chosen = {"action": "unlink", "_selected_action": [str(alice.nft_linked_accounts.get().pk)], "reason": "Stolen"}
    staff.client.post(reverse("admin:nft_linkedaccount_changelist"), chosen)
    text = letter()
    assert "The site’s team did this." in text
    assert "If it wasn’t you" not in text
    assert staff.client.defaults["REMOTE_ADDR"] not in text


def test_a_mail_server_that_is_down_fails_nothing(person: Browser, alice: User, settings: Any) -> None:
    send_mail_by_smtp(settings)
    change_password(person)
    assert send_due(timezone.now()) == 0
    alice.refresh_from_db()
    assert alice.check_password("another horse entirely")


@committed
def test_who_gave_no_address_gets_none(browser: Browser, wallet: Wallet) -> None:
    browser.sign_in(wallet)
    browser.link(Wallet.create())
    assert send_due(timezone.now()) == 0
    assert not mail.outbox
