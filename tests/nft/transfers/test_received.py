"""A person who receives a token that was shown here is asked whether to show it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from web3.contract import Contract

from nft.errors import NotYours
from nft.gallery.moves import check_moved
from nft.models import ReceivedToken, TokenClaim
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from nft.transfers.received import accept_received, decline_received, get_received
from nft.watching.watcher import watch_chain
from profiles.models import Notice, Profile
from tests.kit.world import World, mint, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim(world: World, bob: User, claim: TokenClaim) -> TokenClaim:
    """Alice's claim. Its chain is watched from here on."""
    watch(world)
    return claim


def watch(world: World) -> None:
    assert watch_chain(CHAIN_ID, world.now, world.clients) is not None


def transfer(chain: Chain, contract: Contract, token_id: int, sender: int, to: int) -> None:
    accounts = chain.accounts
    chain.send(contract.functions.transferFrom(accounts[sender], accounts[to], token_id), sender=accounts[sender])


def unread(user: User) -> int:
    return Profile.objects.get(user=user).unread_notices


def bell(client: Client) -> str:
    """Return what a screen reader says of the bell."""
    found = re.search(r'class="bell"[^>]*aria-label="([^"]*)"', client.get("/").content.decode())
    return found[1] if found else ""


def names(user: User) -> list[str]:
    return [str(received) for received in get_received(user)]


def test_the_receiver_accepts_and_shows_it(
    world: World, chain: Chain, contract: Contract, alice: User, bob: User, claim: TokenClaim
) -> None:
    transfer(chain, contract, claim.token_id, 1, 2)
    watch(world)
    assert (names(bob), names(alice)) == (["Blue hour"], [])
    told = Notice.objects.get(profile__user=bob)
    assert (told.kind, told.facts["name"], told.is_on_site) == ("received", "Blue hour", True)
    assert told.facts["sender"].startswith("0x")
    assert unread(bob) == 1
    chain.finalize()
    theirs = world.verify_and_fetch(accept_received(bob, get_received(bob)[0].pk, world.now))
    assert theirs.state == "owned"
    assert shown(bob, world.now).mark
    assert names(bob) == []
    assert unread(bob) == 0
    watch(world)
    assert Notice.objects.filter(kind="received").count() == 1


def test_the_receiver_shows_it_with_one_click_on_any_page(
    world: World, chain: Chain, contract: Contract, alice: User, bob: User, claim: TokenClaim, client: Client
) -> None:
    client.force_login(bob)
    assert "unread" not in bell(client)
    transfer(chain, contract, claim.token_id, 1, 2)
    watch(world)
    page = client.get("/settings/profile/").content.decode()
    assert "Notices, 1 unread" in bell(client)
    assert client.get("/notices/unread/").json() == {"unread": 1}
    assert re.search(r"0x\w{4}…\w{4} sent it to you\.", page)
    (address,) = re.findall(r'action="(/settings/tokens/received/\d+/use/)"', page)
    chain.finalize()
    assert client.post(address).status_code == 302  # the one click
    world.verify_and_fetch(bob.nft_token_claims.get())
    assert shown(bob, world.now).mark
    assert "unread" not in bell(client)
    assert address not in client.get("/notices/").content.decode()


def test_a_declined_token_is_asked_about_again_only_if_it_is_received_again(
    world: World, chain: Chain, contract: Contract, bob: User, claim: TokenClaim
) -> None:
    transfer(chain, contract, claim.token_id, 1, 2)
    watch(world)
    decline_received(bob, get_received(bob)[0].pk, world.now)
    watch(world)
    assert names(bob) == []
    transfer(chain, contract, claim.token_id, 2, 3)
    watch(world)
    transfer(chain, contract, claim.token_id, 3, 2)
    watch(world)
    assert names(bob) == ["Blue hour"]


def test_a_token_sent_on_is_no_longer_asked_about(
    world: World, chain: Chain, contract: Contract, bob: User, claim: TokenClaim
) -> None:
    transfer(chain, contract, claim.token_id, 1, 2)
    watch(world)
    transfer(chain, contract, claim.token_id, 2, 3)
    watch(world)
    assert names(bob) == []
    assert (unread(bob), Notice.objects.filter(kind="received").count()) == (0, 1)


def test_a_reorg_deletes_what_was_received(
    world: World, chain: Chain, contract: Contract, bob: User, claim: TokenClaim
) -> None:
    transfer(chain, contract, claim.token_id, 1, 2)
    watch(world)
    chain.reorg(1)
    chain.mine()
    watch(world)
    assert names(bob) == []
    assert (unread(bob), Notice.objects.filter(kind="received").count()) == (0, 0)


def test_a_token_that_nobody_had_listed_is_not_asked_about(
    world: World, chain: Chain, contract: Contract, bob: User, claim: TokenClaim
) -> None:
    mint(chain, contract, chain.accounts[2], "ipfs://spam")
    watch(world)
    assert names(bob) == []


def test_only_the_receiver_is_asked_and_the_page_shows_it(
    world: World,
    chain: Chain,
    contract: Contract,
    alice: User,
    bob: User,
    claim: TokenClaim,
    client: Client,
    settings: Any,
) -> None:
    transfer(chain, contract, claim.token_id, 1, 2)
    watch(world)
    received = ReceivedToken.objects.get()
    with pytest.raises(NotYours):
        accept_received(alice, received.pk, world.now)
    client.force_login(bob)
    assert [entry.pill.label for entry in client.get(reverse("nft:tokens")).context["entries"]] == ["Arriving"]
    chain.finalize()
    watch(world)
    check_moved(CHAIN_ID, world.later(minutes=1), world.clients)
    assert [entry.pill.label for entry in client.get(reverse("nft:tokens")).context["entries"]] == ["New"]
    client.post(reverse("nft:received_decline", args=[received.pk]))
    assert [entry.pill for entry in client.get(reverse("nft:tokens")).context["entries"]] == [None]
    client.force_login(alice)
    assert client.post(reverse("nft:received_use", args=[received.pk])).status_code == 404
