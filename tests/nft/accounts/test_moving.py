"""An account linked to one profile is moved to another by a signature that names where it goes."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from nft.accounts import linking, moving
from nft.accounts.errors import ACCOUNT_DISABLED, AccountError
from nft.accounts.linking import Proof
from nft.models import AccountReturn, LinkedAccount, TokenClaim
from nft.testing.browser import Browser
from nft.testing.genesis import CHAIN_ID
from nft.testing.wallets import Wallet
from profiles.models import AuditEntry
from tests.kit.token_pictures import a_token_picture
from users.notice_mails import send_due

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_chain")]


def proof_of(wallet: Wallet) -> Proof:
    return Proof(wallet.address_bytes, CHAIN_ID, is_contract_account=False)


def move(browser: Browser, wallet: Wallet) -> Any:
    return browser.sign_in(wallet, purpose="move")


def shown_messages(client: Client) -> str:
    return client.get(reverse("nft:wallets"), follow=True).content.decode()


class TestAProfileMadeByTheWalletAlone:
    """The usual case: somebody signs in with the wallet, and finds that they have a profile already."""

    @pytest.fixture
    def neutral(self, wallet: Wallet) -> Browser:
        neutral = Browser()
        neutral.sign_in(wallet)
        return neutral

    def test_linking_is_refused_and_says_how_to_go_on(self, browser: Browser, neutral: Browser, wallet: Wallet) -> None:
        assert "choose “Move a wallet here” and sign once more" in browser.link(wallet).json()["detail"]

    def test_the_text_names_where_it_goes_and_not_where_from(
        self, browser: Browser, neutral: Browser, wallet: Wallet
    ) -> None:
        text = browser.text_for(wallet.address, purpose="move")
        assert "Move this account to the profile alice, away from the profile it is linked to now." in text
        assert neutral.user is not None
        assert neutral.user.avatar_profile.handle not in text

    def test_the_account_signs_in_to_the_new_profile_from_then_on(
        self, browser: Browser, neutral: Browser, wallet: Wallet, alice: User
    ) -> None:
        assert move(browser, wallet).json() == {"redirect": reverse("nft:wallets")}
        assert LinkedAccount.objects.get().user == alice
        other = Browser()
        other.sign_in(wallet)
        assert other.user == alice

    def test_the_person_reads_what_became_of_the_other_profile(
        self, browser: Browser, neutral: Browser, wallet: Wallet
    ) -> None:
        move(browser, wallet)
        assert "The profile it was linked to has no other way to sign in" in shown_messages(browser.client)

    def test_its_session_ends_with_the_reason(self, browser: Browser, neutral: Browser, wallet: Wallet) -> None:
        move(browser, wallet)
        assert "was moved to another profile" in shown_messages(neutral.client)
        assert neutral.user is None

    def test_unlinking_the_account_and_signing_in_leads_back_to_it(
        self, browser: Browser, neutral: Browser, wallet: Wallet, alice: User
    ) -> None:
        left = neutral.user
        move(browser, wallet)
        browser.client.post(reverse("nft:wallet_unlink", args=[LinkedAccount.objects.get().pk]))
        back = Browser()
        assert back.sign_in(wallet).json() == {"redirect": reverse("home")}
        assert back.user == left
        assert not AccountReturn.objects.exists()

    def test_even_the_end_of_the_other_profile_leaves_the_way_back_open(
        self, browser: Browser, neutral: Browser, wallet: Wallet, alice: User
    ) -> None:
        left = neutral.user
        move(browser, wallet)
        alice.delete()
        back = Browser()
        back.sign_in(wallet)
        assert back.user == left

    def test_but_not_once_it_has_another_way_in(
        self, browser: Browser, neutral: Browser, wallet: Wallet, alice: User
    ) -> None:
        left = neutral.user
        assert left is not None
        move(browser, wallet)
        left.set_password("battery staple")
        left.save()
        browser.client.post(reverse("nft:wallet_unlink", args=[LinkedAccount.objects.get().pk]))
        stranger = Browser()
        stranger.sign_in(wallet)
        assert stranger.user not in {left, alice}

    def test_a_disabled_profile_is_not_left_by_moving_out(
        self, browser: Browser, neutral: Browser, wallet: Wallet, alice: User
    ) -> None:
        User.objects.exclude(pk=alice.pk).update(is_active=False)
        assert move(browser, wallet).json()["type"] == "/problems/account-disabled"
        with pytest.raises(AccountError, check=lambda error: error.is_a(ACCOUNT_DISABLED)):
            moving.move_account(alice, proof_of(wallet), timezone.now())


class TestAProfileWithOtherWaysIn:
    @pytest.fixture
    def bob(self, wallet: Wallet) -> User:
        bob = User.objects.create_user("bob", "bob@example.org", "battery staple")
        account = linking.link_account(bob, proof_of(wallet), timezone.now())
        linking.update_account(bob, account.pk, label="Savings", is_public=True)
        mail.outbox.clear()
        return bob

    @pytest.mark.django_db(transaction=True)  # told once the transaction is committed
    def test_it_is_told_by_mail_and_in_every_browser(self, browser: Browser, wallet: Wallet, bob: User) -> None:
        at_home = Client()
        at_home.post(reverse("account_login"), {"login": "bob", "password": "battery staple"})
        move(browser, wallet)
        page = shown_messages(at_home)
        assert "The wallet account “Savings” was moved from your profile to another one" in page
        assert Client.session.fget(at_home)["_auth_user_id"] == str(bob.pk)  # type: ignore[attr-defined]
        send_due(timezone.now())
        (letter,) = [each for each in mail.outbox if each.to == ["bob@example.org"]]
        assert "The wallet account “Savings” was moved from your profile" in letter.body
        assert wallet.address.lower()[2:] not in f"{letter.subject} {letter.body} {page}".lower()
        assert "alice" not in f"{letter.subject} {letter.body} {page}"

    def test_its_token_pictures_go_in_the_same_transaction(
        self, browser: Browser, wallet: Wallet, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = timezone.now()
        picture = a_token_picture(bob.avatar_profile, now)
        claim = TokenClaim.objects.create(
            user=bob,
            account=bob.nft_linked_accounts.get(),
            chain_id=CHAIN_ID,
            contract=wallet.address_bytes,
            token_id=1,
            state=TokenClaim.State.OWNED,
            checked_at=now,
            checked_block_number=1,
            due_at=now,
            avatar=picture,
        )
        with monkeypatch.context() as broken:
            broken.setattr(linking, "create_account", _power_cut)
            with pytest.raises(PowerCutError):
                moving.move_account(User.objects.get(username="alice"), proof_of(wallet), now)
        claim.refresh_from_db()
        assert (claim.state, claim.account is None) == (TokenClaim.State.OWNED, False)
        move(browser, wallet)
        claim.refresh_from_db()
        picture.refresh_from_db()
        bob.avatar_profile.refresh_from_db()
        assert (claim.state, claim.account) == (TokenClaim.State.NOT_OWNED, None)
        assert picture.state == "withdrawn"
        assert bob.avatar_profile.avatar is None

    def test_it_needs_no_way_back(self, browser: Browser, wallet: Wallet, bob: User) -> None:
        move(browser, wallet)
        assert not AccountReturn.objects.exists()
        assert "has no other way to sign in" not in shown_messages(browser.client)

    def test_label_and_publicity_do_not_come_along(
        self, browser: Browser, wallet: Wallet, alice: User, bob: User
    ) -> None:
        move(browser, wallet)
        account = alice.nft_linked_accounts.get()
        assert (account.label, account.is_public, account.is_primary) == ("", False, True)

    def test_both_profiles_have_it_in_their_audit(
        self, browser: Browser, wallet: Wallet, alice: User, bob: User
    ) -> None:
        move(browser, wallet)
        entries = AuditEntry.objects.filter(action__in=["account.move", "account.link"]).order_by("pk")
        assert [(entry.profile.user.username, entry.action) for entry in entries] == [
            ("bob", "account.link"),
            ("bob", "account.move"),
            ("alice", "account.link"),
        ]


class TestWhatIsNoMove:
    def test_an_account_that_is_free_is_linked(self, browser: Browser, wallet: Wallet, alice: User) -> None:
        move(browser, wallet)
        assert LinkedAccount.objects.get().user == alice
        assert "The wallet is linked." in shown_messages(browser.client)

    def test_ones_own_stays(self, browser: Browser, wallet: Wallet, alice: User) -> None:
        browser.link(wallet)
        before = LinkedAccount.objects.get()
        move(browser, wallet)
        assert LinkedAccount.objects.get().pk == before.pk

    def test_a_text_to_link_moves_nothing(self, browser: Browser, wallet: Wallet, alice: User) -> None:
        neutral = Browser()
        neutral.sign_in(wallet)
        text = browser.text_for(wallet.address, purpose="link")
        assert browser.verify(text, wallet.sign(text)).status_code == 409
        assert LinkedAccount.objects.get().user == neutral.user

    def test_guests_can_not(self, wallet: Wallet) -> None:
        assert Browser().ask_challenge(wallet.address, purpose="move").json()["type"] == "/problems/sign-in-required"


class PowerCutError(Exception):
    pass


def _power_cut(*args: Any) -> None:
    raise PowerCutError
