"""Pages of claims: unchanged ones are renewed in bulk, changed ones are applied one by one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from web3.contract import Contract

from nft.accounts.linking import unlink_account
from nft.claims import sweeping
from nft.claims.batches import check_together
from nft.claims.claiming import create_claim
from nft.claims.sweeping import Lane, check_page, find_due, sweep_claims, sweep_page
from nft.clients.bundle import Clients
from nft.clients.evm.chain import ChainClient
from nft.core.evm.address import parse_address
from nft.models import TokenClaim, WatchedChain
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from profiles.testing.people import a_picture
from tests.kit.claims import COUNT, mint_tokens, verified_claims
from tests.kit.world import World, person, put_multicall, shown, sweep
from tests.servers.redis import RedisServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract(chain: Chain) -> Contract:
    return mint_tokens(chain)


def shown_too(user: User, claim: TokenClaim, at: Any) -> None:
    """Give a claim its picture."""
    from profiles.people.profiles import profile_of
    from profiles.pictures.history import AvatarDetails, set_avatar

    details = AvatarDetails(attested_at=at, provenance={"asset_id": str(claim.token_id)})
    claim.avatar = set_avatar(profile_of(user), a_picture(), "nft", details=details, actor=user)
    claim.save()


def test_unchanged_claims_renew_mark_and_receipt(world: World, alice: User, contract: Contract) -> None:
    claims = verified_claims(world, alice, contract)
    shown_too(alice, claims[0], claims[0].checked_at)
    world.later(minutes=50)
    assert not shown(alice, world.later(minutes=0)).mark
    assert sweep(world) == COUNT
    assert set(TokenClaim.objects.values_list("state", "checked_at", "attempt")) == {("owned", world.now, None)}
    front = shown(alice, world.now)
    assert front.mark
    assert front.provenance is not None
    assert front.provenance["block_number"] == world.client.confirmed_block().number
    assert front.provenance["checked_at"] == world.now.isoformat()
    due = {claim.due_at or world.now for claim in TokenClaim.objects.all()}
    assert world.now < min(due) <= max(due) <= world.now + timedelta(seconds=900)


def test_a_lost_token_changes_only_its_own_claim(world: World, chain: Chain, alice: User, contract: Contract) -> None:
    claims = verified_claims(world, alice, contract)
    shown_too(alice, claims[3], world.now)
    chain.send(
        contract.functions.transferFrom(chain.accounts[1], chain.accounts[2], claims[3].token_id),
        sender=chain.accounts[1],
    )
    chain.send(contract.functions.burn(claims[5].token_id), sender=chain.accounts[1])
    chain.finalize()
    sweep(world)
    sweep(world)  # the burned one's contract refuses to answer, which needs a closer look
    lost = TokenClaim.objects.filter(state="not_owned").order_by("token_id")
    assert {claim.token_id: claim.reason for claim in lost} == {4: "held_by_other", 6: "no_such_token"}
    assert TokenClaim.objects.filter(state="owned").count() == COUNT - 2
    assert shown(alice, world.now).avatar is None


def test_a_returned_token_is_found_by_the_page(world: World, chain: Chain, alice: User, contract: Contract) -> None:
    claims = verified_claims(world, alice, contract, 2)
    TokenClaim.objects.filter(pk=claims[0].pk).update(state="not_owned", reason="held_by_other", account=None)
    sweep(world)
    claims[0].refresh_from_db()
    assert (claims[0].state, claims[0].account) == ("owned", alice.nft_linked_accounts.get())


def test_an_unreachable_chain_takes_no_mark_and_is_retried_soon(world: World, alice: User, contract: Contract) -> None:
    verified_claims(world, alice, contract)
    with world.dead_chain():
        sweep(world)
    assert set(TokenClaim.objects.values_list("state", "due_at", "attempt")) == {
        ("owned", world.now + timedelta(seconds=30), None)
    }


def test_a_stuck_node_renews_nothing_and_the_admin_shows_why(
    world: World, chain: Chain, alice: User, contract: Contract, admin_client: Client
) -> None:
    verified_claims(world, alice, contract)
    late = ChainClient(CHAIN_ID, [chain.url], "finalized", max_block_age=60, clock=lambda: time.time() + 7200)
    with world.other_chain(late):
        sweep(world)
    assert not TokenClaim.objects.filter(checked_at=world.now).exists()
    assert "s old" in WatchedChain.objects.get().alarm
    assert b"s old" in admin_client.get(reverse("admin:nft_watchedchain_changelist")).content


def test_a_claim_known_from_a_later_block_waits_and_blocks_no_other(
    world: World, alice: User, contract: Contract
) -> None:
    claims = verified_claims(world, alice, contract)
    TokenClaim.objects.filter(pk=claims[0].pk).update(checked_block_number=10**6)
    sweep(world)
    assert TokenClaim.objects.filter(checked_at=world.now).count() == COUNT - 1
    claims[0].refresh_from_db()
    assert (claims[0].state, claims[0].due_at) == ("owned", world.now + timedelta(seconds=30))


def test_an_account_unlinked_while_its_page_is_read_gets_no_renewal(
    world: World, alice: User, contract: Contract
) -> None:
    claims = verified_claims(world, alice, contract)
    shown_too(alice, claims[0], world.now)

    def unlinking(_: int) -> ChainClient:
        unlink_account(alice, alice.nft_linked_accounts.get().pk, world.now)
        return world.client

    with world.chain_by(unlinking):
        sweep_page(CHAIN_ID, world.now, world.clients, alone=False)
    assert set(TokenClaim.objects.values_list("state", flat=True)) == {"not_owned"}
    assert not shown(alice, world.now).mark


def test_a_page_costs_as_many_queries_as_a_claim(world: World, alice: User, contract: Contract) -> None:
    def queries(count: int) -> int:
        TokenClaim.objects.all().delete()
        verified_claims(world, alice, contract, count)
        with CaptureQueriesContext(
            connection,
        ) as caught:
            sweep_page(CHAIN_ID, world.now, world.clients, alone=False)
        assert TokenClaim.objects.filter(checked_at=world.now).count() == count
        return len(caught)

    assert queries(COUNT) == queries(1) <= 12


def test_pages_go_on_until_nothing_is_due_stalest_first(
    world: World, alice: User, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "PAGE", 5)
    claims = verified_claims(world, alice, contract)
    stale = [claim.pk for claim in claims[7:]]
    TokenClaim.objects.filter(pk__in=stale).update(due_at=world.now - timedelta(minutes=1))
    assert find_due(world.now) == [(CHAIN_ID, Lane.SWEEP)]
    assert sweep_page(CHAIN_ID, world.now, world.clients, alone=False)
    assert set(TokenClaim.objects.filter(checked_at=world.now).values_list("pk", flat=True)) == set(stale)
    assert sweep_page(CHAIN_ID, world.now, world.clients, alone=False)
    assert not sweep_page(CHAIN_ID, world.now, world.clients, alone=False)
    assert find_due(world.now) == []


def test_a_queue_that_loses_its_messages_loses_no_job(
    world: World, chain: Chain, alice: User, redis_server: RedisServer, django_capture_on_commit_callbacks: Any
) -> None:
    """A contract that names Alice as the owner of every token saves a thousand mints."""
    put_multicall(chain)
    everything = f"0x{'00' * 19}e0"
    answer = f"0x73{chain.accounts[1][2:]}60005260206000f3"  # PUSH20, MSTORE, RETURN
    chain.rpc("anvil_setCode", everything, answer)
    chain.finalize()
    verified_claims(world, alice, everything, 1000)
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(3):
            sweep_claims(world.now)
    with redis_server.client() as redis:
        assert redis.llen("claims") == 1, "what waits is not queued again"
        redis.flushall()
    assert sweep(world) == 1000
    assert TokenClaim.objects.filter(state="owned", checked_at=world.now, attempt=None).count() == 1000


def test_a_contract_that_breaks_batches_is_kept_out_of_them(
    world: World, chain: Chain, alice: User, contract: Contract
) -> None:
    claims = verified_claims(world, alice, contract)
    burner = parse_address(chain.deploy("OddBurnsGas").address)
    chain.finalize()
    TokenClaim.objects.filter(pk=claims[2].pk).update(contract=burner)
    sweep(world)
    claims[2].refresh_from_db()
    assert (claims[2].spoils_batches, claims[2].is_checked_alone, claims[2].state) == (True, True, "owned")
    sweep(world)
    claims[2].refresh_from_db()
    assert (claims[2].state, claims[2].is_checked_alone) == ("not_owned", True)
    assert TokenClaim.objects.filter(state="owned", checked_at=world.now).count() == COUNT - 1


def test_a_page_whose_worker_crashed_comes_due_again(world: World, alice: User, contract: Contract) -> None:
    verified_claims(world, alice, contract)

    def dying(_: int) -> ChainClient:
        raise KeyboardInterrupt

    with world.chain_by(dying), pytest.raises(KeyboardInterrupt):
        sweep_page(CHAIN_ID, world.now, world.clients, alone=False)
    assert find_due(world.now) == []
    world.later(minutes=4)
    assert sweep(world) == COUNT


def test_a_claim_that_crashes_workers_is_found_by_halves_and_all_others_are_checked(
    world: World, alice: User, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims = verified_claims(world, alice, contract)
    poison, sizes = claims[7].pk, []

    def check(chain_id: int, leased: Sequence[TokenClaim], now: datetime, clients: Clients) -> None:
        sizes.append(len(leased))
        if poison in {claim.pk for claim in leased}:
            raise KeyboardInterrupt  # as SIGKILL: nothing is recorded
        check_together(chain_id, leased, now, clients)

    def killed(chain_id: int) -> ChainClient:
        if TokenClaim.objects.filter(pk=poison, attempt__isnull=False, due_at__gt=world.now).exists():
            raise KeyboardInterrupt
        return world.client

    monkeypatch.setattr(sweeping, "check_together", check)
    with world.chain_by(killed):
        while not TokenClaim.objects.filter(gave_up_at__isnull=False).exists():
            try:
                sweep(world)
            except KeyboardInterrupt:
                world.later(minutes=2)
    assert sizes[:3] == [12, 6, 3]
    assert sizes.count(1) <= 4, "halves, not one by one"
    assert [claim.pk for claim in TokenClaim.objects.filter(gave_up_at__isnull=False)] == [poison]
    others = TokenClaim.objects.exclude(pk=poison)
    assert others.filter(state="owned", crashes=0, checked_at__gt=claims[0].due_at).count() == COUNT - 1


def test_a_check_by_a_clock_that_is_late_is_not_recorded_older_than_the_one_that_stands(
    world: World, alice: User, contract: Contract
) -> None:
    claims = verified_claims(world, alice, contract)
    stands = world.now - timedelta(minutes=1)
    shown_too(alice, claims[0], stands)
    TokenClaim.objects.update(checked_at=stands, due_at=world.now - timedelta(hours=1))
    sweep_page(CHAIN_ID, stands - timedelta(minutes=4), world.clients, alone=False)
    assert set(TokenClaim.objects.values_list("checked_at", flat=True)) == {stands}
    assert shown(alice, world.now).mark


def test_claims_of_many_people_are_answered_in_fair_shares(
    world: World, chain: Chain, alice: User, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "PAGE_ASKED", 4)
    asked = {"state": "pending", "standard": "", "account": None, "checked_at": None}
    verified_claims(world, alice, contract)
    TokenClaim.objects.update(asked_at=world.now, due_at=world.now - timedelta(minutes=5), **asked)
    bob = person("bob", chain.accounts[2])
    his = create_claim(bob, f"{contract.address} 1", world.now)
    assert check_page(CHAIN_ID, Lane.ASKED, world.now, world.clients)
    his.refresh_from_db()
    assert (his.state, his.reason) == ("not_owned", "held_by_other")
    assert TokenClaim.objects.filter(user=alice, state="owned").count() == 3
    assert find_due(world.now) == [(CHAIN_ID, Lane.ASKED)], "the sweep leaves them alone"
