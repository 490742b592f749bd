"""Contracts that predate the standards, rented tokens and staked tokens work by settings alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from eth_hash.auto import keccak
from eth_utils.address import to_checksum_address

from avatarsite.settings.chains import read_chains
from nft.claims.claiming import create_claim
from nft.core.evm.address import parse_address
from nft.models import TokenClaim
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from tests.kit.world import World, person, shown, sweep
from tests.servers.chain import start_chain
from tests.servers.places import Places

pytestmark = pytest.mark.django_db
PUNKS, ART, STAKING = ("0x" + digit * 40 for digit in "abc")
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path fill="teal" d="M1 1h7v7z"/></svg>'


def code_that_answers(answers: dict[str, bytes]) -> str:
    """EVM code that answers functions, whatever their arguments, and refuses all others."""
    cases, offset = b"", 0
    size = 6 + 11 * len(answers) + 4
    bodies, data = b"", b""
    data_start = size + 16 * len(answers)
    for signature, answer in answers.items():
        target = size + 16 * offset
        cases += b"\x80\x63" + keccak(signature.encode())[:4] + b"\x14\x61" + target.to_bytes(2, "big") + b"\x57"
        length, start = len(answer).to_bytes(2, "big"), (data_start + len(data)).to_bytes(2, "big")
        bodies += b"\x5b\x61" + length + b"\x61" + start + b"\x5f\x39\x61" + length + b"\x5f\xf3\x00\x00"
        data, offset = data + answer, offset + 1
    return "0x" + (b"\x60\x00\x35\x60\xe0\x1c" + cases + b"\x5f\x5f\xfd\x00" + bodies + data).hex()


def address_word(address: str) -> bytes:
    return parse_address(address).rjust(32, b"\0")


def text_answer(text: str) -> bytes:
    data = text.encode()
    padded = data + b"\0" * (-len(data) % 32)
    return (32).to_bytes(32, "big") + len(data).to_bytes(32, "big") + padded


def place(chain: Chain, address: str, answers: dict[str, bytes]) -> None:
    """Place a contract as of the next block: the newest one's header does not know of it."""
    chain.rpc("anvil_setCode", address, code_that_answers(answers))
    chain.mine(3)


def resolve(settings: Any, rule: dict[str, str]) -> None:
    rules = {"0x" + PUNKS[2:].upper(): rule}
    settings.NFT_CHAINS = {CHAIN_ID: settings.NFT_CHAINS[CHAIN_ID] | {"resolvers": rules}}


def claimed(world: World, chain: Chain, token_id: int = 7) -> TokenClaim:
    alice = person("alice", chain.accounts[1])
    contract = to_checksum_address(PUNKS)
    return world.verify_and_fetch(create_claim(alice, f"{contract} {token_id}", world.now))


def test_a_punk_is_shown_with_its_picture_from_the_chain(world: World, chain: Chain, settings: Any) -> None:
    place(chain, PUNKS, {"punkIndexToAddress(uint256)": address_word(chain.accounts[1])})
    place(chain, ART, {"punkImageSvg(uint16)": text_answer("data:image/svg+xml;utf8," + SVG)})
    resolve(
        settings,
        {"owner_call": "punkIndexToAddress(uint256)", "uri_call": "punkImageSvg(uint16)", "uri_contract": ART},
    )
    claim = claimed(world, chain)
    assert (claim.state, claim.picture.proof) == ("owned", "inline")
    assert shown(claim.user, world.now).mark
    place(chain, PUNKS, {"punkIndexToAddress(uint256)": address_word(chain.accounts[2])})
    world.later(minutes=16)
    sweep(world)
    claim.refresh_from_db()
    assert (claim.state, claim.reason) == ("not_owned", "held_by_other")


def test_without_its_resolver_the_same_contract_answers_nothing(world: World, chain: Chain) -> None:
    place(chain, PUNKS, {"punkIndexToAddress(uint256)": address_word(chain.accounts[1])})
    assert claimed(world, chain).state == "not_owned"


def test_who_rents_a_token_shows_it_until_the_rent_ends(world: World, chain: Chain, settings: Any) -> None:
    owner = {"ownerOf(uint256)": address_word(chain.accounts[5])}
    uri = {"tokenURI(uint256)": text_answer("data:image/svg+xml;utf8," + SVG)}
    place(chain, PUNKS, owner | uri | {"userOf(uint256)": address_word(chain.accounts[1])})
    resolve(settings, {"owner_call": "userOf(uint256)"})
    claim = claimed(world, chain)
    assert shown(claim.user, world.now).mark
    place(chain, PUNKS, owner | uri | {"userOf(uint256)": bytes(32)})
    world.later(minutes=16)
    sweep(world)
    assert not shown(claim.user, world.now).mark


def test_a_staked_token_counts_for_its_staker(world: World, chain: Chain, settings: Any) -> None:
    place(chain, PUNKS, {"ownerOf(uint256)": address_word(STAKING)})
    place(chain, STAKING, {"stakerOf(uint256)": address_word(chain.accounts[1])})
    rule = {"owner_call": "stakerOf(uint256)", "owner_contract": STAKING, "uri": "data:image/svg+xml;utf8," + SVG}
    resolve(settings, rule)
    assert claimed(world, chain).state == "owned"


@pytest.mark.parametrize("rule", [{"owner_call": "x"}, {"owner": "y"}, {"uri_contract": "0x1"}])
def test_a_resolver_that_makes_no_sense_stops_the_start(rule: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    import json

    chain = {"name": "Ethereum", "rpc_urls": ["https://one.example"], "resolvers": {PUNKS: rule}}
    monkeypatch.setenv("NFT_CHAINS", json.dumps({"1": chain}))
    with pytest.raises(ImproperlyConfigured, match="resolver"):
        read_chains(None)


def test_another_chain_is_settings_only(places: Places, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import json

    from localstack.processes import free_port
    from nft.claims.checking import verify_claim
    from nft.clients.bundle import get_clients
    from nft.clients.evm.chain import get_chain
    from tests.kit.world import NOW, deploy_avatar_token, mint

    other = start_chain(places, free_port(), chain_id=777)
    try:
        entry = {"name": "Other", "rpc_urls": [other.url], "confirmed": 0, "max_block_age": None}
        monkeypatch.setenv("NFT_CHAINS", json.dumps({"777": entry}))
        settings.NFT_CHAINS = read_chains(None)
        assert get_chain(777).head().number >= 0
        contract = deploy_avatar_token(other)
        token_id = mint(other, contract, other.accounts[1], "ipfs://x")
        alice = person("alice", other.accounts[1])
        claim = create_claim(alice, f"eip155:777/erc721:{contract.address}/{token_id}", NOW)
        verify_claim(claim.pk, NOW, get_clients())
        claim.refresh_from_db()
        assert claim.state == "owned"
    finally:
        other.running.kill()
