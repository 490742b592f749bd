"""Records are read from the ENS contracts on a real chain. Those of gateways: test_offchain.py."""

from __future__ import annotations

from typing import Any

import pytest

from nft.clients.evm.chain import ChainClient
from nft.core.evm.address import parse_address, to_checksum
from nft.core.evm.ens import evm_coin_type, namehash, reverse_name
from nft.names.errors import NAMES_UNAVAILABLE, RECORD_TOO_LONG, NameLookupError
from nft.names.records import NameReader
from nft.testing.chain import Chain
from nft.testing.fake_node import fake_node
from nft.testing.genesis import CHAIN_ID
from tests.kit.world import make_world
from tests.servers.names import Names, deploy_extended_resolver

BASE = evm_coin_type(8453)


@pytest.fixture
def reader(chain: Chain, names: Names) -> NameReader:
    return NameReader(make_world(chain).client, parse_address(names.registry.address))


def test_a_name_leads_to_the_address_its_owner_set(chain: Chain, names: Names, reader: NameReader) -> None:
    alice = chain.accounts[1]
    names.give("alice.eth", alice)
    assert reader.fetch_address("alice.eth") is None
    names.set_address("alice.eth", alice, alice)
    names.set_text("alice.eth", alice, "avatar", "ipfs://x")
    assert reader.fetch_address("alice.eth") == parse_address(alice)
    assert reader.fetch_text("alice.eth", "avatar") == "ipfs://x"
    assert reader.fetch_text("alice.eth", "url") == ""
    assert reader.fetch_address("nobody.eth") is None


def test_a_name_may_have_another_address_on_each_chain(chain: Chain, names: Names, reader: NameReader) -> None:
    alice = chain.accounts[1]
    names.give_whole("alice.eth", alice)
    assert reader.fetch_address("alice.eth", BASE) is None  # the one here stands for no other chain
    names.set_address_for("alice.eth", alice, BASE, b"\x22" * 20)
    assert reader.fetch_address("alice.eth", BASE) == b"\x22" * 20
    names.set_address_for("alice.eth", alice, 0, bytes(25))
    assert reader.fetch_address("alice.eth", 0) is None  # Bitcoin's is no address of an EVM chain


def test_an_extended_resolver_answers_for_names_below_its_own(names: Names, reader: NameReader) -> None:
    """See ENSIP-10. The resolver reverts unless it gets both the name and its node."""
    resolver = deploy_extended_resolver(names)
    names.give("extended-resolver.eth", names.root, resolver=resolver.address)
    assert reader.fetch_address("extended-resolver.eth") == parse_address("0x000000000000000000000000000000000000bEEF")
    assert reader.fetch_address("anybody.extended-resolver.eth") == parse_address(
        "0x000000000000000000000000000000000000dEaD"
    )


def test_an_ordinary_resolver_does_not_answer_for_names_below_its_own(
    chain: Chain, names: Names, reader: NameReader
) -> None:
    alice = chain.accounts[1]
    names.give_whole("alice.eth", alice)
    chain.send(names.resolver.functions.setAddr(namehash("alice.eth"), alice), sender=alice)
    assert reader.fetch_address("pay.alice.eth") is None


def test_a_primary_name_must_lead_back_to_the_address(chain: Chain, names: Names, reader: NameReader) -> None:
    alice, bob = chain.accounts[1:3]
    assert reader.fetch_primary_name(parse_address(alice)) is None
    names.give_whole("alice.eth", alice)
    assert reader.fetch_primary_name(parse_address(alice)) == "alice.eth"
    names.set_primary_name(bob, "alice.eth")  # Bob says he is Alice
    assert reader.fetch_primary_name(parse_address(bob)) is None
    names.set_address("alice.eth", alice, bob)
    assert reader.fetch_primary_name(parse_address(bob)) == "alice.eth"
    assert reader.fetch_primary_name(parse_address(alice)) is None


NOT_NORMAL = ["Alice.eth", "alic\u0435.eth", "alice\u200d.eth", "alice..eth", "", " ", "\u202ehte.ecila"]


