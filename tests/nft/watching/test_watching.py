"""A transfer in the newest block takes the mark at once; the confirmed block decides; a reorg gives it back."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from web3.contract import Contract

from nft.claims.claiming import create_claim, remove_claim
from nft.clients.clients import Clients
from nft.clients.evm.chain import ChainClient
from nft.core.evm.address import parse_address
from nft.models import TokenClaim, WatchedChain
from nft.tokens.alarms import raise_alarm
from nft.watching import transfers_seen, watcher
from nft.watching.watcher import Watch, watch_chain
from tests.kit.fake_node import relaying_node
from tests.kit.world import World, claim_of, mint, pinned_metadata, shown, sweep
from tests.servers.chain import CHAIN_ID, Chain

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim(world: World, alice: User, claim: TokenClaim) -> TokenClaim:
    """Alice's, shown with its mark, and watched from here on."""
    look(world)
    assert shown(alice, world.now).mark
    return claim


def look(world: World) -> Watch:
    watch = watch_chain(CHAIN_ID, world.now, world.clients)
    assert watch is not None
    return watch


def has_mark(world: World, user: User) -> bool:
    return shown(user, world.now).mark


def move(chain: Chain, contract: Contract, token_id: int, sender: int = 1, to: int = 2) -> None:
    accounts = chain.accounts
    chain.send(contract.functions.transferFrom(accounts[sender], accounts[to], token_id), sender=accounts[sender])


def test_a_transfer_at_the_head_hides_the_mark_and_its_confirmation_ends_it(
    world: World, chain: Chain, contract: Contract, alice: User, claim: TokenClaim, client: Client
) -> None:
    move(chain, contract, claim.token_id)
    assert look(world).doubted == 1
    front = shown(alice, world.now)
    assert (front.mark, front.avatar is not None) == (False, True), "the picture stays until it is settled"
    client.force_login(alice)
    page = client.get(reverse("nft:claim_detail", args=[claim.pk])).content.decode()
    assert "A transfer is on its way" in page
    assert "Verified" not in page
    world.later(minutes=16)
    sweep(world)
    assert not has_mark(world, alice), "a check of a block before the transfer settles nothing"
    chain.finalize()
    look(world)
    sweep(world)
    claim.refresh_from_db()
    assert (claim.state, claim.reason, claim.moved_at_block) == ("not_owned", "held_by_other", None)


def test_a_reorg_that_undoes_the_transfer_brings_the_mark_back(
    world: World, chain: Chain, contract: Contract, alice: User, claim: TokenClaim
) -> None:
    move(chain, contract, claim.token_id)
    look(world)
    assert not has_mark(world, alice)
    chain.reorg(1)
    chain.mine()
    look(world)
    assert has_mark(world, alice)
    claim.refresh_from_db()
    assert (claim.state, claim.moved_at_block) == ("owned", None)


def test_a_reorg_that_brings_another_transfer_hides_the_mark(
    world: World, chain: Chain, contract: Contract, alice: User, claim: TokenClaim
) -> None:
    chain.send(contract.functions.setApprovalForAll(chain.accounts[5], True))
    look(world)
    data = contract.encode_abi("transferFrom", [chain.accounts[1], chain.accounts[2], claim.token_id])
    sent = {"from": chain.accounts[1], "to": contract.address, "data": data, "gas": hex(200_000)}
    chain.rpc("anvil_reorg", 1, [[sent, 0]])
    assert look(world).doubted == 1
    assert not has_mark(world, alice)


def test_a_doubt_outlives_the_claim_that_had_it_and_still_ends(
    world: World, chain: Chain, contract: Contract, alice: User, claim: TokenClaim
) -> None:
    """To take a token off one's list and ask for it anew brings no mark back early, and does not end it for good."""
    move(chain, contract, claim.token_id)
    look(world)
    remove_claim(alice, claim.pk)
    again = claim_of(world, alice, contract, claim.token_id)
    assert again.state == "owned", "by the confirmed block, which is before the transfer"
    assert not has_mark(world, alice)
    move(chain, contract, claim.token_id, 2, 1)
    chain.finalize()
    world.later(minutes=16)
    sweep(world)
    assert has_mark(world, alice)


def test_a_token_that_went_and_came_back_is_settled_with_its_mark(
    world: World, chain: Chain, contract: Contract, alice: User, claim: TokenClaim
) -> None:
    move(chain, contract, claim.token_id)
    move(chain, contract, claim.token_id, 2, 1)
    look(world)
    assert not has_mark(world, alice)
    chain.finalize()
    look(world)
    sweep(world)
    assert has_mark(world, alice)


def test_a_token_that_comes_home_is_looked_at_at_once(
    world: World, chain: Chain, contract: Contract, alice: User, claim: TokenClaim
) -> None:
    move(chain, contract, claim.token_id)
    chain.finalize()
    look(world)
    sweep(world)
    move(chain, contract, claim.token_id, 2, 1)
    chain.finalize()
    look(world)
    claim.refresh_from_db()
    assert (claim.due_at or world.now) <= world.now
    sweep(world)
    assert has_mark(world, alice)


def test_copies_sent_by_others_raise_no_doubt(world: World, chain: Chain, alice: User) -> None:
    editions = chain.deploy("DemoEditions", pinned_metadata())
    for holder in (1, 3):
        chain.send(editions.functions.mint(chain.accounts[holder], 5, 2))
    chain.finalize()
    claim_of(world, alice, editions, 5)
    look(world)
    one_copy = editions.functions.safeTransferFrom
    chain.send(one_copy(chain.accounts[3], chain.accounts[4], 5, 1, b""), sender=chain.accounts[3])
    assert look(world).doubted == 0
    chain.send(one_copy(chain.accounts[1], chain.accounts[4], 5, 2, b""), sender=chain.accounts[1])
    assert look(world).doubted == 1
    assert not has_mark(world, alice)


