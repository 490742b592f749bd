"""ENS names in receipts: proved if name and account lead to each other, and never taken from the receipt."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from nft.core.evm.ens import namehash
from tests.kit.receipts import ACCOUNT, STRANGER, Place, ReceiptWorld, serve, text_answer, word
from tests.kit.verifier import Said, load, verify_receipt_here

ENS = "0x" + "55" * 20
RESOLVER = "0x" + "66" * 20
REVERSE = f"{ACCOUNT[2:].lower()}.addr.reverse"
NAME = "alice.eth"


@pytest.fixture
def world() -> Iterator[ReceiptWorld]:
    """A registry in which the account and the name lead to each other."""
    with serve(Place()) as place:
        world = ReceiptWorld(place)
        for name in (NAME, REVERSE):
            answer(place, ENS, "0178b8bf", name, "0x" + word(int(RESOLVER, 16)))
        answer(place, RESOLVER, "691f3431", REVERSE, text_answer(NAME))
        answer(place, RESOLVER, "3b3b57de", NAME, "0x" + word(int(ACCOUNT, 16)))
        yield world


def answer(place: Place, contract: str, selector: str, name: str, said: str) -> None:
    place.calls[f"{contract} {selector}{namehash(name).hex()}"] = said


def verify(world: ReceiptWorld, folder: Path, *options: str, name: str = NAME) -> Said:
    kept = folder / "kept.json"
    kept.write_text(json.dumps(world.sign(world.token(account_name=name))))
    return verify_receipt_here(kept, *world.options, *options)


def test_a_name_that_leads_to_the_account_and_back_is_proved(world: ReceiptWorld, tmp_path: Path) -> None:
    said = verify(world, tmp_path, "--ens-registry", ENS)
    assert (said.code, said.verdicts["account name"]) == (0, "proved"), said.out
    by_other_node = verify(world, tmp_path, "--ens-registry", ENS, "--ens-rpc", f"{world.place.url}/rpc")
    assert (by_other_node.code, by_other_node.verdicts["account name"]) == (0, "proved")


def test_a_registry_that_nobody_named_proves_nothing(world: ReceiptWorld, tmp_path: Path) -> None:
    said = verify(world, tmp_path)
    assert (said.code, said.verdicts["account name"]) == (3, "not checked")
    assert "--ens-rpc" in said.sentences["account name"]


def other_reverse(place: Place) -> None:
    answer(place, RESOLVER, "691f3431", REVERSE, text_answer("bob.eth"))


def other_address(place: Place) -> None:
    answer(place, RESOLVER, "3b3b57de", NAME, "0x" + word(int(STRANGER, 16)))


@pytest.mark.parametrize("change", [other_reverse, other_address])
def test_a_name_that_leads_elsewhere_is_not_proved(
    change: Callable[[Place], None], world: ReceiptWorld, tmp_path: Path
) -> None:
    change(world.place)
    said = verify(world, tmp_path, "--ens-registry", ENS)
    assert (said.code, said.verdicts["account name"]) == (1, "NOT PROVED")


def test_another_name_than_the_account_s_is_not_proved(world: ReceiptWorld, tmp_path: Path) -> None:
    said = verify(world, tmp_path, "--ens-registry", ENS, name="vitalik.eth")
    assert (said.code, said.verdicts["account name"]) == (1, "NOT PROVED")


@pytest.mark.parametrize("missing", [NAME, REVERSE])
def test_a_name_that_other_resolvers_may_know_is_not_checked(missing: str, world: ReceiptWorld, tmp_path: Path) -> None:
    answer(world.place, ENS, "0178b8bf", missing, "0x" + word(0))
    said = verify(world, tmp_path, "--ens-registry", ENS)
    assert (said.code, said.verdicts["account name"]) == (3, "not checked")


@given(st.binary(max_size=400))
def test_the_script_hashes_as_the_site_does(data: bytes) -> None:
    assert load("verify_names").keccak(data) == keccak(data)


@given(st.text("abcxyz-0123é", min_size=1, max_size=12))
def test_the_script_finds_names_where_the_site_does(label: str) -> None:
    assert load("verify_names").namehash(f"{label}.eth") == int.from_bytes(namehash(f"{label}.eth"), "big")
