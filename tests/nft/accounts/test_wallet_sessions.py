"""A session that a contract account began ends when its contract no longer accepts the signature, and not before."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from nft.accounts import linking, listing, sessions
from nft.accounts.errors import ACCOUNT_CHANGED, AccountError
from nft.accounts.signatures import SignatureKind
from nft.clients.evm.chain import ChainClient
from nft.models import LinkedAccount, WalletSession
from nft.testing.browser import Browser
from nft.testing.chain import Chain
from nft.testing.fake_node import relaying_node
from nft.testing.genesis import CHAIN_ID
from nft.testing.wallets import NOBODY, Wallet, chains_at
from profiles.models import AuditEntry
from profiles.testing.jobs import run

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def account(chain: Chain, owner: Wallet, settings: Any) -> Any:
    """A deployed contract account whose owner signs for it."""
    settings.NFT_CHAINS = chains_at(chain.url)
    return chain.deploy("DemoWallet", owner.address)


@pytest.fixture
def browser(account: Any, owner: Wallet) -> Browser:
    browser = Browser()
    text = browser.text_for(account.address)
    assert browser.verify(text, owner.sign(text)).status_code == 200
    return browser


def rotate_signer(chain: Chain, account: Any, signer: Wallet) -> None:
    """The owner is part of this account's code, so a new owner is new code."""
    other = chain.deploy("DemoWallet", signer.address)
    chain.rpc("anvil_setCode", account.address, "0x" + bytes(chain.w3.eth.get_code(other.address)).hex())


def recheck(chain: Chain, at: datetime) -> int:
    return sessions.recheck_due(lambda _: ChainClient(CHAIN_ID, [chain.url], 0), at, CHAIN_ID).ended


def recheck_in_an_outage(at: datetime) -> int:
    return sessions.recheck_due(lambda _: ChainClient(CHAIN_ID, [NOBODY], 0), at, CHAIN_ID).ended


def is_in(browser: Browser) -> bool:
    """Asks for a page, as a person would."""
    return bool(browser.client.get(reverse("nft:wallets")).status_code == 200)


def reason_told(client: Client) -> str:
    return client.get(reverse("account_login")).content.decode()


class TestTheContractIsAskedAgain:
    def test_as_long_as_it_vouches_the_session_goes_on(self, chain: Chain, browser: Browser) -> None:
        now = timezone.now()
        for day in range(1, 4):
            assert recheck(chain, now + day * DAY) == 0
        assert is_in(browser)
        assert WalletSession.objects.get().checked_at == now + 3 * DAY

    def test_once_its_signer_changed_it_ends_within_a_day_and_says_why(
        self, chain: Chain, browser: Browser, account: Any
    ) -> None:
        rotate_signer(chain, account, Wallet.create())
        assert is_in(browser), "nobody asked yet"
        assert recheck(chain, timezone.now() + timedelta(hours=1)) == 0, "not due yet"
        assert recheck(chain, timezone.now() + DAY) == 1
        assert not is_in(browser)
        assert browser.user is None
        assert "no longer accepts that signature" in reason_told(browser.client)
        assert AuditEntry.objects.filter(action="session.end", actor=None).count() == 1

    def test_what_it_signed_is_kept_no_longer_than_needed(self, chain: Chain, browser: Browser, account: Any) -> None:
        row = WalletSession.objects.get()
        assert (bool(row.text), bool(row.signature)) == (True, True)
        rotate_signer(chain, account, Wallet.create())
        recheck(chain, timezone.now() + DAY)
        row.refresh_from_db()
        assert (row.text, bytes(row.signature)) == ("", b"")

    def test_signing_out_forgets_it(self, browser: Browser) -> None:
        browser.client.post(reverse("account_logout"))
        assert not WalletSession.objects.exists()

    def test_a_new_key_for_the_session_does_not_hide_it(
        self, chain: Chain, browser: Browser, account: Any, owner: Wallet
    ) -> None:
        assert browser.link(Wallet.create()).status_code == 200  # which gives the session a new key
        rotate_signer(chain, account, Wallet.create())
        assert recheck(chain, timezone.now() + DAY) == 1
        assert not is_in(browser)

    def test_a_fresh_proof_by_the_new_signer_keeps_it(
        self, chain: Chain, browser: Browser, account: Any, owner: Wallet
    ) -> None:
        heir = Wallet.create()
        rotate_signer(chain, account, heir)
        text = browser.text_for(account.address, purpose="reauthenticate")
        assert browser.verify(text, heir.sign(text)).status_code == 200
        assert recheck(chain, timezone.now() + 2 * DAY) == 0
        assert is_in(browser)

    def test_the_task_asks_the_configured_chain(self, chain: Chain, browser: Browser, account: Any) -> None:
        rotate_signer(chain, account, Wallet.create())
        WalletSession.objects.update(due_at=timezone.now())
        run(sessions.recheck_wallet_sessions)
        assert not is_in(browser)


