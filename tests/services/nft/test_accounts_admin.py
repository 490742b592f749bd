"""What staff can do to accounts: look, and remove with everything that hangs on them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from nft.models import LinkedAccount, SignInChallenge
from nft.services import accounts
from nft.services.accounts import Proof
from profiles.models import AuditEntry
from tests.wallets import CHAIN_ID, NOBODY, Browser, Wallet, chains_at

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_chain(settings: Any) -> None:
    settings.NFT_CHAINS = chains_at(NOBODY)


@pytest.fixture
def wallet() -> Wallet:
    return Wallet.create()


@pytest.fixture
def account(wallet: Wallet) -> LinkedAccount:
    alice = User.objects.create_user("alice")
    return accounts.link_account(alice, Proof(wallet.address_bytes, CHAIN_ID, False), timezone.now())


@pytest.fixture
def staff(admin_user: User) -> Client:
    client = Client()
    client.force_login(admin_user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_accounts_are_listed_by_address(staff: Client, account: LinkedAccount, wallet: Wallet) -> None:
    assert wallet.address in staff.get(reverse("admin:nft_linkedaccount_changelist")).content.decode()
    page = staff.get(reverse("admin:nft_linkedaccount_change", args=[account.pk]))
    assert wallet.address in page.content.decode()


def test_nobody_is_given_an_account(staff: Client, account: LinkedAccount) -> None:
    assert staff.get(reverse("admin:nft_linkedaccount_add")).status_code == 403
    path = reverse("admin:nft_linkedaccount_change", args=[account.pk])
    assert staff.post(path, {"label": "taken", "is_public": "on"}).status_code == 403
    account.refresh_from_db()
    assert (account.label, account.is_public) == ("", False)


def test_removing_one_is_written_down(staff: Client, account: LinkedAccount, admin_user: User) -> None:
    staff.post(reverse("admin:nft_linkedaccount_delete", args=[account.pk]), {"post": "yes"})
    assert not LinkedAccount.objects.exists()
    entry = AuditEntry.objects.get(action="account.unlink")
    assert (entry.actor, entry.profile.user.username) == (admin_user, "alice")


def test_challenges_are_shown_without_what_is_to_be_signed(staff: Client, wallet: Wallet) -> None:
    Browser().text_for(wallet.address)
    challenge = SignInChallenge.objects.get()
    for path in (
        reverse("admin:nft_signinchallenge_changelist"),
        reverse("admin:nft_signinchallenge_change", args=[challenge.pk]),
    ):
        page = staff.get(path).content.decode()
        assert wallet.address in page
        assert challenge.nonce not in page
