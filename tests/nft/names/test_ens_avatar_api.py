"""Programs that set a token as the picture of an ENS name: prepared here, signed by the wallet, read from the chain."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User

from nft.api import scopes
from nft.models import TokenClaim
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from profiles.people.profiles import profile_of
from profiles.testing.api_client import Program, a_secret, problem_of
from tests.servers.names import Names

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(alice: User) -> Program:
    return Program(a_secret(profile_of(alice), scopes.CLAIMS))


@pytest.fixture
def path(claim: TokenClaim) -> str:
    return f"/me/claims/{claim.pk}/ens-avatar"


def start(program: Program, path: str, name: str) -> Any:
    return program.call("POST", path, json.dumps({"name": name}).encode(), "application/json")


def test_the_name_shows_the_token_once_the_wallet_signed(
    program: Program, chain: Chain, claim: TokenClaim, path: str
) -> None:
    prepared = start(program, path, "Alice.eth").json()
    record = f"eip155:{CHAIN_ID}/erc721:{claim.contract_text}/{claim.token_id}"
    assert (prepared["name"], prepared["current"], prepared["wanted"]) == ("alice.eth", "", record)
    assert program.get(f"{path}?name=alice.eth").json() == {"stage": "waiting", "done": False}
    fields = {name: prepared["transaction"][name] for name in ("from", "to", "data", "value", "gas")}
    failed = chain.rpc("eth_sendTransaction", fields | {"gas": hex(30_000)})
    state = program.get(f"{path}?name=alice.eth&tx_hash={failed}").json()
    assert state == {"stage": "failed", "done": True}
    sent = chain.rpc("eth_sendTransaction", fields)
    assert program.get(f"{path}?name=alice.eth&tx_hash={sent}").json() == {"stage": "done", "done": True}
    again = start(program, path, "alice.eth").json()
    assert (again["current"], again["transaction"]) == (record, None)


def test_what_can_not_be_is_a_problem(
    program: Program, bob: User, chain: Chain, path: str, site_with_names: Names, settings: Any
) -> None:
    site_with_names.give_whole("bob.eth", chain.accounts[2])
    assert problem_of(start(program, path, "bob.eth")) == (403, "name-not-yours")
    assert problem_of(start(program, path, "nobody.eth")) == (400, "name-without-resolver")
    assert problem_of(start(program, path, "alice..eth")) == (400, "not-a-name")
    assert problem_of(program.get(f"{path}?name=alice.eth&tx_hash=0x{'g' * 64}")) == (400, "bad-transaction-hash")
    stranger = Program(a_secret(profile_of(bob)))
    assert problem_of(start(stranger, path, "alice.eth")) == (404, "no-such-claim")
    settings.NFT_CHAINS = {CHAIN_ID: settings.NFT_CHAINS[CHAIN_ID] | {"ens_registry": ""}}
    assert problem_of(start(program, path, "alice.eth")) == (400, "no-names")