class TestManySessions:
    def test_take_few_requests_and_only_the_revoked_one_ends(
        self, chain: Chain, browser: Browser, account: Any, owner: Wallet
    ) -> None:
        row = WalletSession.objects.get()
        for number in range(30):
            row.pk = uuid4()
            row.signature = b"nonsense" if number == 7 else row.signature
            row.save(force_insert=True)
            row = WalletSession.objects.get(user=browser.user, pk=WalletSession.objects.earliest("begun_at").pk)
        with relaying_node(chain) as (url, asked):
            client = ChainClient(CHAIN_ID, [url], 0)
            done = sessions.recheck_due(lambda _: client, timezone.now() + DAY, CHAIN_ID)
        assert (done.checked, done.ended) == (31, 1)
        assert len(asked) < 31
        assert WalletSession.objects.get(ended_at__isnull=False).ended_because == sessions.NOT_VOUCHED

    def test_are_checked_by_one_worker_at_a_time(self, chain: Chain, browser: Browser) -> None:
        WalletSession.objects.update(attempt=uuid4(), due_at=timezone.now() + DAY + timedelta(minutes=1))
        assert sessions.recheck_due(
            lambda _: ChainClient(CHAIN_ID, [chain.url], 0), timezone.now() + DAY, CHAIN_ID
        ) == (sessions.Rechecked(0, 0))
        assert recheck(chain, timezone.now() + DAY + timedelta(minutes=2)) == 0
        assert WalletSession.objects.get().attempt is None

    def test_a_new_signature_outdates_what_a_worker_is_finding_out(
        self, chain: Chain, browser: Browser, account: Any, owner: Wallet
    ) -> None:
        really, now = sessions._verify, timezone.now() + DAY

        def renew_meanwhile(*details: Any) -> Any:
            kinds = really(*details)
            text = browser.text_for(account.address, purpose="reauthenticate")
            assert browser.verify(text, owner.sign(text)).status_code == 200
            return [SignatureKind.WRONG for _ in kinds]

        with patch.object(sessions, "_verify", renew_meanwhile):
            assert recheck(chain, now) == 0
        assert WalletSession.objects.get().ended_at is None


class TestOutages:
    def test_silence_keeps_the_session(self, chain: Chain, browser: Browser) -> None:
        assert recheck_in_an_outage(timezone.now() + DAY) == 0
        assert is_in(browser)

    def test_but_not_for_longer_than_a_week(self, browser: Browser) -> None:
        assert recheck_in_an_outage(timezone.now() + 6 * DAY) == 0
        assert recheck_in_an_outage(timezone.now() + 8 * DAY) == 1
        assert not is_in(browser)
        assert "could not be asked for 7 days" in reason_told(browser.client)

    def test_even_with_every_worker_dead(self, browser: Browser) -> None:
        WalletSession.objects.update(checked_at=timezone.now() - 8 * DAY)
        assert not is_in(browser)
        assert "could not be asked for 7 days" in reason_told(browser.client)

    def test_a_chain_that_is_no_longer_configured_is_silence(self, browser: Browser, settings: Any) -> None:
        settings.NFT_CHAINS = chains_at(NOBODY) | {CHAIN_ID: chains_at(NOBODY)[CHAIN_ID]}
        WalletSession.objects.update(due_at=timezone.now())
        settings.NFT_CHAINS = {}
        run(sessions.recheck_wallet_sessions)
        assert WalletSession.objects.get().ended_at is None


