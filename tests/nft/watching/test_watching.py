"""A transfer in the newest block hides the mark at once; the confirmed block decides; a reorg restores it."""

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
from nft.clients.bundle import Clients
from nft.clients.evm.chain import ChainClient
from nft.core.evm.address import parse_address
from nft.models import TokenClaim, WatchedChain
from nft.testing.chain import Chain
from nft.testing.fake_node import relaying_node
from nft.testing.genesis import CHAIN_ID
from nft.tokens.alarms import raise_alarm
from nft.watching import transfers_seen, watcher
from nft.watching.watcher import WatchResult, watch_chain
from tests.kit.world import World, claim_of, mint, pinned_metadata, shown, sweep

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim(world: World, alice: User, claim: TokenClaim) -> TokenClaim:
    """Alice's claim, shown with its mark. Its chain is watched from here on."""
    watch(world)
    assert shown(alice, world.now).mark
    return claim


def watch(world: World) -> WatchResult:
    result = watch_chain(CHAIN_ID, world.now, world.clients)
    assert result is not None
    return result


def has_mark(world: World, user: User) -> bool:
    return shown(user, world.now).mark


def transfer(chain: Chain, contract: Contract, token_id: int, sender: int = 1, to: int = 2) -> None:
    accounts = chain.accounts
    chain.send(contract.functions.transferFrom(accounts[sender], accounts[to], token_id), sender=accounts[sender])


def test_a_transfer_in_the_newest_block_hides_the_mark_and_its_confirmation_ends_it(
    world: World, chain: Chain, contract: Contract, alice: User, claim: TokenClaim, client: Client
) -> None:
    transfer(chain, contract, claim.token_id)
    assert watch(world).doubted == 1
    front = shown(alice, world.now)
    assert (front.mark, front.avatar is not None) == (False, True), "the picture stays until the transfer is confirmed"
    client.force_login(alice)
    page = client.get(reverse("nft:claim_detail", args=[claim.pk])).content.decode()
    assert "A transfer is on its way" in page
    assert "Verified" not in page
    world.later(minutes=16)
    sweep(world)
    assert not has_mark(world, alice), "a check of a block before the transfer decides nothing"
    chain.finalize()
    watch(world)
    sweep(world)
    claim.refresh_from_db()
    assert (claim.state, claim.reason, claim.moved_at_block) == ("not_owned", "held_by_other", None)


def test_a_reorg_that_undoes_the_transfer_brings_the_mark_back(
    world: World, chain: Chain, contract: Contract, alice: User, claim: TokenClaim
) -> None:
    transfer(chain, contract, claim.token_id)
    watch(world)
    assert not has_mark(world, alice)
    chain.reorg(1)
    chain.mine()
    watch(world)
    assert has_mark(world, alice)
    claim.refresh_from_db()
    assert (claim.state, claim.moved_at_block) == ("owned", None)


def test_a_reorg_that_brings_another_transfer_hides_the_mark(
    world: World, chain: Chain, contract: Contract, alice: User, claim: TokenClaim
) -> None:
    chain.send(contract.functions.setApprovalForAll(chain.accounts[5], True))
    watch(world)
    data = contract.encode_abi("transferFrom", [chain.accounts[1], chain.accounts[2], claim.token_id])
    sent = {"from": chain.accounts[1], "to": contract.address, "data": data, "gas": hex(200_000)}
    chain.rpc("anvil_reorg", 1, [[sent, 0]])
    assert watch(world).doubted == 1
    assert not has_mark(world, alice)


def test_a_doubt_outlives_its_claim_and_still_ends(
    world: World, chain: Chain, contract: Contract, alice: User, claim: TokenClaim
) -> None:
    """Removing a claim and creating it anew neither restores the mark early nor loses it for good."""
    transfer(chain, contract, claim.token_id)
    watch(world)
    remove_claim(alice, claim.pk)
    again = claim_of(world, alice, contract, claim.token_id)
    assert again.state == "owned", "by the confirmed block, which is before the transfer"
    assert not has_mark(world, alice)
    transfer(chain, contract, claim.token_id, 2, 1)
    chain.finalize()
    world.later(minutes=16)
    sweep(world)
    assert has_mark(world, alice)


def test_a_token_sent_and_returned_keeps_its_mark_once_confirmed(
    world: World, chain: Chain, contract: Contract, alice: User, claim: TokenClaim
) -> None:
    transfer(chain, contract, claim.token_id)
    transfer(chain, contract, claim.token_id, 2, 1)
    watch(world)
    assert not has_mark(world, alice)
    chain.finalize()
    watch(world)
    sweep(world)
    assert has_mark(world, alice)


def test_a_returned_token_is_checked_at_once(
    world: World, chain: Chain, contract: Contract, alice: User, claim: TokenClaim
) -> None:
    transfer(chain, contract, claim.token_id)
    chain.finalize()
    watch(world)
    sweep(world)
    transfer(chain, contract, claim.token_id, 2, 1)
    chain.finalize()
    watch(world)
    claim.refresh_from_db()
    assert (claim.due_at or world.now) <= world.now
    sweep(world)
    assert has_mark(world, alice)


