"""Before a sensitive step, people prove their identity again, by any way of signing in that they have."""

from __future__ import annotations

import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from nft.accounts import linking
from nft.accounts.linking import Proof
from nft.models import LinkedAccount
from nft.testing.browser import Browser
from nft.testing.genesis import CHAIN_ID
from nft.testing.wallets import Wallet
from profiles.models import ApiToken

pytestmark = pytest.mark.django_db
LONG_AGO = 46 * 60
ASK_WALLET = "/accounts/wallet/reauthenticate/"
ASK_PASSWORD = "/accounts/reauthenticate/"
TOKEN = {"name": "Script", "scopes": ["read"], "days": "30"}


def link(user: User, wallet: Wallet) -> LinkedAccount:
    return linking.link_account(user, Proof(wallet.address_bytes, CHAIN_ID, False), timezone.now())


def grow_old(browser: Browser) -> None:
    """Make all proofs of this session old."""
    session = browser.client.session
    session["signed_in_at"] = time.time() - LONG_AGO
    for proof in session["account_authentication_methods"]:
        proof["at"] = time.time() - LONG_AGO
    session.save()


def prove_by_wallet(browser: Browser, wallet: Wallet, wanted: str) -> Any:
    return browser.sign_in(wallet, purpose="reauthenticate", next=wanted)


@pytest.fixture
def owner(browser: Browser, wallet: Wallet) -> User:
    """Create a person with a wallet only, who signed in a while ago."""
    browser.sign_in(wallet)
    grow_old(browser)
    assert browser.user is not None
    return browser.user


SENSITIVE_PAGES = ["account_set_password", "mfa_activate_totp", "mfa_add_webauthn"]


class TestWhoHasAWalletOnly:
    @pytest.mark.parametrize("name", SENSITIVE_PAGES)
    def test_is_asked_for_a_signature_before_a_page_opens(self, browser: Browser, owner: User, name: str) -> None:
        answer = browser.client.get(reverse(name))
        assert answer["Location"] == f"{ASK_WALLET}?next={reverse(name).replace('/', '%2F')}"
        assert b'data-purpose="reauthenticate"' in browser.client.get(answer["Location"]).content

    @pytest.mark.parametrize("name", SENSITIVE_PAGES)
    def test_gets_there_with_one(self, browser: Browser, wallet: Wallet, owner: User, name: str) -> None:
        assert prove_by_wallet(browser, wallet, reverse(name)).json() == {"redirect": reverse(name)}
        assert browser.client.get(reverse(name)).status_code == 200

    def test_no_e_mail_address_is_added_without_one(self, browser: Browser, owner: User) -> None:
        answer = browser.client.post(reverse("account_email"), {"action_add": "", "email": "new@example.org"})
        assert answer["Location"].startswith(ASK_WALLET)
        assert not EmailAddress.objects.filter(user=owner).exists()

    def test_a_form_that_was_posted_waits_and_is_sent_by_one_more_press(
        self, browser: Browser, wallet: Wallet, owner: User
    ) -> None:
        page = reverse("profiles:api_tokens")
        asked = browser.client.post(page, TOKEN)["Location"]
        assert asked.startswith(ASK_WALLET)
        assert not ApiToken.objects.exists()
        back = prove_by_wallet(browser, wallet, page).json()["redirect"]
        assert back.startswith(ASK_WALLET)
        assert b"You were about to make a token for programs" in browser.client.get(back).content
        assert not ApiToken.objects.exists(), "looking at a page changes nothing"
        assert b"Copy it now" in browser.client.post(back).content
        assert ApiToken.objects.get().name == "Script"

    def test_unlinking_waits_likewise(self, browser: Browser, wallet: Wallet, owner: User) -> None:
        second = link(owner, Wallet.create())
        path = reverse("nft:wallet_unlink", args=[second.pk])
        assert browser.client.post(path)["Location"].startswith(ASK_WALLET)
        assert owner.nft_linked_accounts.count() == 2
        back = prove_by_wallet(browser, wallet, path).json()["redirect"]
        assert browser.client.post(back)["Location"] == reverse("nft:wallets")
        assert owner.nft_linked_accounts.count() == 1

    @pytest.mark.parametrize("purpose", ["link", "move"])
    def test_no_text_to_link_or_move_is_written_without_one(
        self, browser: Browser, wallet: Wallet, owner: User, purpose: str
    ) -> None:
        answer = browser.ask_challenge(Wallet.create().address, purpose=purpose)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/proof-required")
        page = browser.client.get(reverse("nft:wallets")).content
        assert b'data-purpose="link"' not in page
        assert "Confirm it’s you".encode() in page
        prove_by_wallet(browser, wallet, reverse("nft:wallets"))
        assert browser.ask_challenge(Wallet.create().address, purpose=purpose).status_code == 200