class TestKeyAccounts:
    @pytest.fixture(autouse=True)
    def no_chain(self, settings: Any) -> None:
        settings.NFT_CHAINS = chains_at(NOBODY)

    def test_they_are_never_asked_again_and_nothing_they_signed_is_kept(self, owner: Wallet) -> None:
        browser = Browser()
        browser.sign_in(owner)
        row = WalletSession.objects.get()
        assert (row.text, bytes(row.signature), row.due_at) == ("", b"", None)
        assert recheck_in_an_outage(timezone.now() + 10 * DAY) == 0
        assert is_in(browser)

    def test_unlinking_signs_out_whoever_is_in_by_it_elsewhere(self, owner: Wallet) -> None:
        here, there = Browser(), Browser()
        here.sign_in(owner)
        there.sign_in(owner)
        here.link(Wallet.create())
        first = LinkedAccount.objects.get(address=owner.address_bytes)
        here.client.post(reverse("nft:wallet_unlink", args=[first.pk]))
        assert is_in(here)
        assert not is_in(there)
        assert "is no longer linked to your profile" in reason_told(there.client)

    def test_a_password_session_knows_no_wallet(self, owner: Wallet) -> None:
        browser = Browser()
        browser.sign_in(owner)
        user = browser.user
        assert user is not None
        browser.client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        assert sessions.SESSION_KEY not in browser.client.session

    def test_rows_nobody_can_be_in_any_more_go(self, owner: Wallet) -> None:
        Browser().sign_in(owner)
        assert sessions.delete_old_sessions(timezone.now() + 17 * DAY) == 1
        assert not WalletSession.objects.exists()

    def test_a_session_whose_row_is_gone_is_signed_out(self, owner: Wallet) -> None:
        browser = Browser()
        browser.sign_in(owner)
        WalletSession.objects.all().delete()
        assert not is_in(browser)


class TestThePrimaryAccount:
    @pytest.fixture(autouse=True)
    def no_chain(self, settings: Any) -> None:
        settings.NFT_CHAINS = chains_at(NOBODY)

    @pytest.fixture
    def browser(self, owner: Wallet) -> Browser:
        browser = Browser()
        browser.sign_in(owner)
        for _ in range(2):
            browser.link(Wallet.create())
        return browser

    def primaries(self) -> list[bool]:
        return list(LinkedAccount.objects.order_by("linked_at").values_list("is_primary", flat=True))

    def test_it_is_the_first_one_until_another_is_chosen(self, browser: Browser) -> None:
        assert self.primaries() == [True, False, False]
        chosen = LinkedAccount.objects.order_by("linked_at")[2]
        browser.client.post(reverse("nft:wallet_primary", args=[chosen.pk]))
        assert self.primaries() == [False, False, True]
        assert browser.user is not None
        assert listing.list_accounts(browser.user)[0].id == chosen.pk

    def test_a_mint_is_offered_to_it_first(self, browser: Browser) -> None:
        chosen = LinkedAccount.objects.order_by("linked_at")[1]
        browser.client.post(reverse("nft:wallet_primary", args=[chosen.pk]))
        form = browser.client.get(reverse("nft:mint")).context["form"]
        assert form.fields["account"].choices[0][0] == str(chosen.pk)

    def test_when_it_goes_the_oldest_of_the_others_takes_its_place(self, browser: Browser) -> None:
        first = LinkedAccount.objects.order_by("linked_at")[0]
        browser.client.post(reverse("nft:wallet_unlink", args=[first.pk]))
        assert self.primaries() == [True, False]

    def test_somebody_elses_is_not_there(self, browser: Browser) -> None:
        stranger = Browser()
        stranger.sign_in(Wallet.create())
        path = reverse("nft:wallet_primary", args=[LinkedAccount.objects.order_by("linked_at")[1].pk])
        assert stranger.client.post(path).status_code == 404
        assert self.primaries() == [True, False, False, True]


class TestAnAccountThatGoesWhileSomebodySignsInWithIt:
    """Between the signature and the second factor lie minutes."""

    @pytest.fixture
    def linked(self, settings: Any) -> LinkedAccount:
        settings.NFT_CHAINS = chains_at(NOBODY)
        user = User.objects.create_user("alice", password="correct horse")
        proof = linking.Proof(Wallet.create().address_bytes, CHAIN_ID, is_contract_account=False)
        return linking.link_account(user, proof, timezone.now())

    def test_ends_the_session_at_its_first_step(self, linked: LinkedAccount, client: Client) -> None:
        now, session, user = timezone.now(), client.session, linked.user
        sessions.remember_proof(session, linked, "", "")
        linking.unlink_account(user, linked.pk, now)
        sessions.begin_session(session, user.pk, now)
        assert "no longer linked" in sessions.get_end_reason(session, now)
        assert sessions.SESSION_KEY in session, "what a wallet began is known as that, as by the admin"

    def test_is_no_failure_of_the_site(self, linked: LinkedAccount) -> None:
        gone = linking.Proof(bytes(linked.address), CHAIN_ID, is_contract_account=False)
        with patch.object(linking, "find_account", return_value=LinkedAccount.objects.get()):
            linking.unlink_account(linked.user, linked.pk, timezone.now())
            with pytest.raises(AccountError, check=lambda error: error.is_a(ACCOUNT_CHANGED)):
                linking.find_own_account(linked.user, gone, timezone.now())
