"""A public page shows the accounts its person shows, and not a trace of the others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from nft.models import LinkedAccount, PrimaryName
from nft.names.primary import MAX_AGE
from profiles.models import Profile
from profiles.testing.people import a_person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_chain")]


@pytest.fixture
def alice() -> Profile:
    return a_person("alice")


def an_account(profile: Profile, number: int, *, name: str = "", **columns: Any) -> LinkedAccount:
    now = timezone.now()
    columns = {"is_public": True, "chain_id": 31337, "label": f"Label {number}"} | columns
    address = bytes([number]) * 20
    account = LinkedAccount.objects.create(
        user=profile.user, address=address, linked_at=now, last_used_at=now, **columns
    )
    if name:
        PrimaryName.objects.create(account=account, name=name, checked_at=now, due_at=now)
    return account


def page_of(client: Client, handle: str = "alice") -> str:
    return str(client.get(f"/u/{handle}/").content.decode())


def test_each_shown_account_stands_there_short_and_whole_to_copy(alice: Profile, client: Client) -> None:
    account = an_account(alice, 0xAB, name="alice.eth")
    page = page_of(client)
    assert f"{account.address_text[:6]}…{account.address_text[-4:]}</code>" in page
    assert f'data-copy="{account.address_text}"' in page
    assert page.count("alice.eth") == 2, "beside the handle and beside the address"
    assert account.label not in page


def test_a_contract_account_says_on_which_chain_it_is(alice: Profile, client: Client) -> None:
    an_account(alice, 1, is_contract_account=True)
    assert "Contract account on" in page_of(client)


def test_hidden_accounts_leave_no_trace(alice: Profile, client: Client) -> None:
    hidden = an_account(alice, 0xCD, name="secret.eth", is_public=False)
    without = page_of(client)
    hidden.delete()
    assert page_of(client) == without
    assert "Accounts</h2>" not in without


def test_a_name_nobody_confirmed_for_too_long_is_not_shown(alice: Profile, client: Client) -> None:
    an_account(alice, 1, name="alice.eth")
    PrimaryName.objects.update(checked_at=timezone.now() - MAX_AGE - timedelta(minutes=1))
    assert "alice.eth" not in page_of(client)


def test_ten_accounts_cost_no_more_than_one(alice: Profile, client: Client) -> None:
    for number in range(10):
        an_account(alice, number, name=f"name{number}.eth")
    with CaptureQueriesContext(connection) as asked:
        page = page_of(client)
    assert page.count("(ENS)") == 20
    assert len(asked) <= 3
