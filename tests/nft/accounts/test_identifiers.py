"""People found by their accounts, and only by those they show."""

from __future__ import annotations

from uuid import uuid4

import pytest

from nft.models import LinkedAccount
from profiles.people.profiles import profile_of
from profiles.serving.showing import find_profile
from tests.kit.world import person

pytestmark = pytest.mark.django_db
ADDRESS = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"


@pytest.mark.parametrize("identifier", [ADDRESS, ADDRESS.lower(), f"eip155:1:{ADDRESS}", f"eip155:31337:{ADDRESS}"])
def test_a_public_account_finds_its_person(identifier: str) -> None:
    alice = profile_of(person("alice", ADDRESS, public=True))
    assert find_profile(identifier) == alice


def test_a_hidden_account_finds_nobody() -> None:
    profile_of(person("alice", ADDRESS))
    assert find_profile(ADDRESS) is None


def test_a_contract_account_is_found_on_its_own_chain_only() -> None:
    alice = profile_of(person("alice", ADDRESS, public=True))
    LinkedAccount.objects.update(is_contract_account=True)
    assert find_profile(f"eip155:31337:{ADDRESS}") == alice
    assert find_profile(f"eip155:1:{ADDRESS}") is None


def test_a_mistyped_address_finds_nobody() -> None:
    assert find_profile(ADDRESS[:-1] + "D") is None


def test_an_address_that_is_different_peoples_on_different_chains_finds_nobody_without_its_chain() -> None:
    """Anybody may come to hold, on another chain, the address of somebody's contract account: they deploy it there."""
    mallory = profile_of(person("mallory", ADDRESS, public=True))
    LinkedAccount.objects.update(is_contract_account=True, chain_id=10)
    bob = profile_of(person("bob", ADDRESS, public=True))
    LinkedAccount.objects.filter(user=bob.user).update(is_contract_account=True)
    assert find_profile(ADDRESS) is None
    assert find_profile(f"eip155:31337:{ADDRESS}") == bob
    assert find_profile(f"eip155:10:{ADDRESS}") == mallory
    LinkedAccount.objects.filter(user=mallory.user).update(is_public=False)
    assert find_profile(ADDRESS) == bob, "who hides it has no say"


def test_an_address_that_is_one_persons_on_two_chains_finds_them() -> None:
    alice = profile_of(person("alice", ADDRESS, public=True))
    LinkedAccount.objects.update(is_contract_account=True, chain_id=10)
    there = LinkedAccount.objects.get()
    there.pk, there.chain_id, there.is_primary = None, 31337, False
    there.id = uuid4()
    there.save(force_insert=True)
    assert find_profile(ADDRESS) == alice
