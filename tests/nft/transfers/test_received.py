"""Whoever is sent a token that was shown here is asked whether to show it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from web3.contract import Contract

from nft.errors import NotYours
from nft.models import ReceivedToken, TokenClaim
from nft.transfers.received import decline, offers_for, take_up
from nft.watching.watcher import watch_chain
from tests.kit.world import World, mint, shown
from tests.servers.chain import CHAIN_ID, Chain

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim(world: World, bob: User, claim: TokenClaim) -> TokenClaim:
    """Alice's picture, watched from here on."""
    look(world)
    return claim


def look(world: World) -> None:
    assert watch_chain(CHAIN_ID, world.now, world.clients) is not None


def move(chain: Chain, contract: Contract, token_id: int, sender: int, to: int) -> None:
    accounts = chain.accounts
    chain.send(contract.functions.transferFrom(accounts[sender], accounts[to], token_id), sender=accounts[sender])


def names(user: User) -> list[str]:
    return [str(offer) for offer in offers_for(user)]


def test_the_receiver_takes_it_up_and_shows_it(
    world: World, chain: Chain, contract: Contract, alice: User, bob: User, claim: TokenClaim
) -> None:
    move(chain, contract, claim.token_id, 1, 2)
    look(world)
    assert (names(bob), names(alice)) == (["Blue hour"], [])
    chain.finalize()
    theirs = world.verify_and_fetch(take_up(bob, offers_for(bob)[0].pk, world.now))
    assert theirs.state == "owned"
    assert shown(bob, world.now).mark
    assert names(bob) == []


def test_what_is_not_wanted_is_not_offered_again_until_it_comes_again(
    world: World, chain: Chain, contract: Contract, bob: User, claim: TokenClaim
) -> None:
    move(chain, contract, claim.token_id, 1, 2)
    look(world)
    decline(bob, offers_for(bob)[0].pk, world.now)
    look(world)
    assert names(bob) == []
    move(chain, contract, claim.token_id, 2, 3)
    look(world)
    move(chain, contract, claim.token_id, 3, 2)
    look(world)
    assert names(bob) == ["Blue hour"]


def test_what_went_on_to_somebody_else_is_no_longer_offered(
    world: World, chain: Chain, contract: Contract, bob: User, claim: TokenClaim
) -> None:
    move(chain, contract, claim.token_id, 1, 2)
    look(world)
    move(chain, contract, claim.token_id, 2, 3)
    look(world)
    assert names(bob) == []


def test_a_reorg_takes_the_offer_back(
    world: World, chain: Chain, contract: Contract, bob: User, claim: TokenClaim
) -> None:
    move(chain, contract, claim.token_id, 1, 2)
    look(world)
    chain.reorg(1)
    chain.mine()
    look(world)
    assert names(bob) == []


def test_what_nobody_here_had_listed_is_not_offered(
    world: World, chain: Chain, contract: Contract, bob: User, claim: TokenClaim
) -> None:
    mint(chain, contract, chain.accounts[2], "ipfs://spam")
    look(world)
    assert names(bob) == []


def test_an_offer_is_for_its_receiver_alone_and_the_page_shows_it(
    world: World,
    chain: Chain,
    contract: Contract,
    alice: User,
    bob: User,
    claim: TokenClaim,
    client: Client,
    settings: Any,
) -> None:
    move(chain, contract, claim.token_id, 1, 2)
    look(world)
    offer = ReceivedToken.objects.get()
    with pytest.raises(NotYours):
        take_up(alice, offer.pk, world.now)
    client.force_login(bob)
    assert b"You received Blue hour" in client.get(reverse("nft:tokens")).content
    client.post(reverse("nft:received_decline", args=[offer.pk]))
    assert b"You received" not in client.get(reverse("nft:tokens")).content
    client.force_login(alice)
    assert client.post(reverse("nft:received_use", args=[offer.pk])).status_code == 404