class TestTheProof:
    def test_its_text_names_the_profile_and_the_step(self, browser: Browser, wallet: Wallet, owner: User) -> None:
        step = reverse("profiles:api_tokens")
        text = browser.text_for(wallet.address, purpose="reauthenticate", next=step)
        assert f"Prove that it is still {owner.avatar_profile.handle}, before you make a token for programs." in text

    @pytest.mark.parametrize("wanted", ["", "https://evil.example/", "//evil.example", "/nowhere/", "\u202e\n"])
    def test_a_step_nobody_knows_is_described_in_general(
        self, browser: Browser, wallet: Wallet, owner: User, wanted: str
    ) -> None:
        text = browser.text_for(wallet.address, purpose="reauthenticate", next=wanted)
        assert "before you change how you sign in." in text
        assert "evil" not in browser.verify(text, wallet.sign(text)).json()["redirect"]

    def test_another_persons_account_proves_nothing(self, browser: Browser, owner: User) -> None:
        for stranger in (Wallet.create(), Wallet.create()):
            answer = prove_by_wallet(browser, stranger, "")
            assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-your-account")
            link(User.objects.create(username=stranger.address[:12]), stranger)
        assert browser.client.get(reverse("account_set_password")).status_code == 302

    def test_a_text_to_sign_in_proves_nothing_either(self, browser: Browser, wallet: Wallet, owner: User) -> None:
        guest = Browser()
        text = guest.text_for(wallet.address)
        assert browser.verify(text, wallet.sign(text)).status_code == 400
        assert browser.client.get(reverse("account_set_password")).status_code == 302

    def test_guests_have_nothing_to_prove(self, browser: Browser, wallet: Wallet) -> None:
        answer = browser.ask_challenge(wallet.address, purpose="reauthenticate")
        assert answer.json()["type"] == "/problems/sign-in-required"

    def test_the_session_and_the_forms_get_new_keys(self, browser: Browser, wallet: Wallet, owner: User) -> None:
        before = browser.client.session.session_key
        answer = prove_by_wallet(browser, wallet, "")
        assert browser.client.session.session_key != before
        assert "csrf" in answer.cookies

    def test_it_counts_for_three_quarters_of_an_hour(self, browser: Browser, wallet: Wallet, owner: User) -> None:
        prove_by_wallet(browser, wallet, "")
        assert browser.client.get(reverse("account_set_password")).status_code == 200
        grow_old(browser)
        assert browser.client.get(reverse("account_set_password")).status_code == 302


class TestWhoHasMore:
    def test_a_fresh_sign_in_is_proof_enough(self, browser: Browser, alice: User, wallet: Wallet) -> None:
        browser.enter(alice)
        assert browser.client.post(reverse("profiles:api_tokens"), TOKEN).status_code == 200
        assert browser.link(wallet).status_code == 200

    def test_signing_up_is_too(self, browser: Browser, wallet: Wallet) -> None:
        form = {"username": "newcomer", "password1": "correct horse"}
        browser.client.post(reverse("account_signup"), form)
        assert browser.link(wallet).status_code == 200
        assert "with a password" in browser.client.get("/accounts/sessions/").content.decode()

    def test_a_password_is_asked_for_first_and_a_wallet_offered(
        self, browser: Browser, alice: User, wallet: Wallet
    ) -> None:
        link(alice, wallet)
        browser.enter(alice, ago=LONG_AGO)
        asked = browser.client.get(reverse("mfa_activate_totp"))["Location"]
        assert asked.startswith(ASK_PASSWORD)
        assert ASK_WALLET.encode() in browser.client.get(asked).content

    def test_the_form_goes_on_by_itself_after_the_password(self, browser: Browser, alice: User) -> None:
        browser.enter(alice, ago=LONG_AGO)
        asked = browser.client.post(reverse("profiles:api_tokens"), TOKEN)["Location"]
        assert not ApiToken.objects.exists()
        assert browser.client.post(asked, {"password": "wrong horse"}).status_code == 200
        assert not ApiToken.objects.exists()
        assert b"Copy it now" in browser.client.post(asked, {"password": "correct horse"}).content

    def test_without_a_wallet_the_wallets_page_leads_to_the_password(self, browser: Browser, alice: User) -> None:
        browser.enter(alice, ago=LONG_AGO)
        assert browser.client.get(ASK_WALLET)["Location"].startswith(ASK_PASSWORD)


class TestTheLastWayIn:
    @pytest.fixture
    def passkey(self, alice: User) -> Authenticator:
        data = {"name": "Key", "credential": {"clientExtensionResults": {"credProps": {"rk": True}}}}
        return Authenticator.objects.create(user=alice, type=Authenticator.Type.WEBAUTHN, data=data)

    def remove(self, browser: Browser, passkey: Authenticator) -> str:
        path = reverse("mfa_remove_webauthn", args=[passkey.pk])
        page = browser.client.get(path).content.decode()
        browser.client.post(path)
        return page

    def test_a_passkey_with_nothing_beside_it_stays(
        self, browser: Browser, alice: User, passkey: Authenticator
    ) -> None:
        alice.set_unusable_password()
        alice.save()
        browser.enter(alice)
        assert "This passkey is your only way to sign in." in self.remove(browser, passkey)
        assert Authenticator.objects.filter(pk=passkey.pk).exists()

    def test_beside_a_wallet_it_may_go_and_then_the_wallet_stays(
        self, browser: Browser, alice: User, passkey: Authenticator, wallet: Wallet
    ) -> None:
        alice.set_unusable_password()
        alice.save()
        account = link(alice, wallet)
        browser.enter(alice)
        assert "It no longer lets you in here" in self.remove(browser, passkey)
        assert not Authenticator.objects.exists()
        browser.client.post(reverse("nft:wallet_unlink", args=[account.pk]))
        assert alice.nft_linked_accounts.count() == 1

    def test_beside_a_password_it_may_go(self, browser: Browser, alice: User, passkey: Authenticator) -> None:
        browser.enter(alice)
        self.remove(browser, passkey)
        assert not Authenticator.objects.exists()
