"""Checks as jobs: lost, doubled, overtaken, dead, and done once all the same."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User

from nft.clients.chain import ChainClient
from nft.models import TokenClaim
from nft.services.claim_media import TRIES, fetch_media
from nft.services.claims import (
    create_claim,
)
from nft.services.verification import verify_claim
from tests.servers.chain import Chain
from tests.servers.redis import RedisServer

from .world import (
    World,
    deploy_avatar_token,
    make_world,
    mint,
    person,
    pinned_metadata,
    sweep,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(chain: Chain) -> World:
    return make_world(chain)


@pytest.fixture
def alice(chain: Chain) -> User:
    return person("alice", chain.accounts[1])


# --- jobs --------------------------------------------------------------------------------------------------------


def test_a_job_delivered_twice_is_done_once(world: World, chain: Chain, alice: User) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[1], pinned_metadata())
    claim = create_claim(alice, f"{contract.address} {token_id}", world.now)
    assert verify_claim(claim.pk, world.now, world.doors) is not None
    assert verify_claim(claim.pk, world.now, world.doors) is None
    assert fetch_media(claim.pk, world.now, world.doors) is not None
    assert fetch_media(claim.pk, world.now, world.doors) is None
    assert alice.profile.avatars.count() == 1


def test_a_check_that_died_is_begun_again_after_its_lease(world: World, chain: Chain, alice: User) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[1], pinned_metadata())
    claim = create_claim(alice, f"{contract.address} {token_id}", world.now)

    def dying(chain_id: int) -> ChainClient:
        raise KeyboardInterrupt

    with world.chain_by(dying), pytest.raises(KeyboardInterrupt):
        verify_claim(claim.pk, world.now, world.doors)
    world.later(minutes=1)
    assert sweep(world) == 0
    world.later(minutes=3)
    assert sweep(world) == 1
    claim.refresh_from_db()
    assert claim.state == "owned"


def test_a_late_answer_of_a_dead_check_is_not_recorded(world: World, chain: Chain, alice: User) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[1], pinned_metadata())
    claim = create_claim(alice, f"{contract.address} {token_id}", world.now)

    def overtaken(chain_id: int) -> ChainClient:
        TokenClaim.objects.update(attempt=uuid.uuid4())
        return world.client

    with world.chain_by(overtaken):
        verify_claim(claim.pk, world.now, world.doors)
    claim.refresh_from_db()
    assert claim.state == "pending"


def test_the_sweep_finds_everything_due_stalest_first_and_passes_over_a_dead_chain(
    world: World, chain: Chain, alice: User
) -> None:
    contract = deploy_avatar_token(chain)
    for _ in range(3):
        mint(chain, contract, chain.accounts[1], pinned_metadata())
    made = [create_claim(alice, f"{contract.address} {token_id}", world.now) for token_id in (1, 2, 3)]
    with world.dead_chain():
        sweep(world)
    assert TokenClaim.objects.exclude(reason="").count() == 1, "the others were not made to wait for the same"
    world.later(seconds=30)
    assert sweep(world) == 3
    assert TokenClaim.objects.filter(state="owned", pk__in=[claim.pk for claim in made]).count() == 3


def test_the_queue_hears_of_work_only_after_the_commit_and_its_death_harms_nobody(
    world: World, alice: User, django_capture_on_commit_callbacks: Any, redis_server: RedisServer, settings: Any
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        claim = create_claim(alice, f"0x{'11' * 20} 1", world.now)
    assert redis_server.client().llen("chain") == 0
    for callback in callbacks:
        callback()
    queued = redis_server.client().lrange("chain", 0, -1)
    assert len(queued) == 1
    assert str(claim.pk).encode() in base64.b64decode(json.loads(queued[0])["body"])


def test_a_picture_that_kills_every_worker_is_given_up(world: World, chain: Chain, alice: User) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[1], pinned_metadata())
    claim = world.verify(create_claim(alice, f"{contract.address} {token_id}", world.now))

    def dying(chain_id: int) -> ChainClient:
        raise KeyboardInterrupt

    with world.chain_by(dying):
        for _ in range(TRIES):
            with pytest.raises(KeyboardInterrupt):
                fetch_media(claim.pk, world.later(minutes=4), world.doors)
    assert fetch_media(claim.pk, world.later(minutes=4), world.doors) is None
    claim.refresh_from_db()
    assert (claim.state, claim.reason, claim.media_due_at) == ("owned", "media_failed", None)
