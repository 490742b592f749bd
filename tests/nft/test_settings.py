"""Settings of a host project: each has a default, and a wrong one is told by its name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from nft.settings import NftSettings, conf, setting_errors
from nft.settings.chains import chains, default_chain_id, describe_chain, ens_chain, parse_chains

NODE = ["https://node.example/v2/secret"]
OURS = "0x00000000000C2E074eC69A0dFb2997BA6C7d2e1e"


def wrong_entry(**entry: Any) -> str:
    with pytest.raises(ImproperlyConfigured) as caught:
        parse_chains({5: {"name": "Five", "rpc_urls": NODE, **entry}})
    return str(caught.value)


@pytest.fixture
def foreign(settings: Any) -> Iterator[None]:
    """A project that sets nothing of ours. Django sends no signal for what is deleted."""
    for name in [name for name in dir(django_settings) if name.startswith("NFT_")]:
        delattr(settings, name)
    for cached in (conf, chains):
        cached.cache_clear()
    yield
    for cached in (conf, chains):
        cached.cache_clear()


@pytest.mark.usefixtures("foreign")
def test_a_project_without_our_settings_has_all_defaults() -> None:
    assert conf() == NftSettings()
    assert dict(chains()) == {}
    assert (default_chain_id(), ens_chain(), describe_chain(7).name) == (1, None, "Chain 7")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NFT_SWEEP_PERIOD", "900"),
        ("NFT_SWEEP_PERIOD", True),
        ("NFT_HTTP_PER_MINUTE", -1),
        ("NFT_HTTP_ALLOW_PLAIN", 1),
        ("NFT_IPFS_GATEWAYS", "https://one.example"),
        ("NFT_LOGIN", None),
        ("NFT_COLLECTION_POLICY", "some"),
        ("NFT_INDEXERS", [{"adapter": "nft.clients.indexers.Alchemy", "chain_id": 1}]),
        ("NFT_INDEXERS", [{"adapter": "nft.clients.indexers.Alchemy", "chain_id": 1, "url": "secret"}]),
        ("NFT_PINNERS", [{"name": "ours", "kind": "kubo", "url": "https://a.example", "key": "secret"}]),
        ("NFT_PINNERS", [{"name": "ours", "kind": "kubo", "url": "https://a.example"}] * 2),
        ("NFT_SPONSOR_CHAINS", 5),
        ("NFT_SPONSOR_KEYS", {5: b"secret"}),
        ("NFT_CHAINS", {5: {"name": "Five", "rpc_urls": ["secret"]}}),
        ("NFT_CHAINS", [{"name": "Five"}]),
    ],
)
def test_a_wrong_setting_is_told_by_its_name_and_never_by_its_value(name: str, value: object) -> None:
    with override_settings(**{name: value}):
        [message] = [message for message in run_checks() if message.id == "nft.E004"]
        assert str(message.msg).startswith(f"{name}: ")
        assert "secret" not in str(message.msg)


def test_several_wrong_settings_are_told_at_once() -> None:
    with override_settings(NFT_REHASH_DAYS="7", NFT_WATCH_PERIOD=None):
        assert [sentence.split(":")[0] for sentence in setting_errors()] == ["NFT_WATCH_PERIOD", "NFT_REHASH_DAYS"]
        with pytest.raises(ImproperlyConfigured, match="NFT_WATCH_PERIOD"):
            conf()


def test_a_chain_has_defaults_and_types() -> None:
    given = {"name": "Five", "rpc_urls": NODE, "avatar_contract": OURS.lower(), "collections": [OURS]}
    chain = parse_chains({"5": given})[5]
    assert (chain.id, chain.name, chain.confirmed, chain.max_block_age) == (5, "Five", "finalized", 3600)
    assert chain.contracts == {bytes.fromhex(OURS[2:])}
    assert "secret" not in repr(chain)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", ""),
        ("rpc_urls", []),
        ("rpc_urls", "https://node.example"),
        ("ws_url", "https://secret.example"),
        ("wallet_rpc_url", "http://node.example"),
        ("confirmed", -1),
        ("max_block_age", 0),
        ("agree", "yes"),
        ("avatar_contract", OURS[:-1]),
        ("collections", ["0x12"]),
        ("tokens_from_block", "earliest"),
        ("delegate_registry", "delegate.eth"),
        ("resolvers", {OURS: {"owner_call": "ownerOf(address)"}}),
        ("avatar_contracts", OURS),
    ],
)
def test_a_wrong_entry_is_told_with_its_chain_and_key(key: str, value: object) -> None:
    sentence = wrong_entry(**{key: value})
    assert sentence.startswith("NFT_CHAINS: chain 5")
    assert key in sentence
    assert "secret" not in sentence


def test_a_mistyped_letter_of_an_address_is_noticed() -> None:
    assert "ens_registry" in wrong_entry(ens_registry=OURS.replace("eC69", "EC69"))


def test_nothing_is_proved_on_chains_whose_headers_cannot_be_checked() -> None:
    entry = {"name": "Era", "rpc_urls": NODE}
    assert parse_chains({324: entry})[324].proofs == parse_chains({324: entry | {"proofs": "off"}})[324].proofs == "off"
    assert parse_chains({137: entry})[137].proofs == "offered"
    with pytest.raises(ImproperlyConfigured, match="chain 324: the header of this chain cannot be checked"):
        parse_chains({324: entry | {"proofs": "required"}})


def test_names_are_read_on_the_first_chain_with_a_registry() -> None:
    entry = {"name": "A chain", "rpc_urls": NODE}
    with override_settings(NFT_CHAINS={5: entry, 1: entry, 7: {**entry, "ens_registry": OURS}}):
        chain = ens_chain()
        assert chain is not None
        assert chain.id == 1
