"""The list of held tokens follows mints, receipts and transfers by itself, and an outage takes nothing from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from web3.contract import Contract

from nft.core.evm.address import parse_address
from nft.core.evm.token import TokenStandard
from nft.gallery import holdings
from nft.gallery.holdings import MANY_CHECKS, record_found_tokens
from nft.gallery.moves import check_moved
from nft.gallery.sources import FoundToken
from nft.models import HeldToken, SentToken
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from nft.watching.watcher import watch_chain
from tests.kit.world import World, claim_of, deploy_avatar_token, mint, person, pinned_metadata, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract(world: World, chain: Chain, settings: Any) -> Contract:
    """The site's own collection, which the watcher reads from here on."""
    deployed = deploy_avatar_token(chain)
    settings.NFT_CHAINS = {CHAIN_ID: settings.NFT_CHAINS[CHAIN_ID] | {"avatar_contract": deployed.address}}
    chain.finalize()
    watch(world)
    return deployed


def watch(world: World) -> None:
    """Let the watcher look, and check what it asks for."""
    world.later(seconds=30)
    assert watch_chain(CHAIN_ID, world.now, world.clients) is not None
    check_moved(CHAIN_ID, world.now, world.clients)


def mint_unconfirmed(chain: Chain, contract: Contract, number: int, uri: str = "ipfs://x") -> None:
    chain.send(contract.functions.mint(chain.accounts[number], uri), sender=chain.accounts[number])


def transfer(chain: Chain, contract: Contract, token_id: int, sender: int, to: int) -> None:
    move = contract.functions.transferFrom(chain.accounts[sender], chain.accounts[to], token_id)
    chain.send(move, sender=chain.accounts[sender])


def held(user: User) -> dict[int, bool]:
    """Return whether each listed token is settled."""
    return {row.token_id: row.is_settled for row in HeldToken.objects.filter(account__user=user)}


def test_a_mint_is_listed_at_once_and_settled_when_confirmed(
    world: World, chain: Chain, contract: Contract, alice: User
) -> None:
    mint_unconfirmed(chain, contract, 1)
    watch(world)
    assert held(alice) == {1: False}, "it arrives"
    chain.finalize()
    watch(world)
    assert held(alice) == {1: True}


def test_a_transfer_moves_the_token_from_one_list_to_the_other(
    world: World, chain: Chain, contract: Contract, alice: User, bob: User
) -> None:
    mint(chain, contract, chain.accounts[1], pinned_metadata())
    watch(world)
    transfer(chain, contract, 1, 1, 2)
    watch(world)
    assert (held(alice), held(bob)) == ({1: False}, {1: False}), "on its way"
    with world.dead_chain():
        check_moved(CHAIN_ID, world.later(minutes=1), world.clients)
    assert (held(alice), held(bob)) == ({1: False}, {1: False}), "an outage decides nothing"
    chain.finalize()
    watch(world)
    assert (held(alice), held(bob)) == ({}, {1: True})
    sent = SentToken.objects.get(user=alice)
    assert (sent.recipient, sent.is_confirmed) == (parse_address(chain.accounts[2]), True)
    send(chain, contract, 1, 2, 1)
    watch(world)
    assert (held(alice), held(bob)) == ({1: True}, {})
    assert not SentToken.objects.filter(user=alice).exists(), "it came back"


def test_a_reorg_takes_back_what_was_seen(
    world: World, chain: Chain, contract: Contract, alice: User, bob: User
) -> None:
    mint(chain, contract, chain.accounts[1], "ipfs://x")
    watch(world)
    transfer(chain, contract, 1, 1, 2)
    watch(world)
    chain.reorg(1)
    chain.mine()
    watch(world)
    watch(world)
    assert (held(alice), held(bob)) == ({1: True}, {})
    assert not SentToken.objects.exists()


def test_all_accounts_of_a_person_are_followed_and_a_token_between_them_has_one_card(
    world: World, chain: Chain, contract: Contract, client: Client
) -> None:
    carol = person("carol", chain.accounts[1], chain.accounts[2])
    mint(chain, contract, chain.accounts[1], "ipfs://x")
    watch(world)
    transfer(chain, contract, 1, 1, 2)
    watch(world)
    assert HeldToken.objects.count() == 2
    client.force_login(carol)
    page = client.get(reverse("nft:tokens"))
    assert [entry.pill.label for entry in page.context["entries"]] == ["Arriving"]
    assert page.context["shelves"].main == 1
    chain.finalize()
    watch(world)
    assert [row.account.address for row in HeldToken.objects.all()] == [parse_address(chain.accounts[2])]


