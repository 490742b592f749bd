"""The signature trial (ERC-6492) is the code that the contracts folder compiles."""

import json
from pathlib import Path

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from nft.core.errors import CoreError
from nft.core.evm.abi.signature_calls import TRIAL_CODE, build_signature_trial, parse_signature_trial
from nft.core.evm.errors import BadAnswer

ARTIFACT = Path(__file__).resolve().parents[4] / "contracts" / "artifacts" / "SignatureTrial.json"
ADDRESSES = st.binary(min_size=20, max_size=20)
TYPES = ["address", "bytes32", "bytes", "address", "bytes"]


def test_it_is_the_compiled_contract() -> None:
    artifact = json.loads(ARTIFACT.read_text())
    assert artifact["bytecode"] == "0x" + TRIAL_CODE.hex()
    constructor = next(entry for entry in artifact["abi"] if entry["type"] == "constructor")
    assert [argument["type"] for argument in constructor["inputs"]] == TYPES


@given(ADDRESSES, st.binary(min_size=32, max_size=32), st.binary(max_size=200), ADDRESSES, st.binary(max_size=200))
def test_its_arguments_are_encoded_as_any_library_does(
    account: bytes, digest: bytes, signature: bytes, factory: bytes, call: bytes
) -> None:
    expected = encode(TYPES, [account, digest, signature, factory, call])
    assert build_signature_trial(account, digest, signature, factory, call) == TRIAL_CODE + expected


def test_a_hash_has_32_bytes() -> None:
    with pytest.raises(CoreError):
        build_signature_trial(bytes(20), bytes(31), b"", bytes(20), b"")


def test_the_largest_question_is_no_larger_than_creation_code_may_be() -> None:
    """The limit is 49,152 bytes (EIP-3860), far above the longest signature that is read."""
    assert len(build_signature_trial(bytes(20), bytes(32), bytes(8192), bytes(20), bytes(8192))) < 49_152


@pytest.mark.parametrize(("word", "is_yes"), [(0, False), (1, True)])
def test_it_answers_one_word(word: int, is_yes: bool) -> None:
    assert parse_signature_trial(word.to_bytes(32, "big")) is is_yes


@pytest.mark.parametrize("answer", [b"", b"\1", bytes(31), bytes(33), bytes(31) + b"\2", b"\1" + bytes(31)])
def test_anything_else_is_no_answer(answer: bytes) -> None:
    with pytest.raises(BadAnswer):
        parse_signature_trial(answer)
