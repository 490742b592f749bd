"""Staff enter the admin by wallet only if the operator allows it, and with a second factor."""

from __future__ import annotations

import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from nft.accounts import linking
from nft.accounts.linking import Proof
from nft.testing.browser import Browser
from nft.testing.genesis import CHAIN_ID
from nft.testing.wallets import Wallet

pytestmark = pytest.mark.django_db
ADMIN = "/admin/"
SECRET = generate_totp_secret()


@pytest.fixture
def staff(alice: User, wallet: Wallet) -> User:
    linking.link_account(alice, Proof(wallet.address_bytes, CHAIN_ID, False), timezone.now())
    alice.is_staff = alice.is_superuser = True
    alice.save()
    return alice


def give_code(browser: Browser) -> Any:
    code = format_hotp_value(hotp_value(SECRET, int(time.time()) // 30))
    return browser.client.post(reverse("mfa_authenticate"), {"code": code})


def open_admin(browser: Browser) -> tuple[int, str]:
    answer = browser.client.get(ADMIN, follow=True)
    return answer.status_code, answer.content.decode()


def test_by_default_a_wallet_opens_it_to_nobody(browser: Browser, wallet: Wallet, staff: User) -> None:
    TOTP.activate(staff, SECRET)
    browser.sign_in(wallet)
    give_code(browser)
    assert browser.user == staff
    status, page = open_admin(browser)
    assert status == 403
    assert "You signed in with a wallet, which does not open the admin here." in page
    assert browser.client.get(reverse("admin:auth_user_changelist"), follow=True).status_code == 403
    assert browser.client.post(reverse("admin:auth_user_add"), {"username": "x"}, follow=True).status_code == 403
    assert browser.user == staff, "they stay signed in to the site"


def test_where_it_is_allowed_it_still_takes_a_second_factor(
    browser: Browser, wallet: Wallet, staff: User, settings: Any
) -> None:
    settings.ADMIN_WALLET_SIGN_IN = True
    browser.sign_in(wallet)
    status, page = open_admin(browser)
    assert status == 403
    assert "set up an authenticator app" in page


def test_with_the_second_factor_it_opens(browser: Browser, wallet: Wallet, staff: User, settings: Any) -> None:
    settings.ADMIN_WALLET_SIGN_IN = True
    TOTP.activate(staff, SECRET)
    assert browser.sign_in(wallet, next=ADMIN).json() == {"redirect": reverse("mfa_authenticate")}
    assert open_admin(browser)[0] == 200, "the sign-in page"
    assert give_code(browser)["Location"] == ADMIN
    status, page = open_admin(browser)
    assert status == 200
    assert "Site administration" in page


def test_setting_one_up_is_not_giving_it(browser: Browser, wallet: Wallet, staff: User, settings: Any) -> None:
    settings.ADMIN_WALLET_SIGN_IN = True
    browser.sign_in(wallet)
    TOTP.activate(staff, SECRET)
    assert open_admin(browser)[0] == 403


def test_a_password_opens_it_as_before(browser: Browser, wallet: Wallet, staff: User) -> None:
    browser.sign_in(wallet)
    browser.client.post(reverse("account_logout"))
    browser.client.post(reverse("account_login"), {"login": "alice", "password": "correct horse"})
    assert open_admin(browser)[0] == 200


def test_a_wallet_begun_and_a_password_given_is_a_password(browser: Browser, wallet: Wallet, staff: User) -> None:
    """Staff who are asked for the second step after the wallet may go back and use their password."""
    TOTP.activate(staff, SECRET)
    browser.sign_in(wallet)
    browser.client.post(reverse("account_logout"), {"next": reverse("account_login")})
    browser.client.post(reverse("account_login"), {"login": "alice", "password": "correct horse"})
    give_code(browser)
    assert open_admin(browser)[0] == 200


def test_the_other_way_round_is_a_wallet(browser: Browser, wallet: Wallet, staff: User) -> None:
    TOTP.activate(staff, SECRET)
    browser.client.post(reverse("account_login"), {"login": "alice", "password": "correct horse"})
    browser.sign_in(wallet)
    give_code(browser)
    assert open_admin(browser)[0] == 403


def test_who_is_no_staff_is_told_nothing_of_it(browser: Browser, wallet: Wallet) -> None:
    browser.sign_in(wallet)
    status, page = open_admin(browser)
    assert status == 403
    assert "You signed in with a wallet, which" not in page


class TestWhoHasAStaffMembersWallet:
    """A wallet does not become enough by adding another way in: if staff have one, it is asked for."""

    @pytest.mark.parametrize("allowed", [False, True])
    @pytest.mark.parametrize("name", ["mfa_add_webauthn", "mfa_activate_totp"])
    def test_makes_no_passkey_or_code_with_it(
        self, browser: Browser, wallet: Wallet, staff: User, settings: Any, name: str, allowed: bool
    ) -> None:
        settings.ADMIN_WALLET_SIGN_IN = allowed
        browser.sign_in(wallet)
        for _ in range(2):
            answer = browser.client.get(reverse(name))
            assert answer.status_code == 302
            assert answer["Location"].startswith(reverse("account_reauthenticate"))
            text = browser.text_for(wallet.address, purpose="reauthenticate")
            assert browser.verify(text, wallet.sign(text)).status_code == 200  # which proves nothing here
        browser.client.post(answer["Location"], {"password": "correct horse"})
        assert browser.client.get(reverse(name)).status_code == 200

    def test_adds_no_e_mail_address_to_reset_the_password_by(
        self, browser: Browser, wallet: Wallet, staff: User
    ) -> None:
        browser.sign_in(wallet)
        said = {"action_add": "", "email": "mallory@example.org"}
        answer = browser.client.post(reverse("account_email"), said)
        assert answer["Location"].startswith(reverse("account_reauthenticate"))
        assert not EmailAddress.objects.filter(email="mallory@example.org").exists()

    def test_whoever_has_nothing_else_still_can(self, browser: Browser, wallet: Wallet, staff: User) -> None:
        staff.set_unusable_password()
        staff.save()
        browser.sign_in(wallet)
        assert browser.client.get(reverse("mfa_activate_totp")).status_code == 200
