"""What staff can do to accounts: look, and remove with everything that hangs on them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from nft.accounts import linking
from nft.accounts.linking import Proof
from nft.models import LinkedAccount, SignInChallenge, SignInCount
from nft.testing.browser import Browser
from nft.testing.genesis import CHAIN_ID
from nft.testing.wallets import Wallet
from profiles.models import AuditEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_chain")]


@pytest.fixture
def account(wallet: Wallet) -> LinkedAccount:
    alice = User.objects.create_user("alice")
    return linking.link_account(alice, Proof(wallet.address_bytes, CHAIN_ID, False), timezone.now())


@pytest.fixture
def staff(admin_user: User) -> Client:
    client = Client()
    client.force_login(admin_user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def pages_about(staff: Client, account: LinkedAccount) -> str:
    paths = [
        reverse("admin:nft_linkedaccount_changelist"),
        reverse("admin:nft_linkedaccount_change", args=[account.pk]),
    ]
    return "".join(staff.get(path).content.decode() for path in paths)


def test_a_hidden_address_is_hidden_from_staff_too(staff: Client, account: LinkedAccount, wallet: Wallet) -> None:
    assert wallet.address[2:].lower() not in pages_about(staff, account).lower()
    linking.update_account(account.user, account.pk, label="", is_public=True)
    assert wallet.address in pages_about(staff, account)


def test_staff_who_were_told_the_address_find_it(staff: Client, account: LinkedAccount, wallet: Wallet) -> None:
    path = reverse("admin:nft_linkedaccount_changelist")
    assert "alice" in staff.get(path, {"q": f" {wallet.address.lower()} "}).content.decode()
    assert "alice" not in staff.get(path, {"q": Wallet.create().address}).content.decode()
    assert "alice" not in staff.get(path, {"q": wallet.address[:20]}).content.decode()


def test_nobody_is_given_an_account(staff: Client, account: LinkedAccount) -> None:
    assert staff.get(reverse("admin:nft_linkedaccount_add")).status_code == 403
    path = reverse("admin:nft_linkedaccount_change", args=[account.pk])
    assert staff.post(path, {"label": "taken", "is_public": "on"}).status_code == 403
    account.refresh_from_db()
    assert (account.label, account.is_public) == ("", False)


def unlink(staff: Client, account: LinkedAccount, reason: str) -> str:
    path = reverse("admin:nft_linkedaccount_changelist")
    form = {"action": "unlink", "_selected_action": [str(account.pk)], "reason": reason}
    return staff.post(path, form, follow=True).content.decode()


def test_unlinking_one_takes_a_reason_that_is_written_down(
    staff: Client, account: LinkedAccount, admin_user: User
) -> None:
    assert "Why?" in unlink(staff, account, " ")
    assert LinkedAccount.objects.exists()
    unlink(staff, account, "Stolen, says the owner")
    assert not LinkedAccount.objects.exists()
    entry = AuditEntry.objects.get(action="account.remove")
    assert (entry.actor, entry.profile.user.username) == (admin_user, "alice")
    assert entry.detail["reason"] == "Stolen, says the owner"


def test_there_is_no_way_around_the_reason(staff: Client, account: LinkedAccount) -> None:
    path = reverse("admin:nft_linkedaccount_delete", args=[account.pk])
    assert staff.post(path, {"post": "yes"}).status_code == 403
    assert LinkedAccount.objects.exists()


def test_who_may_only_look_unlinks_nothing(account: LinkedAccount) -> None:
    looker = User.objects.create_user("looker", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_linkedaccount"))
    client = Client()
    client.force_login(looker, backend="django.contrib.auth.backends.ModelBackend")
    unlink(client, account, "Because")
    assert LinkedAccount.objects.exists()


def test_challenges_are_shown_without_what_is_to_be_signed(staff: Client, wallet: Wallet) -> None:
    Browser().text_for(wallet.address)
    challenge = SignInChallenge.objects.get()
    for path in (
        reverse("admin:nft_signinchallenge_changelist"),
        reverse("admin:nft_signinchallenge_change", args=[challenge.pk]),
    ):
        page = staff.get(path).content.decode()
        assert wallet.address[2:].lower() not in page.lower()
        assert challenge.nonce not in page


def test_why_sign_ins_were_refused_is_counted_and_nothing_else(staff: Client, wallet: Wallet) -> None:
    browser = Browser()
    for signer in (wallet, Wallet.create()):
        text = browser.text_for(wallet.address)
        browser.verify(text, signer.sign(text))
    browser.verify("never issued", "0x00")
    counts = dict(SignInCount.objects.values_list("outcome", "count"))
    assert counts == {"chain-unavailable": 1, "text-changed": 1}
    page = staff.get(reverse("admin:nft_signincount_changelist")).content.decode()
    assert "chain-unavailable" in page
