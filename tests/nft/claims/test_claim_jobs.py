"""Checks as jobs: lost, doubled, overtaken, dead, and done once all the same."""

from __future__ import annotations

import base64
import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from avatarsite.celery import app
from nft.claims.checking import TRIES, verify_claim
from nft.claims.claiming import create_claim, recheck_as_staff
from nft.claims.picture import TRIES as MEDIA_TRIES
from nft.claims.picture import fetch_media
from nft.claims.sweeping import find_due
from nft.clients.evm.chain import ChainClient
from nft.models import TokenClaim
from tests.kit.world import World, deploy_avatar_token, mint, pinned_metadata, sweep
from tests.servers.chain import CHAIN_ID, Chain
from tests.servers.redis import RedisServer

pytestmark = pytest.mark.django_db


# --- jobs --------------------------------------------------------------------------------------------------------


def test_a_job_delivered_twice_is_done_once(world: World, chain: Chain, alice: User) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[1], pinned_metadata())
    claim = create_claim(alice, f"{contract.address} {token_id}", world.now)
    assert verify_claim(claim.pk, world.now, world.clients) is not None
    assert verify_claim(claim.pk, world.now, world.clients) is None
    assert fetch_media(claim.pk, world.now, world.clients) is not None
    assert fetch_media(claim.pk, world.now, world.clients) is None
    assert alice.profile.avatars.count() == 1


def test_a_check_that_died_is_begun_again_after_its_lease(world: World, chain: Chain, alice: User) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[1], pinned_metadata())
    claim = create_claim(alice, f"{contract.address} {token_id}", world.now)

    def dying(chain_id: int) -> ChainClient:
        raise KeyboardInterrupt

    with world.chain_by(dying), pytest.raises(KeyboardInterrupt):
        verify_claim(claim.pk, world.now, world.clients)
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
        verify_claim(claim.pk, world.now, world.clients)
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


def test_a_queue_that_forgets_everything_loses_no_job(
    world: World,
    chain: Chain,
    alice: User,
    redis_server: RedisServer,
    django_capture_on_commit_callbacks: Any,
) -> None:
    contract = deploy_avatar_token(chain)
    token_ids = [mint(chain, contract, chain.accounts[1], pinned_metadata()) for _ in range(4)]
    with django_capture_on_commit_callbacks(execute=True):
        for token_id in token_ids:
            create_claim(alice, f"{contract.address} {token_id}", world.now)
    assert redis_server.client().llen("chain") == 4
    redis_server.client().flushall()
    sweep(world)
    assert TokenClaim.objects.filter(state="owned").count() == 4
    redis_server.client().flushall()
    world.later(minutes=3)
    with django_capture_on_commit_callbacks(execute=True):
        sweep(world)  # the fetches of their pictures were queued, and lost as well
    assert redis_server.client().llen("ipfs") == 4


def test_a_check_that_dies_three_times_waits_for_a_person(
    world: World, chain: Chain, alice: User, admin_client: Client, admin_user: User
) -> None:
    contract = deploy_avatar_token(chain)
    poison, other = (mint(chain, contract, chain.accounts[1], pinned_metadata()) for _ in range(2))
    claims = [create_claim(alice, f"{contract.address} {token_id}", world.now) for token_id in (poison, other)]

    def dying(chain_id: int) -> ChainClient:
        held = TokenClaim.objects.get(pk=claims[0].pk)
        if held.attempt is not None and held.next_check_at > world.now:
            raise KeyboardInterrupt
        return world.client

    TokenClaim.objects.filter(pk=claims[0].pk).update(next_check_at=world.now - timedelta(hours=1))
    with world.chain_by(dying):
        for _ in range(TRIES):
            with pytest.raises(KeyboardInterrupt):
                sweep(world)
            world.later(minutes=4)
        sweep(world)
    states = [TokenClaim.objects.get(pk=claim.pk) for claim in claims]
    assert [(claim.state, claim.reason) for claim in states] == [("unknown", "check_died"), ("owned", "")]
    assert (CHAIN_ID, True) not in find_due(world.now)
    listed = admin_client.get(reverse("admin:nft_tokenclaim_changelist"), {"stuck": "check"})
    assert [claim.pk for claim in listed.context["cl"].result_list] == [claims[0].pk]
    recheck_as_staff(claims[0], admin_user, world.now, "Mended.")
    sweep(world)
    claims[0].refresh_from_db()
    assert (claims[0].state, claims[0].deaths) == ("owned", 0)


def test_every_task_has_a_queue_and_ends_before_it_is_delivered_again() -> None:
    app.loader.import_default_modules()
    visible_again = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    ours = {name: task for name, task in app.tasks.items() if name.startswith(("nft.", "avatarsite."))}
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(ours)
    for name, task in ours.items():
        assert settings.CELERY_TASK_ROUTES.get(name, {"queue": "default"})["queue"] in {"default", "chain", "ipfs"}
        assert (task.time_limit or settings.CELERY_TASK_TIME_LIMIT) < visible_again
    to_gateways = {"fetch_media", "follow_mint", "sweep_mints", "look_at_picture", "fetch_held_picture"}
    routes = {name.rpartition(".")[2]: route["queue"] for name, route in settings.CELERY_TASK_ROUTES.items()}
    assert {routes.get(name) for name in to_gateways} == {"ipfs"}, "a slow gateway delays no check and no mail"
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1
    assert settings.CELERY_BEAT_SCHEDULE["sweep-claims"]["schedule"] <= 60  # type: ignore[operator]


def test_a_picture_that_kills_every_worker_is_given_up(world: World, chain: Chain, alice: User) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[1], pinned_metadata())
    claim = world.verify(create_claim(alice, f"{contract.address} {token_id}", world.now))

    def dying(chain_id: int) -> ChainClient:
        raise KeyboardInterrupt

    with world.chain_by(dying):
        for _ in range(MEDIA_TRIES):
            with pytest.raises(KeyboardInterrupt):
                fetch_media(claim.pk, world.later(minutes=4), world.clients)
    assert fetch_media(claim.pk, world.later(minutes=4), world.clients) is None
    claim.refresh_from_db()
    assert (claim.state, claim.reason, claim.media_due_at) == ("owned", "media_failed", None)