def test_a_vault_that_takes_its_delegation_back_hides_the_mark(
    world: World, chain: Chain, contract: Contract, alice: User
) -> None:
    registry = chain.deploy("DemoDelegateRegistry")
    client = ChainClient(CHAIN_ID, [chain.url], "finalized", delegate_registry=parse_address(registry.address))
    world.clients = Clients(lambda _: client, world.clients.ipfs, world.clients.http)
    token_id = mint(chain, contract, chain.accounts[2], pinned_metadata())
    chain.send(registry.functions.delegateAll(chain.accounts[1], bytes(32), True), sender=chain.accounts[2])
    chain.finalize()
    claim_of(world, alice, contract, token_id)
    look(world)
    chain.send(registry.functions.delegateAll(chain.accounts[3], bytes(32), False), sender=chain.accounts[2])
    assert look(world).doubted == 0
    chain.send(registry.functions.delegateAll(chain.accounts[1], bytes(32), False), sender=chain.accounts[2])
    assert look(world).doubted == 1
    assert not has_mark(world, alice)


def test_what_happened_while_nobody_watched_is_read_later(
    world: World, chain: Chain, contract: Contract, alice: User, claim: TokenClaim
) -> None:
    move(chain, contract, claim.token_id)
    with world.dead_chain():
        assert look(world) == Watch()
    chain.mine(150)
    cursor = WatchedChain.objects.get()
    assert "reached" in cursor.last_error or "answers" in cursor.last_error
    watch = look(world)
    assert (watch.doubted, watch.is_behind) == (1, False)
    assert watch.blocks > 150
    assert WatchedChain.objects.get().blocks_behind == 0


def test_a_node_that_refuses_wide_ranges_is_asked_for_narrow_ones(
    world: World, chain: Chain, contract: Contract, alice: User, claim: TokenClaim
) -> None:
    move(chain, contract, claim.token_id)
    chain.mine(60)

    def too_wide(asked: Any) -> bool:
        if asked["method"] != "eth_getLogs":
            return False
        query = asked["params"][0]
        return int(query["toBlock"], 16) - int(query["fromBlock"], 16) >= 10

    with (
        relaying_node(chain, refuse=too_wide) as (url, seen),
        world.other_chain(ChainClient(CHAIN_ID, [url], "finalized")),
    ):
        watch = look(world)
    assert (watch.doubted, watch.is_behind) == (1, False)
    assert sum(asked["method"] == "eth_getLogs" for asked in seen) < 30


def test_only_one_watcher_is_at_work_and_a_dead_one_is_replaced(
    world: World, chain: Chain, contract: Contract, claim: TokenClaim
) -> None:
    move(chain, contract, claim.token_id)
    soon = world.now + timedelta(seconds=60)
    WatchedChain.objects.update(attempt=uuid.uuid4(), due_at=soon)
    assert watch_chain(CHAIN_ID, world.now, world.clients) is None
    world.later(seconds=61)
    assert look(world).doubted == 1


def test_an_alarm_before_the_first_look_holds_no_watcher_up(world: World, chain: Chain) -> None:
    raise_alarm(CHAIN_ID, "A node lies.", world.now)
    assert look(world).blocks >= 0
    assert WatchedChain.objects.get().alarm == "A node lies."


def test_a_watcher_that_fails_for_a_reason_of_ours_is_listed_and_goes_on(
    world: World, chain: Chain, contract: Contract, claim: TokenClaim, monkeypatch: pytest.MonkeyPatch
) -> None:
    move(chain, contract, claim.token_id)
    with monkeypatch.context() as patch:
        patch.setattr(watcher, "note_logs", lambda *_: 1 / 0)
        for _ in range(5):
            assert look(world) == Watch()
            world.later(seconds=90)
    stuck = WatchedChain.objects.get()
    assert (stuck.gave_up_at is not None, "ZeroDivisionError" in stuck.last_error) == (True, True)
    assert look(world).doubted == 1
    assert WatchedChain.objects.get().gave_up_at is None


def test_a_watcher_taken_for_dead_moves_nothing(
    world: World, chain: Chain, contract: Contract, alice: User, claim: TokenClaim, monkeypatch: pytest.MonkeyPatch
) -> None:
    move(chain, contract, claim.token_id)
    before = WatchedChain.objects.get().next_block
    note = transfers_seen.note_logs

    def overtaken(*facts: Any) -> int:
        WatchedChain.objects.update(attempt=uuid.uuid4())
        return note(*facts)

    monkeypatch.setattr(watcher, "note_logs", overtaken)
    assert look(world) == Watch()
    assert WatchedChain.objects.get().next_block == before
    assert has_mark(world, alice), "what it saw is left to the other"


def test_a_token_seen_leaving_while_its_picture_is_fetched_gets_no_mark(
    world: World, chain: Chain, contract: Contract, alice: User
) -> None:
    token_id = mint(chain, contract, chain.accounts[1], pinned_metadata())
    claim = world.verify(create_claim(alice, f"{contract.address} {token_id}", world.now))
    look(world)
    move(chain, contract, token_id)
    look(world)
    world.verify_and_fetch(claim)
    assert claim.avatar is not None
    assert not has_mark(world, alice)