def test_erc1155_transfers_of_other_holders_raise_no_doubt(world: World, chain: Chain, alice: User) -> None:
    editions = chain.deploy("DemoEditions", pinned_metadata())
    for holder in (1, 3):
        chain.send(editions.functions.mint(chain.accounts[holder], 5, 2))
    chain.finalize()
    claim_of(world, alice, editions, 5)
    watch(world)
    one_copy = editions.functions.safeTransferFrom
    chain.send(one_copy(chain.accounts[3], chain.accounts[4], 5, 1, b""), sender=chain.accounts[3])
    assert watch(world).doubted == 0
    chain.send(one_copy(chain.accounts[1], chain.accounts[4], 5, 2, b""), sender=chain.accounts[1])
    assert watch(world).doubted == 1
    assert not has_mark(world, alice)


def test_a_revoked_delegation_hides_the_mark(world: World, chain: Chain, contract: Contract, alice: User) -> None:
    registry = chain.deploy("DemoDelegateRegistry")
    client = ChainClient(CHAIN_ID, [chain.url], "finalized", delegate_registry=parse_address(registry.address))
    world.clients = Clients(lambda _: client, world.clients.ipfs, world.clients.http)
    token_id = mint(chain, contract, chain.accounts[2], pinned_metadata())
    chain.send(registry.functions.delegateAll(chain.accounts[1], bytes(32), True), sender=chain.accounts[2])
    chain.finalize()
    claim_of(world, alice, contract, token_id)
    watch(world)
    chain.send(registry.functions.delegateAll(chain.accounts[3], bytes(32), False), sender=chain.accounts[2])
    assert watch(world).doubted == 0
    chain.send(registry.functions.delegateAll(chain.accounts[1], bytes(32), False), sender=chain.accounts[2])
    assert watch(world).doubted == 1
    assert not has_mark(world, alice)


def test_blocks_of_an_outage_are_read_later(
    world: World, chain: Chain, contract: Contract, alice: User, claim: TokenClaim
) -> None:
    transfer(chain, contract, claim.token_id)
    with world.dead_chain():
        assert watch(world) == WatchResult()
    chain.mine(150)
    cursor = WatchedChain.objects.get()
    assert "reached" in cursor.last_error or "answers" in cursor.last_error
    result = watch(world)
    assert (result.doubted, result.is_behind) == (1, False)
    assert result.blocks > 150
    assert WatchedChain.objects.get().blocks_behind == 0


def test_a_node_that_refuses_wide_ranges_is_asked_for_narrow_ones(
    world: World, chain: Chain, contract: Contract, alice: User, claim: TokenClaim
) -> None:
    transfer(chain, contract, claim.token_id)
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
        result = watch(world)
    assert (result.doubted, result.is_behind) == (1, False)
    assert sum(asked["method"] == "eth_getLogs" for asked in seen) < 30


def test_one_watcher_holds_the_lease_and_a_crashed_one_is_replaced(
    world: World, chain: Chain, contract: Contract, claim: TokenClaim
) -> None:
    transfer(chain, contract, claim.token_id)
    soon = world.now + timedelta(seconds=60)
    WatchedChain.objects.update(attempt=uuid.uuid4(), due_at=soon)
    assert watch_chain(CHAIN_ID, world.now, world.clients) is None
    world.later(seconds=61)
    assert watch(world).doubted == 1


def test_an_alarm_before_the_first_run_blocks_no_watcher(world: World, chain: Chain) -> None:
    raise_alarm(CHAIN_ID, "A node lies.", world.now)
    assert watch(world).blocks >= 0
    assert WatchedChain.objects.get().alarm == "A node lies."


def test_a_watcher_with_unexpected_errors_is_listed_and_retried(
    world: World, chain: Chain, contract: Contract, claim: TokenClaim, monkeypatch: pytest.MonkeyPatch
) -> None:
    transfer(chain, contract, claim.token_id)
    with monkeypatch.context() as patch:
        patch.setattr(watcher, "record_logs", lambda *_: 1 / 0)
        for _ in range(5):
            assert watch(world) == WatchResult()
            world.later(seconds=90)
    stuck = WatchedChain.objects.get()
    assert (stuck.gave_up_at is not None, "ZeroDivisionError" in stuck.last_error) == (True, True)
    assert watch(world).doubted == 1
    assert WatchedChain.objects.get().gave_up_at is None


def test_a_watcher_that_lost_its_lease_writes_nothing(
    world: World, chain: Chain, contract: Contract, alice: User, claim: TokenClaim, monkeypatch: pytest.MonkeyPatch
) -> None:
    transfer(chain, contract, claim.token_id)
    before = WatchedChain.objects.get().next_block
    record = transfers_seen.record_logs

    def overtaken(*facts: Any) -> int:
        WatchedChain.objects.update(attempt=uuid.uuid4())
        return record(*facts)

    monkeypatch.setattr(watcher, "record_logs", overtaken)
    assert watch(world) == WatchResult()
    assert WatchedChain.objects.get().next_block == before
    assert has_mark(world, alice), "what it saw is left to the other watcher"


def test_a_token_seen_leaving_while_its_picture_is_fetched_gets_no_mark(
    world: World, chain: Chain, contract: Contract, alice: User
) -> None:
    token_id = mint(chain, contract, chain.accounts[1], pinned_metadata())
    claim = world.verify(create_claim(alice, f"{contract.address} {token_id}", world.now))
    watch(world)
    transfer(chain, contract, token_id)
    watch(world)
    world.verify_and_fetch(claim)
    assert claim.avatar is not None
    assert not has_mark(world, alice)
