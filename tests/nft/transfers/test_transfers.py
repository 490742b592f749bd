"""Sending a token: what is refused before signing, and how it is checked afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from web3.contract import Contract

from nft.claims import claiming
from nft.claims.errors import ClaimError
from nft.core.evm.address import parse_address
from nft.errors import NOT_NOW, RATE_LIMITED, WOULD_FAIL
from nft.minting import requests
from nft.minting.requests import record_mint_sent, use_mint
from nft.testing.chain import Chain
from nft.transfers import sending
from nft.transfers.errors import RECEIVER_REFUSED
from nft.transfers.following import Stage, get_transfer
from nft.transfers.sending import build_transfer, look_for_refusal, record_transfer_sent
from nft.views.transfer_page import sent_page
from tests.kit.errors import raises_kind
from tests.kit.mints import finish, install, ready_to_sign, sign
from tests.kit.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract(chain: Chain, settings: Any) -> Contract:
    """The site's own collection."""
    return install(chain, settings)


@pytest.fixture
def claim(world: World, chain: Chain, alice: User, contract: Contract) -> Any:
    request = ready_to_sign(world, alice)
    record_mint_sent(alice, request.pk, sign(chain, request), world.now)
    finish(world, chain, request)
    return world.verify_and_fetch(use_mint(alice, request.pk, world.now))


def test_reported_transfers_are_rate_limited(
    world: World, alice: User, claim: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claiming, "CHECKS_PER_HOUR", 3)  # one was spent on the claim itself
    for _ in range(2):
        record_transfer_sent(alice, claim.pk, "0x" + "ab" * 32, world.now)
    with pytest.raises(ClaimError) as refused:
        record_transfer_sent(alice, claim.pk, "0x" + "ab" * 32, world.now)
    assert refused.value.is_a(RATE_LIMITED)


def test_reported_mints_are_rate_limited(
    world: World, alice: User, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "HASHES_PER_HOUR", 1)
    request = ready_to_sign(world, alice)
    record_mint_sent(alice, request.pk, "0x" + "ab" * 32, world.now)
    with raises_kind(RATE_LIMITED):
        record_mint_sent(alice, request.pk, "0x" + "cd" * 32, world.now)


def test_receivers_that_would_lose_the_token_are_refused(
    world: World, chain: Chain, contract: Contract, claim: Any
) -> None:
    for to, sentence in [
        ("0x" + "00" * 20, "zero address"),
        (contract.address, "own contract"),
        (chain.accounts[1], "already"),
        ("alice", "not an address"),
        (chain.accounts[2][:-1] + ("a" if chain.accounts[2][-1] != "a" else "b"), "checksum"),
    ]:
        with raises_kind(RECEIVER_REFUSED, match=sentence):
            build_transfer(claim, to, world.clients)


def test_a_receiver_that_takes_no_tokens_is_refused_before_signing(world: World, chain: Chain, claim: Any) -> None:
    wall = chain.deploy("OddRefusesTokens")
    with raises_kind(WOULD_FAIL):
        build_transfer(claim, wall.address, world.clients)


def test_a_token_that_is_not_held_is_not_sent(world: World, chain: Chain, claim: Any) -> None:
    claim.state = "not_owned"
    with raises_kind(NOT_NOW):
        build_transfer(claim, chain.accounts[2], world.clients)


def test_a_sent_transfer_is_checked_often(world: World, alice: User, claim: Any) -> None:
    record_transfer_sent(alice, claim.pk, "0x" + "11" * 32, world.now)
    world.verify(claim)
    assert (claim.due_at - world.now).total_seconds() < 5
    world.later(minutes=6)
    world.verify(claim)
    assert (claim.due_at - world.now).total_seconds() > 5


def test_copies_of_an_erc1155_token_are_sent_one_at_a_time(world: World, chain: Chain, alice: User) -> None:
    editions = chain.deploy("DemoEditions", "data:application/json,{}")
    chain.send(editions.functions.mint(chain.accounts[1], 7, 3))
    chain.finalize()
    from nft.claims.claiming import create_claim

    claim = world.verify(create_claim(alice, f"{editions.address} 7", world.now))
    transaction = build_transfer(claim, chain.accounts[2], world.clients).as_json()
    chain.rpc("eth_sendTransaction", {name: transaction[name] for name in ("from", "to", "data", "gas")})
    assert editions.functions.balanceOf(chain.accounts[2], 7).call() == 1
    assert parse_address(str(transaction["to"])) == claim.contract


def test_a_transfer_that_the_chain_refuses_is_told_at_once(
    world: World, chain: Chain, alice: User, claim: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    again: list[Any] = []
    monkeypatch.setattr(sending, "send_now", lambda *args, **_: again.append(args))
    transaction = build_transfer(claim, chain.accounts[2], world.clients).as_json()
    call = {name: transaction[name] for name in ("from", "to", "data")} | {"gas": hex(200_000)}
    unknown, first, second = "0x" + "11" * 32, *(chain.rpc("eth_sendTransaction", call) for _ in range(2))
    for tx_hash, stage in ((unknown, Stage.SENT), (first, Stage.SENT), (second, Stage.REFUSED)):
        record_transfer_sent(alice, claim.pk, tx_hash, world.now)
        look_for_refusal(str(claim.pk), tx_hash, world.now, world.clients)
        claim.refresh_from_db()
        assert get_transfer(claim, world.now).stage is stage
    assert again == [(look_for_refusal, str(claim.pk), unknown)], "only what is in no block is looked for again"
    assert sent_page(claim, get_transfer(claim, world.now), "Ethereum").headline == "It was not sent"
    record_transfer_sent(alice, claim.pk, unknown, world.now)
    claim.refresh_from_db()
    assert get_transfer(claim, world.now).stage is Stage.SENT
