"""Linking, naming, showing and unlinking accounts; and never locking anybody out."""

from __future__ import annotations

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from nft.accounts import linking, listing
from nft.accounts.errors import ACCOUNT_IN_USE, AccountError, LastLoginMethod, NoSuchAccount
from nft.accounts.linking import Proof
from nft.models import LinkedAccount, TokenClaim
from nft.testing.browser import Browser
from nft.testing.genesis import CHAIN_ID
from nft.testing.wallets import Wallet
from profiles.models import AuditEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_chain")]


@pytest.fixture
def bob() -> User:
    return User.objects.create_user("bob")


def proof(wallet: Wallet, chain_id: int = CHAIN_ID, *, is_contract_account: bool = False) -> Proof:
    return Proof(wallet.address_bytes, chain_id, is_contract_account)


def link(user: User, wallet: Wallet) -> LinkedAccount:
    return linking.link_account(user, proof(wallet), timezone.now())


def actions(user: User) -> list[str]:
    return list(AuditEntry.objects.filter(profile__user=user).order_by("pk").values_list("action", flat=True))


class TestLinking:
    def test_the_text_names_the_person(self, browser: Browser, wallet: Wallet) -> None:
        text = browser.text_for(wallet.address, purpose="link")
        assert "Link this account to the profile alice." in text

    def test_a_person_links_an_account_and_stays_who_they_are(
        self, browser: Browser, wallet: Wallet, alice: User
    ) -> None:
        assert browser.link(wallet).json() == {"redirect": reverse("nft:wallets")}
        assert LinkedAccount.objects.get().user == alice
        assert browser.user == alice
        assert actions(alice) == ["account.link"]

    def test_the_account_then_signs_them_in(self, browser: Browser, wallet: Wallet, alice: User) -> None:
        browser.link(wallet)
        other = Browser()
        other.sign_in(wallet)
        assert other.user == alice

    def test_linking_it_again_changes_nothing(self, browser: Browser, wallet: Wallet, alice: User) -> None:
        browser.link(wallet)
        assert browser.link(wallet).status_code == 200
        assert alice.nft_linked_accounts.count() == 1

    def test_an_account_of_somebody_else_stays_theirs(self, browser: Browser, wallet: Wallet, bob: User) -> None:
        link(bob, wallet)
        response = browser.link(wallet)
        assert response.status_code == 409
        assert response.json()["type"] == "/problems/account-in-use"
        assert response.json()["detail"].startswith(f"{wallet.address} is linked to another profile here.")
        assert "bob" not in response.json()["detail"]
        assert LinkedAccount.objects.get().user == bob

    def test_a_text_to_link_signs_nobody_in(self, browser: Browser, wallet: Wallet) -> None:
        text = browser.text_for(wallet.address, purpose="link")
        session = browser.client.session
        del session["_auth_user_id"]  # the person is gone, the session is still the same
        session.save()
        response = browser.verify(text, wallet.sign(text))
        assert response.json()["type"] == "/problems/text-changed"
        assert not LinkedAccount.objects.exists()

    def test_a_contract_account_belongs_to_one_person_per_chain(self, wallet: Wallet, alice: User, bob: User) -> None:
        linking.link_account(alice, proof(wallet, 1, is_contract_account=True), timezone.now())
        linking.link_account(bob, proof(wallet, 10, is_contract_account=True), timezone.now())
        with pytest.raises(AccountError, check=lambda error: error.is_a(ACCOUNT_IN_USE)):
            linking.link_account(bob, proof(wallet, 1, is_contract_account=True), timezone.now())

    def test_the_database_itself_holds_an_account_once(self, wallet: Wallet, alice: User, bob: User) -> None:
        row = link(alice, wallet)
        row.pk, row.user, row.chain_id = None, bob, 1
        with transaction.atomic(), pytest.raises(IntegrityError):
            row.save(force_insert=True)


