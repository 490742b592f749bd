"""Changes of somebody's ways in that happen at the same moment, on real connections."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from nft.accounts import linking, moving
from nft.accounts.errors import ACCOUNT_IN_USE, AccountError, LastLoginMethod
from nft.accounts.linking import Proof
from nft.models import LinkedAccount
from nft.testing.browser import Browser
from nft.testing.genesis import CHAIN_ID
from nft.testing.wallets import Wallet
from tests.kit.at_once import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_chain")]


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice")


def proof() -> Proof:
    return Proof(Wallet.create().address_bytes, CHAIN_ID, is_contract_account=False)


def what_came_of(*acts: Callable[[], Any]) -> list[Any]:
    """What each returned, or the refusal it met, when they were done at once."""

    def act_or_be_refused(act: Callable[[], Any]) -> Any:
        try:
            return act()
        except AccountError as refusal:
            if isinstance(refusal, LastLoginMethod) or refusal.is_a(ACCOUNT_IN_USE):
                return refusal
            raise

    return at_once(*[partial(act_or_be_refused, act) for act in acts])


def test_two_unlinks_at_once_leave_one_way_in(alice: User) -> None:
    now = timezone.now()
    rows = [linking.link_account(alice, proof(), now) for _ in range(2)]
    ends = what_came_of(*[lambda row=row: linking.unlink_account(alice, row.pk, now) for row in rows])
    assert sum(isinstance(end, LastLoginMethod) for end in ends) == 1
    assert alice.nft_linked_accounts.get().is_primary


def test_a_passkey_and_an_account_do_not_go_at_once(alice: User) -> None:
    row = linking.link_account(alice, proof(), timezone.now())
    data = {"name": "Key", "credential": {"clientExtensionResults": {"credProps": {"rk": True}}}}
    key = Authenticator.objects.create(user=alice, type=Authenticator.Type.WEBAUTHN, data=data)
    browser = Browser()
    browser.enter(alice)
    what_came_of(
        lambda: browser.client.post(reverse("mfa_remove_webauthn", args=[key.pk])),
        lambda: linking.unlink_account(alice, row.pk, timezone.now()),
    )
    left = Authenticator.objects.filter(user=alice).count() + alice.nft_linked_accounts.count()
    assert left == 1


def test_an_account_that_two_profiles_move_to_themselves_ends_at_one(alice: User) -> None:
    shared, now = proof(), timezone.now()
    linking.link_account(alice, shared, now)
    others = [User.objects.create_user(name, password="x") for name in ("bob", "carol", "dave")]
    what_came_of(*[lambda user=user: moving.move_account(user, shared, now) for user in others])
    assert LinkedAccount.objects.get().user in others


def test_two_people_who_swap_their_accounts_both_get_theirs(alice: User) -> None:
    bob, now = User.objects.create_user("bob"), timezone.now()
    hers, his = proof(), proof()
    linking.link_account(alice, hers, now)
    linking.link_account(bob, his, now)
    what_came_of(lambda: moving.move_account(alice, his, now), lambda: moving.move_account(bob, hers, now))
    assert LinkedAccount.objects.get(address=hers.address).user == bob
    assert LinkedAccount.objects.get(address=his.address).user == alice


def test_two_choices_of_the_primary_account_leave_one(alice: User) -> None:
    now = timezone.now()
    rows = [linking.link_account(alice, proof(), now) for _ in range(3)]
    what_came_of(*[lambda row=row: linking.make_primary(alice, row.pk) for row in rows[1:]])
    assert alice.nft_linked_accounts.filter(is_primary=True).count() == 1
