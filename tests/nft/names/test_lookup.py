"""ENS names in forms: claim the token of a name's avatar record, and send a token to a name."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from web3.contract import Contract

from nft.claims.claiming import create_claim
from nft.claims.errors import NAMES_UNAVAILABLE, REFERENCE_REFUSED, ClaimError
from nft.core.evm.address import to_checksum
from nft.core.evm.ens import evm_coin_type
from nft.errors import RATE_LIMITED
from nft.models import TokenClaim
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from nft.transfers import errors, sending
from nft.transfers.sending import find_receiver
from profiles.people.profiles import profile_of
from tests.kit.errors import raises_kind
from tests.kit.world import World, claim_of, mint, person, pinned_metadata
from tests.servers.names import Names

pytestmark = pytest.mark.django_db


def set_avatar_record(names: Names, record: str) -> None:
    names.set_text("alice.eth", names.chain.accounts[1], "avatar", record)


def test_a_pasted_name_is_claimed_as_its_token(
    browser: Client, site_with_names: Names, chain: Chain, contract: Contract
) -> None:
    token_id = mint(chain, contract, chain.accounts[1], pinned_metadata())
    set_avatar_record(site_with_names, f"eip155:{CHAIN_ID}/erc721:{contract.address}/{token_id}")
    assert b"Your ENS name" in browser.get(reverse("nft:tokens")).content
    answer: Any = browser.post(reverse("nft:claim_create"), {"reference": " Alice.ETH "})
    claim = TokenClaim.objects.get()
    assert answer.url == reverse("nft:claim_detail", args=[claim.pk])
    assert (claim.contract_text, claim.token_id, claim.standard) == (contract.address, token_id, "erc721")
    assert claim.state == "pending"  # whose it is, only the chain says


NO_TOKENS = [
    ("alice.eth", "", "has no picture"),
    ("nobody.eth", "", "has no picture"),
    ("alice.eth", "https://example.org/me.png", "is no token but a web address"),
    ("alice.eth", "eip155:10/erc721:0x" + "11" * 20 + "/1", "is on Optimism. This site supports"),
    ("alice.eth", "eip155:31337/erc20:0x" + "11" * 20 + "/1", "names no token we can read"),
    ("alic\u0435.eth", "", "visually confusing"),
    ("alice..eth", "", "empty label"),
]


def test_a_name_without_a_token_is_refused_with_the_reason(alice: User, world: World, site_with_names: Names) -> None:
    for pasted, record, sentence in NO_TOKENS:
        set_avatar_record(site_with_names, record)
        cache.clear()
        with pytest.raises(ClaimError, match=sentence) as refused:
            create_claim(alice, pasted, world.now, clients=world.clients)
        assert refused.value.is_a(REFERENCE_REFUSED)
    assert not TokenClaim.objects.exists()


def test_an_outage_is_not_cached(alice: User, world: World, site_with_names: Names, contract: Contract) -> None:
    set_avatar_record(site_with_names, f"eip155:{CHAIN_ID}/erc721:{contract.address}/1")
    with world.dead_chain(), pytest.raises(ClaimError, match="can't be looked up right now") as refused:
        create_claim(alice, "alice.eth", world.now, clients=world.clients)
    assert refused.value.is_a(NAMES_UNAVAILABLE)
    assert not refused.value.permanent
    assert create_claim(alice, "alice.eth", world.now, clients=world.clients).token_id == 1


def test_a_record_is_cached(alice: User, world: World, site_with_names: Names, contract: Contract) -> None:
    with pytest.raises(ClaimError) as refused:
        create_claim(alice, "alice.eth", world.now, clients=world.clients)
    assert refused.value.is_a(REFERENCE_REFUSED)
    with world.dead_chain(), pytest.raises(ClaimError, match="has no picture"):
        create_claim(alice, "alice.eth", world.now, clients=world.clients)


def test_without_a_registry_people_are_told_what_to_paste(alice: User, world: World, settings: Any) -> None:
    settings.NFT_CHAINS = {CHAIN_ID: settings.NFT_CHAINS[CHAIN_ID] | {"ens_registry": ""}}
    with pytest.raises(ClaimError, match="is a name; paste the contract") as refused:
        create_claim(alice, "alice.eth", world.now, clients=world.clients)
    assert refused.value.is_a(REFERENCE_REFUSED)
    with raises_kind(errors.RECEIVER_REFUSED, match="does not look up names"):
        find_receiver("alice.eth", CHAIN_ID, alice, world.clients)


def test_a_token_is_sent_to_a_name_after_its_address_was_shown(
    browser: Client, alice: User, world: World, chain: Chain, site_with_names: Names, contract: Contract
) -> None:
    bob = chain.accounts[2]
    site_with_names.give_whole("bob.eth", bob)
    claim = claim_of(world, alice, contract, mint(chain, contract, chain.accounts[1], pinned_metadata()))
    page = reverse("nft:transfer", args=[claim.pk])
    assert b"ENS name" in browser.get(page).content
    answer: Any = browser.post(page, {"to": "Bob.eth"})
    content = answer.content.decode()
    assert "<strong>bob.eth</strong>" in content
    assert f"<code>{bob}</code>" in content
    transaction = answer.context["transaction"]
    assert bob.lower()[2:] in transaction["data"]
    refused: Any = browser.post(page, {"to": "nobody.eth"})
    assert refused.status_code == 422
    assert "We found no address for nobody.eth on Local chain." in refused.content.decode()


def test_a_name_is_looked_up_for_each_transfer(alice: User, world: World, chain: Chain, site_with_names: Names) -> None:
    bob, mallory = chain.accounts[2:4]
    site_with_names.give_whole("bob.eth", bob)
    assert find_receiver("bob.eth", CHAIN_ID, alice, world.clients).address == bob
    site_with_names.set_address("bob.eth", bob, mallory)
    assert find_receiver("bob.eth", CHAIN_ID, alice, world.clients).address == mallory
    with world.dead_chain(), raises_kind(errors.NAMES_UNAVAILABLE):
        find_receiver("bob.eth", CHAIN_ID, alice, world.clients)


def test_the_address_of_one_chain_is_not_used_on_another(
    alice: User, world: World, chain: Chain, site_with_names: Names
) -> None:
    bob = chain.accounts[2]
    site_with_names.give_whole("bob.eth", bob)
    with raises_kind(errors.RECEIVER_REFUSED, match="We found no address for .* on Chain 8453"):
        find_receiver("bob.eth", 8453, alice, world.clients)
    site_with_names.set_address_for("bob.eth", bob, evm_coin_type(8453), b"\x22" * 20)
    assert find_receiver("bob.eth", 8453, alice, world.clients).address == to_checksum(b"\x22" * 20)


def test_a_token_is_sent_to_a_person_here_who_shows_an_account(
    browser: Client, alice: User, world: World, chain: Chain, contract: Contract
) -> None:
    profile_of(person("bob", chain.accounts[2], public=True))
    profile_of(person("carol", chain.accounts[3]))
    claim = claim_of(world, alice, contract, mint(chain, contract, chain.accounts[1], pinned_metadata()))
    page = reverse("nft:transfer", args=[claim.pk])
    content = browser.post(page, {"to": "@Bob"}).content.decode()
    assert "@bob" in content
    assert f"<code>{chain.accounts[2]}</code>" in content
    hidden, nobody = (browser.post(page, {"to": who}).content.decode() for who in ("carol", "dave"))
    assert chain.accounts[3] not in hidden
    assert "shows an account on Local chain" in hidden
    assert "shows an account on Local chain" in nobody


def test_look_ups_of_receivers_are_rate_limited(
    alice: User, world: World, site_with_names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "NAMES_PER_HOUR", 1)
    find_receiver("alice.eth", CHAIN_ID, alice, world.clients)
    with raises_kind(RATE_LIMITED) as refused:
        find_receiver("alice.eth", CHAIN_ID, alice, world.clients)
    assert refused.value.retry_after
