"""The demo tokens are created once and found again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from localstack import seed
from localstack.chain import AGGREGATE3, LocalChain
from nft.clients.evm.chain import ChainClient
from nft.core.evm.address import parse_address, to_checksum
from nft.core.tokens.avatar_record import parse_avatar_record
from nft.models import CachedObject
from nft.names.records import NameReader
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def transactions(chain: Chain) -> int:
    return sum(chain.w3.eth.get_block_transaction_count(number) for number in range(chain.head + 1))


@pytest.mark.django_db
def test_demo_tokens_are_placed_once_however_often_it_runs(chain: Chain) -> None:
    first = seed.place(LocalChain(chain.url), NOW)
    sent = transactions(chain)
    assert seed.place(LocalChain(chain.url), NOW) == first
    assert transactions(chain) == sent
    assert [token["holder"] for token in first["demo_tokens"]] == [
        "Alice",
        "Bob",
        "Alice",
        "Carol",
        "Bob",
        "Dave",
        "Erin",
    ]
    assert chain.w3.eth.get_code(AGGREGATE3)


@pytest.mark.django_db
def test_demo_tokens_show_who_holds_them_now(chain: Chain) -> None:
    placed = seed.place(LocalChain(chain.url), NOW)
    alice, erin = chain.accounts[0], chain.accounts[4]
    avatars = chain.contract("AvatarToken", placed["avatar_contract"])
    chain.send(avatars.functions.transferFrom(alice, erin, 1), sender=alice)
    chain.send(avatars.functions.burn(1), sender=erin)
    again = seed.place(LocalChain(chain.url), NOW)["demo_tokens"]
    assert again[0] == placed["demo_tokens"][0] | {"holder": "nobody here", "holder_address": ""}


@pytest.mark.django_db
def test_the_demo_people_have_names_and_pictures_of_their_names(chain: Chain) -> None:
    placed = seed.place(LocalChain(chain.url), NOW)
    reader = NameReader(ChainClient(CHAIN_ID, [chain.url], "finalized"), parse_address(placed["ens_registry"]))
    for person, address in zip(seed.PEOPLE, chain.accounts, strict=False):
        assert reader.fetch_primary_name(parse_address(address)) == f"{person.lower()}.eth"
    picture = parse_avatar_record("alice.eth", reader.fetch_text("alice.eth", "avatar"))
    assert (to_checksum(picture.contract), picture.token_id) == (placed["avatar_contract"], 1)


@pytest.mark.django_db
def test_what_the_tokens_show_is_in_our_store(chain: Chain) -> None:
    placed = seed.place(LocalChain(chain.url), NOW)
    uri = chain.contract("AvatarToken", placed["avatar_contract"]).functions.tokenURI(1).call()
    template = chain.contract("DemoEditions", placed["editions"]).functions.uri(1).call()
    assert uri.startswith("ipfs://")
    assert template.endswith("/{id}.json")
    # Two avatars, two editions and the collection of avatars, each with an image and metadata.
    assert CachedObject.objects.filter(origin=CachedObject.Origin.PINNED).count() == 10