def test_a_primary_name_must_be_normalized(chain: Chain, names: Names, reader: NameReader) -> None:
    alice = chain.accounts[1]
    names.give_whole("alice.eth", alice)
    for claimed in NOT_NORMAL:
        names.set_primary_name(alice, claimed)
        assert reader.fetch_primary_name(parse_address(alice)) is None, claimed


def test_an_address_may_have_another_primary_name_on_another_chain(
    chain: Chain, names: Names, reader: NameReader
) -> None:
    """See ENSIP-19: the reverse record of that chain, and the name's address there."""
    alice = chain.accounts[1]
    address = parse_address(alice)
    reverse = reverse_name(address, BASE)
    names.give(reverse, alice)
    chain.send(names.resolver.functions.setName(namehash(reverse), "alice.eth"), sender=alice)
    names.give("alice.eth", alice)
    names.set_address("alice.eth", alice, alice)
    assert reader.fetch_primary_name(address, BASE) is None
    names.set_address_for("alice.eth", alice, BASE, address)
    assert reader.fetch_primary_name(address, BASE) == "alice.eth"


ODD = ["OddSilent", "OddReverts", "OddBurnsGas", "OddShortAnswer", "OddDirtyOwner"]


def test_an_odd_answer_of_a_resolver_is_no_record(chain: Chain, names: Names, reader: NameReader) -> None:
    no_contract = chain.accounts[5]
    for resolver in [*(chain.deploy(contract).address for contract in ODD), no_contract]:
        names.give("odd.eth", names.root, resolver=resolver)
        assert reader.fetch_address("odd.eth") is None
        assert reader.fetch_text("odd.eth", "avatar") == ""


def test_a_record_has_a_maximum_length(chain: Chain, names: Names, reader: NameReader) -> None:
    chain.rpc("anvil_setCode", chain.accounts[5], "0x620111706000f3")  # returns 70,000 bytes, whatever it is asked
    names.give("odd.eth", names.root, resolver=chain.accounts[5])
    with pytest.raises(NameLookupError, match="65,536 bytes") as refused:
        reader.fetch_text("odd.eth", "avatar")
    assert refused.value.is_a(RECORD_TOO_LONG)


def test_without_an_answer_of_the_registry_names_are_unavailable(chain: Chain, names: Names) -> None:
    client = make_world(chain).client
    for registry in (chain.accounts[5], chain.deploy("OddReverts").address):
        with pytest.raises(NameLookupError) as refused:
            NameReader(client, parse_address(registry)).fetch_address("alice.eth")
        assert refused.value.is_a(NAMES_UNAVAILABLE)
        assert not refused.value.permanent


def test_during_an_outage_names_are_unavailable(chain: Chain, names: Names, reader: NameReader) -> None:
    dead = ChainClient(CHAIN_ID, ["http://127.0.0.1:9"], "finalized")
    with pytest.raises(NameLookupError) as refused:
        NameReader(dead, reader.registry).fetch_primary_name(parse_address(chain.accounts[1]))
    assert refused.value.is_a(NAMES_UNAVAILABLE)


def test_names_are_unavailable_if_nodes_disagree(chain: Chain, names: Names, reader: NameReader) -> None:
    alice, thief = chain.accounts[1:3]
    names.give_whole("alice.eth", alice)

    def answer(method: str, params: list[Any]) -> Any:
        result: Any = chain.rpc(method, *params)
        return result.replace(alice.lower()[2:], thief.lower()[2:]) if method == "eth_call" else result

    with fake_node(answer) as liar:
        both = ChainClient(CHAIN_ID, [chain.url, liar.url], "finalized", agree=True)
        with pytest.raises(NameLookupError) as refused:
            NameReader(both, reader.registry).fetch_address("alice.eth")
        assert refused.value.is_a(NAMES_UNAVAILABLE)
        assert "eth_call" in liar.asked
    twice = ChainClient(CHAIN_ID, [chain.url, chain.url], "finalized", agree=True)
    found = NameReader(twice, reader.registry).fetch_address("alice.eth")
    assert found is not None
    assert to_checksum(found) == alice
