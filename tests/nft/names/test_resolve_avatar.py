"""`resolve_avatar`: the picture of an ENS name for other programs, with the holder checked and the bytes proved."""

from __future__ import annotations

import pytest
from web3.contract import Contract

from nft.core.errors import InvalidIdentifier
from nft.core.tokens.verdict import Verdict
from nft.files.store import pin_file
from nft.names.errors import NAMES_UNAVAILABLE, NOT_A_NAME
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from nft.tokens.ens_avatars import EnsAvatar, resolve_avatar
from nft.tokens.media import MediaError
from tests.kit.errors import raises_kind
from tests.kit.world import World, mint, picture, pinned_metadata, send
from tests.servers.names import Names

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("alice")]


def resolve(world: World) -> EnsAvatar:
    found = resolve_avatar("Alice.eth", world.clients)
    assert found is not None
    return found


def test_a_token_counts_while_the_names_address_holds_it(
    world: World, chain: Chain, contract: Contract, site_with_names: Names
) -> None:
    token_id = mint(chain, contract, chain.accounts[1], pinned_metadata())
    record = f"eip155:{CHAIN_ID}/erc721:{contract.address}/{token_id}"
    site_with_names.set_text("alice.eth", chain.accounts[1], "avatar", record)
    avatar = resolve(world)
    assert (avatar.name, avatar.record, avatar.verdict) == ("alice.eth", record, Verdict.OWNED)
    assert avatar.may_be_shown
    assert avatar.fetch_picture().width == 64
    send(chain, contract, token_id, sender=1, to=2)
    assert resolve(world).verdict == Verdict.NOT_OWNED
    assert not resolve(world).may_be_shown


def test_other_records_lead_to_a_picture_or_a_reason(world: World, chain: Chain, site_with_names: Names) -> None:
    alice = chain.accounts[1]
    assert resolve_avatar("alice.eth", world.clients) is None
    site_with_names.set_text("alice.eth", alice, "avatar", pin_file(picture(), "image/png", world.now).uri)
    avatar = resolve(world)
    assert (avatar.token, avatar.verdict, avatar.may_be_shown) == (None, None, True)
    assert avatar.fetch_picture().width == 64
    site_with_names.set_text("alice.eth", alice, "avatar", "data:image/png,no picture")
    with pytest.raises(MediaError):
        resolve(world).fetch_picture()
    site_with_names.set_text("alice.eth", alice, "avatar", "eip155:1/erc20:0x" + "11" * 20 + "/1")
    with pytest.raises(InvalidIdentifier, match="names no token we can read"):
        resolve(world)


def test_an_outage_is_not_a_missing_picture(world: World) -> None:
    with world.dead_chain(), raises_kind(NAMES_UNAVAILABLE):
        resolve_avatar("alice.eth", world.clients)
    with raises_kind(NOT_A_NAME):
        resolve_avatar("alice..eth", world.clients)
