"""The people, tokens and clocks that several rooms share. A room or a file may override them.

Imports wait: this file is read before Django is set up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.test import Client
    from web3.contract import Contract

    from nft.models import TokenClaim
    from nft.testing.chain import Chain
    from tests.kit.world import World


@pytest.fixture
def world(chain: Chain) -> World:
    """The clock and the clients of a worker that reads `chain`."""
    from tests.kit.world import make_world

    return make_world(chain)


@pytest.fixture
def alice(db: None, chain: Chain) -> User:
    """Alice, with account 1 of the chain linked."""
    from tests.kit.world import person

    return person("alice", chain.accounts[1])


@pytest.fixture
def bob(db: None, chain: Chain) -> User:
    """Bob, with account 2 of the chain linked."""
    from tests.kit.world import person

    return person("bob", chain.accounts[2])


@pytest.fixture
def browser(alice: User) -> Client:
    """Alice's browser, signed in."""
    from django.test import Client

    client = Client()
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def contract(chain: Chain) -> Contract:
    """A collection in which anybody may mint."""
    from tests.kit.world import deploy_avatar_token

    return deploy_avatar_token(chain)


@pytest.fixture
def claim(world: World, chain: Chain, contract: Contract, alice: User) -> TokenClaim:
    """Alice's claim to a token of hers, verified, with its picture."""
    from tests.kit.world import claim_of, mint, pinned_metadata

    return claim_of(world, alice, contract, mint(chain, contract, chain.accounts[1], pinned_metadata()))
