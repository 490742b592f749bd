"""ENS records that are kept off the chain: fetched from a real gateway, and checked by the resolver's contract."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nft.clients.web.addresses import OutboundRules
from nft.clients.web.fetch import GuardedHttp
from nft.core.evm.abi.offchain import OFFCHAIN_LOOKUP, OffchainLookup, parse_offchain_lookup
from nft.core.evm.address import parse_address
from nft.core.evm.errors import BadAnswer
from nft.names.errors import NAMES_UNAVAILABLE, OFF_CHAIN, NameLookupError
from nft.names.records import NameReader
from nft.testing.chain import Chain
from tests.kit.world import make_world
from tests.servers.ens_gateway import EnsGateway
from tests.servers.names import Names, deploy_offchain_resolver

PICTURE = "eip155:1/erc721:0x" + "11" * 20 + "/7"


def reader_of(chain: Chain, names: Names, *urls: str, http: bool = True) -> NameReader:
    """Return a reader of a registry in which offchain.eth has a resolver that names these gateways."""
    names.give("offchain.eth", names.root, resolver=deploy_offchain_resolver(chain, *urls).address)
    world = make_world(chain)
    return NameReader(world.client, parse_address(names.registry.address), world.clients.http if http else None)


def test_the_gateway_answers_for_the_name_and_those_below_it(
    chain: Chain, names: Names, ens_gateway: EnsGateway
) -> None:
    ens_gateway.address, ens_gateway.texts = chain.accounts[3], {"avatar": PICTURE}
    reader = reader_of(chain, names, ens_gateway.get_template)
    assert reader.fetch_address("offchain.eth") == parse_address(chain.accounts[3])
    assert reader.fetch_text("sub.offchain.eth", "avatar") == PICTURE
    assert {method for method, _ in ens_gateway.asked} == {"GET"}


def test_a_url_without_the_data_is_posted_to(chain: Chain, names: Names, ens_gateway: EnsGateway) -> None:
    ens_gateway.texts = {"avatar": PICTURE}
    reader = reader_of(chain, names, f"{ens_gateway.url}/records")
    assert reader.fetch_text("offchain.eth", "avatar") == PICTURE
    assert [method for method, _ in ens_gateway.asked] == ["POST"]


def test_many_names_are_looked_up_together(chain: Chain, names: Names, ens_gateway: EnsGateway) -> None:
    alice, bob = chain.accounts[1:3]
    ens_gateway.address = alice
    reader = reader_of(chain, names, ens_gateway.get_template)
    names.set_primary_name(alice, "alice.offchain.eth")
    names.give_whole("bob.eth", bob)
    found = reader.fetch_primary_names([(parse_address(alice), 60), (parse_address(bob), 60)])
    assert found == ["alice.offchain.eth", "bob.eth"]


def test_a_gateway_can_not_forge_a_record(chain: Chain, names: Names, ens_gateway: EnsGateway) -> None:
    ens_gateway.address, ens_gateway.forger = chain.accounts[3], chain.keys[chain.accounts[4]]
    assert reader_of(chain, names, ens_gateway.get_template).fetch_address("offchain.eth") is None


def test_after_an_outage_the_next_gateway_is_asked(chain: Chain, names: Names, ens_gateway: EnsGateway) -> None:
    ens_gateway.texts = {"avatar": PICTURE}
    reader = reader_of(chain, names, "http://127.0.0.1:9/{data}", ens_gateway.get_template)
    assert reader.fetch_text("offchain.eth", "avatar") == PICTURE


def test_an_outage_is_no_answer(chain: Chain, names: Names, ens_gateway: EnsGateway) -> None:
    reader = reader_of(chain, names, ens_gateway.get_template)
    for status, answer in [
        (503, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b'{"data": 7}'),
        (200, b'{"data": "0xzz"}'),
    ]:
        ens_gateway.status, ens_gateway.answer = status, answer
        with pytest.raises(NameLookupError) as unknown:
            reader.fetch_address("offchain.eth")
        assert unknown.value.is_a(NAMES_UNAVAILABLE), answer
        assert not unknown.value.permanent


def test_a_gateway_that_refuses_ends_it(chain: Chain, names: Names, ens_gateway: EnsGateway) -> None:
    ens_gateway.status = 404
    reader = reader_of(chain, names, ens_gateway.get_template, f"{ens_gateway.url}/records")
    with pytest.raises(NameLookupError, match="refuses to give them") as refused:
        reader.fetch_address("offchain.eth")
    assert refused.value.is_a(OFF_CHAIN)
    assert len(ens_gateway.asked) == 1


def test_a_contract_can_not_make_us_open_an_inner_address(chain: Chain, names: Names, ens_gateway: EnsGateway) -> None:
    reader = reader_of(chain, names, ens_gateway.get_template)
    guarded = GuardedHttp(OutboundRules())  # as in production
    with pytest.raises(NameLookupError) as refused:
        NameReader(reader.client, reader.registry, guarded).fetch_address("offchain.eth")
    assert refused.value.is_a(OFF_CHAIN)
    assert ens_gateway.asked == []


def test_without_gateways_such_a_name_is_not_read(chain: Chain, names: Names, ens_gateway: EnsGateway) -> None:
    reader = reader_of(chain, names, ens_gateway.get_template, http=False)
    with pytest.raises(NameLookupError, match="kept off the chain, which we do not read") as refused:
        reader.fetch_text("sub.offchain.eth", "avatar")
    assert refused.value.is_a(OFF_CHAIN)
    assert ens_gateway.asked == []


@given(st.binary(max_size=400))
def test_any_other_bytes_are_refused_in_words(revert: bytes) -> None:
    for data in (revert, OFFCHAIN_LOOKUP + revert):
        with suppress(BadAnswer):
            assert isinstance(parse_offchain_lookup(data), OffchainLookup)
