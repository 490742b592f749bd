"""Workers killed at every moment of a mint, on a chain that drops, replaces and reorganizes: one token, or none."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from web3.contract import Contract

from nft.clients.evm.fees import fetch_nonce
from nft.core.evm.address import parse_address
from nft.errors import TokenActionError
from nft.minting.drafts import cancel_mint, start_mint
from nft.minting.outbox import STUCK_AFTER, sweep_outbox
from nft.minting.requests import publish_mint, record_mint_sent
from nft.minting.steps import follow_mint
from nft.models import CachedObject, MintRequest, SponsoredTransaction
from nft.testing.chain import Chain
from profiles.models import StoredImage
from profiles.store.purge import purge_unreferenced_images
from tests.kit.dying import dies_at
from tests.kit.mints import as_staff_retry, go_on, install, order, publish, sign, sponsor
from tests.kit.world import World, make_world

pytestmark = pytest.mark.django_db(transaction=True)
MAX_ATTEMPTS = 400


@pytest.fixture
def contract(chain: Chain, settings: Any) -> Contract:
    deployed = install(chain, settings)
    sponsor(chain, settings)
    return deployed


def attempt(world: World, request: MintRequest, moment: int) -> bool:
    """Run one attempt and kill its worker at `moment`. Return whether it was killed before it ended."""
    request.refresh_from_db()
    as_staff_retry(world, request)
    if request.due_at is None:  # the earlier worker was killed after its work was done
        return False
    world.now = now = max(world.now, request.due_at)

    def work() -> None:
        follow_mint(request.pk, now, make_world(world.chain).clients)

    died = dies_at(moment, work)
    request.refresh_from_db()
    return attempt(world, request, moment) if request.gave_up_at else died


def killed_at_every_moment(world: World, request: MintRequest) -> int:
    """Repeat attempts, each killed a moment later in the same step, until one ends. Return how many were killed."""
    kills, moment, state = 0, 1, request.state
    while attempt(world, request, moment):
        kills += 1
        moment = moment + 1 if request.state == state else 1
        state = request.state
    return kills


def nonces_used(world: World, contract: Contract) -> int:
    del contract
    return fetch_nonce(world.client, parse_address(world.chain.accounts[0]))


def test_killed_at_every_moment_the_site_still_makes_one_token(
    world: World, chain: Chain, alice: User, contract: Contract
) -> None:
    before = nonces_used(world, contract)
    request = publish(world, alice, is_sponsored=True)
    kills = 0
    while request.state != "confirmed":
        kills += killed_at_every_moment(world, request)
        if request.state == "mined":
            chain.finalize()
    assert kills >= 30
    assert (contract.functions.totalSupply().call(), request.token_id) == (1, 1)
    assert contract.functions.ownerOf(1).call() == chain.accounts[1]
    assert SponsoredTransaction.objects.count() == 1
    assert nonces_used(world, contract) == before + 1


def test_killed_at_every_moment_the_persons_own_transaction_still_makes_one_token(
    world: World, chain: Chain, alice: User, contract: Contract
) -> None:
    request = publish(world, alice)
    kills = killed_at_every_moment(world, request)
    assert request.state == "awaiting_signature"
    tx_hash = sign(chain, request)
    moment = 1
    while dies_at(moment, lambda: record_mint_sent(alice, request.pk, tx_hash, world.now)):  # the web server, this time
        moment += 1
    while request.state != "confirmed":
        kills += killed_at_every_moment(world, request)
        chain.finalize()
    assert kills >= 15
    assert moment > 2
    assert (contract.functions.totalSupply().call(), request.token_id) == (1, 1)


def test_the_form_killed_at_every_moment_and_sent_again_is_one_request(
    world: World, alice: User, contract: Contract
) -> None:
    moment = 1
    while dies_at(moment, lambda: start_mint(alice, order(alice, is_sponsored=True), world.now)):
        moment += 1
    assert moment > 3
    draft = MintRequest.objects.get()
    assert follow_mint(draft.pk, world.now, world.clients) is None, "no worker takes a draft that nobody published"
    states = [state_of(draft)]
    while dies_at(len(states), lambda: publish_mint(alice, draft.pk, world.now)):
        states.append(state_of(draft))
    stayed = states.count(("draft", None))
    # The last kill comes after the commit: it hits only the note that the row is queued, which the sweep makes again.
    assert (stayed > 2, states[stayed:]) == (True, [("storing", world.now)])
    assert (draft.due_at, draft.queued_at) == (world.now, None)


def state_of(request: MintRequest) -> tuple[str, datetime | None]:
    request.refresh_from_db()
    return request.state, request.published_at


def test_a_cancellation_killed_at_every_moment_leaves_nothing(world: World, alice: User, contract: Contract) -> None:
    draft = start_mint(alice, order(alice), world.now)
    moment = 1
    while dies_at(moment, lambda: cancel_mint(alice, draft.pk)):
        assert MintRequest.objects.get().state == "draft"
        moment += 1
    assert not MintRequest.objects.exists()
    assert not CachedObject.objects.exists()
    assert purge_unreferenced_images(timezone.now() + timedelta(hours=1)) == 1
    assert not StoredImage.objects.exists()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_trouble_ends_with_one_token(
    world: World, slow_chain: Chain, alice: User, contract: Contract, seed: int
) -> None:
    """Crashes, drops, reorgs, outages, waits and blocks in random order; then the trouble ends."""
    dice = random.Random(seed)
    request = publish(world, alice, is_sponsored=bool(seed % 3))
    trouble: dict[str, Callable[[], object]] = {
        "crash": lambda: attempt(world, request, dice.randint(1, 12)),
        "drop": lambda: slow_chain.rpc("anvil_dropAllTransactions"),
        "reorg": lambda: slow_chain.reorg(dice.randint(1, 2)),
        "outage": lambda: in_an_outage(world, request),
        "wait": lambda: world.later(seconds=STUCK_AFTER.total_seconds()),
        "mine": slow_chain.mine,
        "go on": lambda: go_on(world, request),
        "sign": lambda: sign_if_asked(world, slow_chain, alice, request),
    }
    for _ in range(40):
        request.refresh_from_db()
        if request.due_at is None:
            break
        trouble[dice.choice(list(trouble))]()
        assert contract.functions.totalSupply().call() <= 1
    run_to_the_end(world, slow_chain, alice, request)
    assert request.state == "confirmed", request.reason_sentence
    assert (contract.functions.totalSupply().call(), request.token_id) == (1, 1)
    sweep_outbox(world.now, world.clients)
    assert not SponsoredTransaction.objects.filter(settled_at=None).exists()


def in_an_outage(world: World, request: MintRequest) -> None:
    with world.dead_chain():
        go_on(world, request)


def sign_if_asked(world: World, chain: Chain, alice: User, request: MintRequest) -> None:
    request.refresh_from_db()
    if request.state != "awaiting_signature":
        return
    try:
        record_mint_sent(alice, request.pk, sign(chain, request), world.now)
    except (AssertionError, TokenActionError):  # the node's pool, or our database, has this transaction already
        return


def run_to_the_end(world: World, chain: Chain, alice: User, request: MintRequest) -> None:
    for _ in range(MAX_ATTEMPTS):
        go_on(world, request)
        if request.due_at is None:
            return
        sign_if_asked(world, chain, alice, request)
        chain.mine()
        world.later(minutes=1)


def test_many_workers_at_once_use_each_nonce_once(
    world: World, slow_chain: Chain, alice: User, contract: Contract
) -> None:
    requests = [publish(world, alice, is_sponsored=True, key=f"k{n}") for n in range(3)]
    start = threading.Barrier(len(requests))

    def work(request: MintRequest) -> None:
        try:
            start.wait(30)
            follow_mint(request.pk, world.now, make_world(slow_chain).clients)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(requests)) as threads:
        list(threads.map(work, requests))
    nonces = sorted(SponsoredTransaction.objects.values_list("nonce", flat=True))
    assert nonces == list(range(nonces[0], nonces[0] + len(requests)))
    for request in requests:
        run_to_the_end(world, slow_chain, alice, request)
    assert contract.functions.totalSupply().call() == len(requests)
