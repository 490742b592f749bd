"""Real workers, beats and listeners, killed while at work: every job ends, and ends once."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone
from eth_utils.address import to_checksum_address

from localstack.processes import free_port
from nft.claims.claiming import create_claim
from nft.models import ClaimCheck, ClaimPicture, TokenClaim, WatchedChain
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from nft.watching.watcher import watch_chain
from profiles.models import Avatar
from tests.kit.world import World, claim_of, deploy_avatar_token, make_world, mint, person, pinned_metadata
from tests.servers.faults import Fault, FaultyProxy, faulty
from tests.servers.redis import RedisServer
from tests.servers.workers import Programs

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 60.0
HANGS = Fault("POST", seconds=9.0)
"""Shorter than the timeout of a node, so that a hanging request here is no outage."""


@pytest.fixture
def world(chain: Chain) -> World:
    world = make_world(chain)
    world.now = timezone.now()
    return world


@pytest.fixture
def node(chain: Chain, programs: Programs) -> Iterator[FaultyProxy]:
    """The node as the programs reach it, through a proxy that can hang."""
    with faulty(chain.url) as proxy:
        programs.use_chain(proxy.url)
        yield proxy
        programs.end()


def wait_for(what: Callable[[], object]) -> None:
    ends_at = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < ends_at, "it did not come to that"
        time.sleep(0.05)


def redeliver(redis: RedisServer) -> int:
    """Deliver again the messages of killed workers, as the broker does in time. Return how many there were."""
    with redis.client() as client:
        lost = client.hgetall("unacked")
        for tag, entry in lost.items():
            message, _exchange, routing_key = json.loads(entry)
            client.rpush(routing_key, json.dumps(message))
            client.hdel("unacked", tag)
    return len(lost)


def let_leases_end() -> None:
    """Let every lease run out."""
    now = timezone.now()
    TokenClaim.objects.filter(attempt__isnull=False).update(due_at=now)
    ClaimPicture.objects.filter(attempt__isnull=False).update(due_at=now)


def two_of_everything(programs: Programs) -> None:
    programs.settings["NFT_SWEEP_PERIOD"] = "1"  # both beats sweep every second
    for start in (programs.start_worker, programs.start_beat) * 2:
        start()


def is_done(claim: TokenClaim) -> bool:
    claim.refresh_from_db()
    return (claim.state, claim.step) == ("owned", "done")


def assert_done_once(claim: TokenClaim) -> None:
    assert claim.crashes == 0
    assert Avatar.objects.filter(profile__user=claim.user).count() == 1
    assert list(ClaimCheck.objects.filter(claim=claim).values_list("verdict", flat=True)) == ["owned"]
    assert claim.user.avatar_profile.audit_entries.filter(action__startswith="avatar").count() == 1


def test_a_check_and_a_picture_of_killed_workers_are_done_once_by_others(
    world: World, chain: Chain, alice: User, programs: Programs, node: FaultyProxy, redis_server: RedisServer
) -> None:
    contract = deploy_avatar_token(chain)
    hers, his = (mint(chain, contract, chain.accounts[holder], pinned_metadata()) for holder in (1, 2))
    fetched = world.verify(create_claim(alice, f"{contract.address} {hers}", world.now))  # has its picture fetched
    checked = create_claim(person("bob", chain.accounts[2]), f"{contract.address} {his}", world.now)
    node.faults.append(HANGS)
    killed = programs.start_worker()
    in_the_middle = TokenClaim.objects.filter(Q(attempt__isnull=False) | Q(picture__attempt__isnull=False))
    wait_for(lambda: len(node.seen) >= 2 and set(in_the_middle) == {fetched, checked})
    killed.kill()
    node.faults.clear()
    let_leases_end()
    two_of_everything(programs)
    assert redeliver(redis_server) >= 2
    wait_for(lambda: is_done(fetched) and is_done(checked))
    assert_done_once(fetched)
    assert_done_once(checked)


@pytest.fixture
def shown_claim(world: World, chain: Chain, alice: User) -> TokenClaim:
    contract = deploy_avatar_token(chain)
    claim = claim_of(world, alice, contract, mint(chain, contract, chain.accounts[1], pinned_metadata()))
    watch_chain(CHAIN_ID, world.now, world.clients)
    assert claim.avatar is not None
    assert not claim.avatar.is_doubted
    return claim


def send_away(chain: Chain, claim: TokenClaim) -> None:
    contract = chain.contract("AvatarToken", to_checksum_address(claim.contract))
    transfer = contract.functions.transferFrom(chain.accounts[1], chain.accounts[2], claim.token_id)
    chain.send(transfer, sender=chain.accounts[1])


def is_doubted(claim: TokenClaim) -> bool:
    assert claim.avatar_id is not None
    return Avatar.objects.filter(pk=claim.avatar_id, is_doubted=True).exists()


def test_a_block_announced_by_websocket_hides_the_mark_long_before_the_next_run(
    world: World, chain: Chain, shown_claim: TokenClaim, programs: Programs
) -> None:
    programs.settings["NFT_WATCH_PERIOD"] = "3600"
    programs.use_chain(chain.url, ws_url=chain.url.replace("http://", "ws://"))
    programs.start_worker()
    programs.start_beat()
    programs.start_listener()
    wait_for(lambda: WatchedChain.objects.get().head_at != world.now)  # it runs once when the listener connects
    send_away(chain, shown_claim)
    wait_for(lambda: is_doubted(shown_claim))


def test_with_a_broken_websocket_beat_still_starts_the_watcher(
    chain: Chain, shown_claim: TokenClaim, programs: Programs
) -> None:
    programs.settings["NFT_WATCH_PERIOD"] = "1"
    programs.use_chain(chain.url, ws_url=f"ws://127.0.0.1:{free_port()}")
    listener = programs.start_listener()
    programs.start_worker()
    programs.start_beat()
    send_away(chain, shown_claim)
    wait_for(lambda: is_doubted(shown_claim))
    assert listener.exit_code is None
