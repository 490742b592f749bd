"""Sponsoring is off by default, and unsafe combinations of settings stop the start."""

from __future__ import annotations

from typing import Any

import pytest

from avatarsite.settings import sponsoring
from nft.checks import check_sponsoring
from nft.testing.genesis import CHAIN_ID

SAFE = "0x" + "5a" * 32


@pytest.fixture
def paying(settings: Any) -> Any:
    settings.LOCAL_STACK = False
    settings.NFT_SPONSOR_CHAINS, settings.NFT_SPONSOR_KEYS = [CHAIN_ID], {CHAIN_ID: SAFE}
    settings.NFT_SPONSOR_SIGNER = ""
    settings.NFT_CHAINS = {CHAIN_ID: settings.NFT_CHAINS[CHAIN_ID] | {"avatar_contract": "0x" + "11" * 20}}
    return settings


def said() -> str:
    return " ".join(str(message.msg) for message in check_sponsoring(None))


def test_a_key_of_its_own_on_a_chain_with_our_contract_passes(paying: Any) -> None:
    assert said() == ""


def test_each_unsafe_combination_is_reported(paying: Any) -> None:
    paying.NFT_SPONSOR_KEYS = {CHAIN_ID: sponsoring.LOCAL_KEY}
    assert "everybody knows" in said()
    paying.NFT_SPONSOR_KEYS = {}
    assert "Nothing signs" in said()
    paying.NFT_SPONSOR_KEYS = {CHAIN_ID: "0xsecret"}
    assert "no private key" in said()
    assert "secret" not in said()
    paying.NFT_SPONSOR_KEYS, paying.NFT_SPONSOR_SIGNER = {CHAIN_ID: SAFE}, "kms.signer"
    assert "Both" in said()
    paying.NFT_SPONSOR_SIGNER, paying.NFT_SPONSOR_CHAINS = "", [5]
    assert "chain 5" in said()
    paying.NFT_SPONSOR_CHAINS = [CHAIN_ID]
    paying.NFT_CHAINS = {CHAIN_ID: paying.NFT_CHAINS[CHAIN_ID] | {"avatar_contract": ""}}
    assert "no contract" in said()


def test_the_environment_says_who_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sponsoring.read_chains(is_local=False) == []
    assert sponsoring.read_keys([], is_local=False) == {}
    monkeypatch.setenv("NFT_SPONSOR_CHAINS", "1, 8453")
    monkeypatch.setenv("NFT_SPONSOR_KEY", SAFE)
    assert sponsoring.read_keys(sponsoring.read_chains(is_local=False), is_local=False) == {1: SAFE, 8453: SAFE}
    monkeypatch.setenv("NFT_SPONSOR_KEY", '{"1": "0xaa"}')
    assert sponsoring.read_keys([1], is_local=False) == {1: "0xaa"}
    monkeypatch.setenv("NFT_SPONSOR_BUDGET_PER_DAY", "0.5")
    assert sponsoring.read_budget() == 5 * 10**17


def test_a_wrong_key_is_refused_without_being_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.exceptions import ImproperlyConfigured

    monkeypatch.setenv("NFT_SPONSOR_KEY", "{secret")
    with pytest.raises(ImproperlyConfigured) as caught:
        sponsoring.read_keys([1], is_local=False)
    assert "secret" not in str(caught.value)
