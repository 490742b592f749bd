"""Checks as jobs: lost, delivered twice, overtaken or crashed, each is done once."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from avatarsite.celery import app
from avatarsite.queues import QUEUES
from nft.claims.checking import verify_claim
from nft.claims.claiming import create_claim, recheck_as_staff
from nft.claims.pages import claim_status
from nft.claims.picture import fetch_picture
from nft.claims.sweeping import find_due
from nft.clients.evm.chain import ChainClient
from nft.models import ClaimPicture, TokenClaim
from nft.testing.chain import Chain
from profiles.jobs import get_jobs
from profiles.row_queue import queue_due_rows
from tests.kit.world import World, deploy_avatar_token, mint, pinned_metadata, send, sweep
from tests.servers.redis import RedisServer

pytestmark = pytest.mark.django_db


# --- jobs --------------------------------------------------------------------------------------------------------


def test_a_job_delivered_twice_is_done_once(world: World, chain: Chain, alice: User) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[1], pinned_metadata())
    claim = create_claim(alice, f"{contract.address} {token_id}", world.now)
    assert verify_claim(claim.pk, world.now, world.clients) is not None
    assert verify_claim(claim.pk, world.now, world.clients) is None
    assert fetch_picture(claim.pk, world.now, world.clients) is not None
    assert fetch_picture(claim.pk, world.now, world.clients) is None
    assert alice.avatar_profile.avatars.count() == 1


def test_a_crashed_check_is_retried_after_its_lease(world: World, chain: Chain, alice: User) -> None:
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


def test_a_late_answer_of_a_crashed_check_is_not_recorded(world: World, chain: Chain, alice: User) -> None:
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


def test_the_sweep_finds_everything_due_stalest_first_and_skips_an_unreachable_chain(
    world: World, chain: Chain, alice: User
) -> None:
    contract = deploy_avatar_token(chain)
    for _ in range(3):
        mint(chain, contract, chain.accounts[1], pinned_metadata())
    made = [create_claim(alice, f"{contract.address} {token_id}", world.now) for token_id in (1, 2, 3)]
    with world.dead_chain():
        sweep(world)
    assert set(TokenClaim.objects.values_list("state", "is_checked_alone")) == {("unknown", False)}
    assert not TokenClaim.objects.filter(reason="").exists(), "everybody who waits reads why"
    world.later(seconds=30)
    assert sweep(world) == 3
    assert TokenClaim.objects.filter(state="owned", pk__in=[claim.pk for claim in made]).count() == 3


def test_work_is_queued_only_after_the_commit_and_a_dead_queue_fails_no_request(
    world: World, alice: User, django_capture_on_commit_callbacks: Any, redis_server: RedisServer, settings: Any
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        claim = create_claim(alice, f"0x{'11' * 20} 1", world.now)
    assert redis_server.client().llen("claims") == 0
    for callback in callbacks:
        callback()
    queued = redis_server.client().lrange("claims", 0, -1)
    assert len(queued) == 1
    assert json.loads(base64.b64decode(json.loads(queued[0])["body"]))[0] == [claim.chain_id, "asked"]


def test_a_queue_that_loses_everything_loses_no_job(
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
    assert redis_server.client().llen("claims") == 1, "one run takes them all"
    redis_server.client().flushall()
    sweep(world)
    assert TokenClaim.objects.filter(state="owned").count() == 4
    redis_server.client().flushall()
    world.later(minutes=3)
    with django_capture_on_commit_callbacks(execute=True):
        queue_due_rows(world.now)  # the fetches of their pictures were queued, and lost as well
    assert redis_server.client().llen("ipfs") == 4


@pytest.mark.parametrize("is_first", [True, False], ids=["first half", "second half"])
def test_a_check_that_crashes_three_times_needs_attention(
    world: World, chain: Chain, alice: User, admin_client: Client, admin_user: User, *, is_first: bool
) -> None:
    """Its first page returns in halves, by id: only one that is leased alone once more counts the crash as its own."""
    contract = deploy_avatar_token(chain)
    token_ids = [mint(chain, contract, chain.accounts[1], pinned_metadata()) for _ in range(2)]
    made = [create_claim(alice, f"{contract.address} {token_id}", world.now) for token_id in token_ids]
    claims = sorted(made, key=lambda claim: claim.pk, reverse=not is_first)  # the one that crashes is the first

    def dying(chain_id: int) -> ChainClient:
        held = TokenClaim.objects.get(pk=claims[0].pk)
        if held.attempt is not None and held.due_at is not None and held.due_at > world.now:
            raise KeyboardInterrupt
        return world.client

    with world.chain_by(dying):
        # The first time together with the other one. The second half is alone as soon as the first is checked.
        for _ in range(TokenClaim.policy.crashes + is_first):
            with pytest.raises(KeyboardInterrupt):
                sweep(world)
            world.later(minutes=4)
        sweep(world)
    states = [TokenClaim.objects.get(pk=claim.pk) for claim in claims]
    assert [(claim.state, claim.reason) for claim in states] == [("unknown", "check_died"), ("owned", "")]
    assert states[1].crashes == 0
    assert find_due(world.now) == []
    listed = admin_client.get(reverse("admin:nft_tokenclaim_changelist"), {"needs_attention": "yes"})
    assert [claim.pk for claim in listed.context["cl"].result_list] == [claims[0].pk]
    recheck_as_staff(claims[0], admin_user, world.now, "Mended.")
    sweep(world)
    claims[0].refresh_from_db()
    assert (claims[0].state, claims[0].crashes) == ("owned", 0)


def test_every_task_has_a_queue_and_ends_before_it_is_delivered_again() -> None:
    app.loader.import_default_modules()
    visible_again = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    ours: dict[str, Any] = {job.name: app.tasks[job.name] for job in get_jobs()}
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(ours)
    for name, task in ours.items():
        assert app.conf.task_routes[name]["queue"] in QUEUES
        assert (task.time_limit or settings.CELERY_TASK_TIME_LIMIT) < int(visible_again)
    queues = {name.rpartition(".")[2]: route["queue"] for name, route in app.conf.task_routes.items()}
    to_gateways = {"fetch_picture", "fetch_held_picture", "rehash_due", "sweep_copies"}
    assert {queues[name] for name in to_gateways} == {"ipfs"}, "a slow gateway delays no check and no mail"
    assert {queues[name] for name in ("watch_chain", "sweep_claims")} == {"watch"}
    assert {queues[name] for name in ("follow_mint", "sweep_outbox")} == {"mints"}
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.beat_schedule["nft.claims.sweeping.sweep_claims"]["schedule"] <= 60


def test_a_picture_that_crashes_every_worker_is_given_up(world: World, chain: Chain, alice: User) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[1], pinned_metadata())
    claim = world.verify(create_claim(alice, f"{contract.address} {token_id}", world.now))

    def dying(chain_id: int) -> ChainClient:
        raise KeyboardInterrupt

    with world.chain_by(dying):
        for _ in range(ClaimPicture.policy.crashes):
            with pytest.raises(KeyboardInterrupt):
                fetch_picture(claim.pk, world.later(minutes=4), world.clients)
    assert fetch_picture(claim.pk, world.later(minutes=4), world.clients) is None
    claim.refresh_from_db()
    assert (claim.state, claim.step, claim.picture.due_at) == ("owned", "metadata", None)
    assert claim.picture.gave_up_at is not None
    assert claim_status(claim)["reason"] == "media_failed"


def test_a_first_fetch_ends_when_the_token_is_lost_and_is_repeated_when_it_returns(
    world: World, chain: Chain, alice: User
) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[1], pinned_metadata())
    claim = world.verify(create_claim(alice, f"{contract.address} {token_id}", world.now))
    send(chain, contract, token_id, 1, 2)
    world.later(minutes=20)
    assert world.verify(claim).state == "not_owned"
    assert fetch_picture(claim.pk, world.now, world.clients) is None
    assert ClaimPicture.objects.get(pk=claim.pk).due_at is None

    send(chain, contract, token_id, 2, 1)
    world.later(hours=7)
    assert world.verify_and_fetch(claim).step == "done"


def test_an_unexpected_error_is_counted_as_a_crash_and_checks_end_after_three(
    world: World, alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    claim = create_claim(alice, f"0x{'11' * 20} 1", world.now)

    def broken(chain_id: int) -> ChainClient:
        raise ZeroDivisionError

    with world.chain_by(broken):
        for _ in range(TokenClaim.policy.crashes):
            assert claim.gave_up_at is None
            world.verify(claim)
    assert (claim.state, claim.reason, claim.due_at) == ("unknown", "check_died", None)
    assert claim.gave_up_at is not None
    assert "ZeroDivisionError" in caplog.text