class TestUnlinking:
    def test_with_a_password_the_only_account_may_go(self, browser: Browser, wallet: Wallet, alice: User) -> None:
        account = link(alice, wallet)
        response = browser.client.post(reverse("nft:wallet_unlink", args=[account.pk]))
        assert response.status_code == 302
        assert not LinkedAccount.objects.exists()
        assert actions(alice) == ["account.link", "account.unlink"]

    def test_its_tokens_lose_their_mark_in_the_same_transaction(
        self, wallet: Wallet, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        account = link(alice, wallet)
        claim = TokenClaim.objects.create(
            user=alice,
            account=account,
            chain_id=CHAIN_ID,
            contract=wallet.address_bytes,
            token_id=1,
            state=TokenClaim.State.OWNED,
            checked_at=timezone.now(),
            checked_block_number=1,
            due_at=timezone.now(),
        )
        with monkeypatch.context() as broken:
            broken.setattr(LinkedAccount, "delete", _power_cut)
            with pytest.raises(PowerCutError):
                linking.unlink_account(alice, account.pk, timezone.now())
        claim.refresh_from_db()
        assert claim.state == TokenClaim.State.OWNED
        linking.unlink_account(alice, account.pk, timezone.now())
        claim.refresh_from_db()
        assert (claim.state, claim.account) == (TokenClaim.State.NOT_OWNED, None)

    def test_the_last_way_to_sign_in_stays(self, wallet: Wallet) -> None:
        browser = Browser()
        browser.sign_in(wallet)
        response = browser.client.post(reverse("nft:wallet_unlink", args=[LinkedAccount.objects.get().pk]))
        assert [str(message) for message in get_messages(response.wsgi_request)][-1].startswith("This is your only way")
        assert LinkedAccount.objects.count() == 1

    def test_one_of_two_accounts_may_go_and_then_no_more(self, wallet: Wallet, bob: User) -> None:
        first, second = link(bob, wallet), link(bob, Wallet.create())
        linking.unlink_account(bob, first.pk, timezone.now())
        with pytest.raises(LastLoginMethod):
            linking.unlink_account(bob, second.pk, timezone.now())

    def test_a_passkey_is_another_way_in_and_a_code_app_is_not(self, wallet: Wallet, bob: User) -> None:
        account = link(bob, wallet)
        TOTP.activate(bob, generate_totp_secret())
        assert not linking.can_unlink(bob, [account])
        credential = {"clientExtensionResults": {"credProps": {"rk": True}}}
        data = {"name": "Key", "credential": credential}
        Authenticator.objects.create(user=bob, type=Authenticator.Type.WEBAUTHN, data=data)
        assert linking.can_unlink(bob, [account])
        linking.unlink_account(bob, account.pk, timezone.now())

    def test_somebody_elses_account_is_not_there(self, browser: Browser, wallet: Wallet, bob: User) -> None:
        account = link(bob, wallet)
        link(bob, Wallet.create())
        for name in ("nft:wallet_unlink", "nft:wallet_update"):
            assert browser.client.post(reverse(name, args=[account.pk]), {"label": "mine"}).status_code == 404
        account.refresh_from_db()
        assert account.label == ""

    def test_an_account_that_was_unlinked_may_be_linked_by_another(
        self, browser: Browser, wallet: Wallet, alice: User, bob: User
    ) -> None:
        linking.unlink_account(alice, link(alice, wallet).pk, timezone.now())
        assert link(bob, wallet).user == bob


class TestNamingAndShowing:
    def test_label_and_publicity_are_the_persons_choice(self, browser: Browser, wallet: Wallet, alice: User) -> None:
        account = link(alice, wallet)
        browser.client.post(
            reverse("nft:wallet_update", args=[account.pk]), {"label": "  Cold store ", "is_public": "on"}
        )
        account.refresh_from_db()
        assert (account.label, account.is_public) == ("Cold store", True)
        browser.client.post(reverse("nft:wallet_update", args=[account.pk]), {"label": ""})
        account.refresh_from_db()
        assert (account.label, account.is_public) == ("", False)
        assert actions(alice) == ["account.link", "account.show", "account.hide"]

    @pytest.mark.parametrize("label", ["x" * 41, "safe\u202eecafr", "a\u0000b", "a\u200bb", "two\nlines"])
    def test_a_label_is_one_honest_line(self, browser: Browser, wallet: Wallet, alice: User, label: str) -> None:
        account = link(alice, wallet)
        browser.client.post(reverse("nft:wallet_update", args=[account.pk]), {"label": label})
        account.refresh_from_db()
        assert account.label == ""

    def test_an_unknown_account_is_said_to_be_none(self, alice: User, bob: User, wallet: Wallet) -> None:
        with pytest.raises(NoSuchAccount):
            linking.update_account(alice, link(bob, wallet).pk, label="x", is_public=True)

    def test_the_list_shows_checksum_addresses_and_chains(self, alice: User, wallet: Wallet) -> None:
        link(alice, wallet)
        (shown,) = listing.list_accounts(alice)
        assert (shown.address, shown.chain_name) == (wallet.address, "Local chain")

    def test_the_page_offers_to_unlink_only_what_may_go(self, browser: Browser, wallet: Wallet, alice: User) -> None:
        unlink = reverse("nft:wallet_unlink", args=[link(alice, wallet).pk]).encode()
        page = browser.client.get(reverse("nft:wallets"))
        assert wallet.address.encode() in page.content
        assert unlink in page.content
        alice.set_unusable_password()
        alice.save()
        browser.client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
        assert unlink not in browser.client.get(reverse("nft:wallets")).content

    def test_only_posts_change_anything_and_guests_see_nothing(self, browser: Browser, wallet: Wallet) -> None:
        browser.link(wallet)
        account = LinkedAccount.objects.get()
        for name in ("nft:wallet_unlink", "nft:wallet_update"):
            path = reverse(name, args=[account.pk])
            assert browser.client.get(path).status_code == 405
            assert Browser().client.post(path)["Location"].startswith(reverse("account_login"))
        assert Browser().client.get(reverse("nft:wallets"))["Location"].startswith(reverse("account_login"))


class TestTheSecondFactor:
    def test_a_wallet_alone_does_not_get_past_it(self, wallet: Wallet, alice: User) -> None:
        secret = generate_totp_secret()
        TOTP.activate(alice, secret)
        link(alice, wallet)
        browser = Browser()
        response = browser.sign_in(wallet, next="/settings/tokens/")
        assert response.json() == {"redirect": reverse("mfa_authenticate")}
        assert browser.user is None
        code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
        done = browser.client.post(reverse("mfa_authenticate"), {"code": code})
        assert done["Location"] == "/settings/tokens/"
        assert browser.user == alice


class PowerCutError(Exception):
    pass


def _power_cut(account: LinkedAccount) -> None:
    raise PowerCutError
