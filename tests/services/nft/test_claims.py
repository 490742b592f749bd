"""A token becomes a picture while, and only while, the chain says that it is the person's."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import User

from nft.models import TokenClaim
from nft.services.claims import NoAccount, ReferenceRefused, create_claim
from tests.servers.chain import Chain

from .world import World, deploy_avatar_token, make_world, mint, person, pinned_metadata, shown, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(chain: Chain) -> World:
    return make_world(chain)


@pytest.fixture
def alice(chain: Chain) -> User:
    return person("alice", chain.accounts[1])


def test_the_whole_life_of_a_claim(world: World, chain: Chain, alice: User) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[1], pinned_metadata())
    own_picture = upload(alice)

    claim = create_claim(alice, f"{contract.address} {token_id}", world.now)
    assert (claim.state, claim.step) == ("pending", "owner")
    world.verify_and_fetch(claim)

    assert (claim.state, claim.step, claim.proof, claim.name) == ("owned", "done", "cid", "Blue hour")
    picture = shown(alice, world.now)
    assert picture.mark
    assert picture.avatar is not None
    assert picture.avatar.source == "nft"
    assert picture.provenance is not None
    assert picture.provenance["collection"] == "Avatars"
    assert picture.provenance["block_number"] == claim.checked_block_number

    transfer = contract.functions.transferFrom(chain.accounts[1], chain.accounts[2], token_id)
    chain.send(transfer, sender=chain.accounts[1])
    chain.finalize()
    world.verify(claim)

    assert claim.state == "not_owned"
    assert claim.reason_sentence.startswith("The token was transferred away.")
    back = shown(alice, world.now)
    assert not back.mark
    assert back.avatar is not None
    assert back.avatar.pk == own_picture