def test_copies_are_held_until_the_last_has_left(
    world: World, chain: Chain, contract: Contract, alice: User, settings: Any
) -> None:
    editions = chain.deploy("DemoEditions", "ipfs://x")
    settings.NFT_CHAINS = {CHAIN_ID: settings.NFT_CHAINS[CHAIN_ID] | {"collections": [editions.address]}}
    chain.send(editions.functions.mint(chain.accounts[1], 7, 3))
    chain.finalize()
    watch(world)

    def give(copies: int) -> None:
        move = editions.functions.safeTransferFrom(chain.accounts[1], chain.accounts[5], 7, copies, b"")
        chain.send(move, sender=chain.accounts[1])
        chain.finalize()
        watch(world)

    give(1)
    assert held(alice) == {7: True}
    give(2)
    assert held(alice) == {}


def test_a_claim_that_is_refused_takes_the_token_off_the_list(
    world: World, chain: Chain, contract: Contract, alice: User
) -> None:
    """Also if the watcher missed the transfer."""
    claim = claim_of(world, alice, contract, mint(chain, contract, chain.accounts[1], pinned_metadata()))
    watch(world)
    assert held(alice) == {1: True}
    send(chain, contract, 1, 1, 5)
    assert world.verify(claim).state == "not_owned"
    assert held(alice) == {}


def test_the_page_shows_a_claimed_token_once_and_hides_what_left_meanwhile(
    world: World, chain: Chain, contract: Contract, alice: User, browser: Client
) -> None:
    world.now = timezone.now()  # as pages tell the time themselves
    claim = claim_of(world, alice, contract, mint(chain, contract, chain.accounts[1], pinned_metadata()))
    watch(world)
    world.verify(claim)
    page = browser.get(reverse("nft:tokens"))
    assert [(entry.name, entry.pill.label) for entry in page.context["entries"]] == [("Blue hour", "In use")]
    assert str(claim.pk) in page.context["entries"][0].url
    stamp = browser.get(reverse("nft:held_progress")).json()["stamp"]
    assert f'data-stamp="{stamp}"' in page.text, "the page does not reload for what it shows"
    hide = reverse("nft:held_shelf", args=[HeldToken.objects.get().pk])
    transfer(chain, contract, 1, 1, 5)
    watch(world)
    assert browser.get(reverse("nft:held_progress")).json()["stamp"] != stamp
    assert "A transfer is on its way" in browser.get(reverse("nft:tokens")).text
    chain.finalize()
    watch(world)
    world.verify(claim)
    late = browser.post(hide, {"put": "hidden"})
    assert late.status_code == 404, "with a page that leads on"
    assert "You no longer hold this token." in late.text
    assert late.context["entries"] == []


def test_a_contract_that_never_answers_is_asked_rarely(
    world: World, chain: Chain, contract: Contract, alice: User
) -> None:
    mint_unconfirmed(chain, contract, 1)
    watch(world)
    chain.rpc("anvil_setCode", contract.address, "0x60016000f3")  # answers one byte to everything
    chain.finalize()
    for _ in range(MANY_CHECKS + 3):
        watch(world)
    row = HeldToken.objects.get()
    assert (row.is_settled, row.move_checks) == (False, MANY_CHECKS), "it is never taken for a no"
    before = row.checked_at
    watch(world)
    row.refresh_from_db()
    assert row.checked_at == before
    world.later(hours=1)
    watch(world)
    row.refresh_from_db()
    assert row.checked_at != before


def test_a_name_that_was_fetched_meanwhile_stays(alice: User, world: World) -> None:
    account = alice.nft_linked_accounts.get()
    found = FoundToken(b"\7" * 20, 7, TokenStandard.ERC721)
    record_found_tokens(account, CHAIN_ID, [found], world.now)
    update = holdings._update_row

    def fetched(row: HeldToken, *rest: Any) -> tuple[str, ...]:
        HeldToken.objects.update(name="Evening")  # by a worker, after the row was read
        return update(row, *rest)

    with mock.patch.object(holdings, "_update_row", fetched):
        record_found_tokens(account, CHAIN_ID, [replace(found, block=9)], world.now)
    row = HeldToken.objects.get()
    assert (row.name, row.logged_at_block) == ("Evening", 9)
