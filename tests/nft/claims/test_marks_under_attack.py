"""Attempts to keep a mark that should be lost (V1), each on a real chain."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from web3.contract import Contract

from nft.accounts.linking import unlink_account
from nft.claims.claiming import create_claim
from nft.models import TokenClaim
from nft.testing.chain import Chain
from profiles.models import Avatar
from profiles.people.profiles import profile_of
from profiles.pictures.history import remove_avatar, restore_avatar
from tests.kit.world import World, mint, pinned_metadata, send, shown, sweep

pytestmark = pytest.mark.django_db


def a_claim(world: World, user: User, contract: Contract) -> TokenClaim:
    token_id = mint(world.chain, contract, world.chain.accounts[1], pinned_metadata())
    return world.verify_and_fetch(create_claim(user, f"{contract.address} {token_id}", world.now))


def old_picture_kept_beside_a_new_one(world: World, user: User, contract: Contract) -> TokenClaim:
    """The token's picture is removed, the token gets another one, and the removal of the first is undone."""
    claim = a_claim(world, user, contract)
    old = claim.avatar
    assert old is not None
    remove_avatar(profile_of(user), old.pk, user)
    another = pinned_metadata("Red dawn", "crimson")
    world.chain.send(contract.functions.setTokenURI(claim.token_id, another), sender=world.chain.accounts[1])
    world.chain.finalize()
    world.verify_and_fetch(create_claim(user, f"{contract.address} {claim.token_id}", world.later(seconds=1)))
    claim.refresh_from_db()
    assert claim.avatar is not None
    assert claim.avatar.pk != old.pk
    restore_avatar(profile_of(user), old.pk, user)
    return claim


def test_no_earlier_picture_of_a_token_keeps_its_mark_after_a_transfer(
    world: World, chain: Chain, alice: User, contract: Contract
) -> None:
    claim = old_picture_kept_beside_a_new_one(world, alice, contract)
    send(chain, contract, claim.token_id, 1, 2)
    world.verify(claim)
    assert not shown(alice, world.now).mark
    assert not Avatar.objects.filter(source="nft", state="active").exists()


def test_no_earlier_picture_of_a_token_keeps_its_mark_after_unlinking(
    world: World, alice: User, contract: Contract
) -> None:
    old_picture_kept_beside_a_new_one(world, alice, contract)
    unlink_account(alice, alice.nft_linked_accounts.get().pk, world.now)
    assert not shown(alice, world.now).mark
    assert not Avatar.objects.filter(source="nft", state="active").exists()


def test_a_check_by_a_clock_that_ran_ahead_gives_no_mark_once_it_is_set_right(
    world: World, alice: User, contract: Contract
) -> None:
    a_claim(world, alice, contract)
    assert shown(alice, world.now).mark
    assert not shown(alice, world.now - timedelta(days=1)).mark, "the clock was set right again"
    assert shown(alice, world.now - timedelta(days=1)).avatar is None


def test_after_a_clock_is_set_back_tokens_are_checked_at_once(
    world: World, chain: Chain, alice: User, contract: Contract
) -> None:
    world.later(days=1)
    claim = a_claim(world, alice, contract)
    send(chain, contract, claim.token_id, 1, 2)
    world.now -= timedelta(days=1)
    sweep(world)
    claim.refresh_from_db()
    assert claim.state == "not_owned"


def test_after_a_clock_is_set_back_a_held_token_gets_its_mark_again(
    world: World, alice: User, contract: Contract
) -> None:
    world.later(days=1)
    a_claim(world, alice, contract)
    world.now -= timedelta(days=1)
    sweep(world)
    assert shown(alice, world.now).mark
