"""Compare our calls of the delegation registry with eth_abi, and parse its lists."""

import contextlib

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from nft.core.evm.abi import delegations
from nft.core.evm.errors import BadAnswer

ADDRESSES = st.binary(min_size=20, max_size=20)
UINTS = st.integers(0, 2**256 - 1)
CONTRACT, OTHER, NO_RIGHTS = b"\xc0" * 20, b"\xdd" * 20, bytes(32)
ROW = "(uint8,address,address,bytes32,address,uint256,uint256)"
NOBODY = bytes(20)


def row(kind: int, vault: bytes, *, rights: bytes = NO_RIGHTS, contract: bytes = NOBODY, token: int = 0) -> tuple:  # type: ignore[type-arg]
    return (kind, b"\xa1" * 20, vault, rights, contract, token, 1)


def vaults(*rows: object, most: int = 8) -> list[bytes]:
    return delegations.parse_vaults(encode([f"{ROW}[]"], [rows]), CONTRACT, 7, most)


@given(ADDRESSES, ADDRESSES, ADDRESSES, UINTS)
def test_questions_are_those_of_eth_abi(to: bytes, vault: bytes, contract: bytes, token_id: int) -> None:
    types = "address,address,address,uint256,bytes32"
    asked = encode(types.split(","), [to, vault, contract, token_id, NO_RIGHTS])
    for name, build in (
        ("checkDelegateForERC721", delegations.build_check_delegate_for_erc721),
        ("checkDelegateForERC1155", delegations.build_check_delegate_for_erc1155),
    ):
        assert build(to, vault, contract, token_id) == keccak(text=f"{name}({types})")[:4] + asked
    incoming = keccak(text="getIncomingDelegations(address)")[:4] + encode(["address"], [to])
    assert delegations.build_get_incoming_delegations(to) == incoming


@pytest.mark.parametrize(
    ("delegation", "covers"),
    [
        (row(1, OTHER), True),
        (row(2, OTHER, contract=CONTRACT), True),
        (row(5, OTHER, contract=CONTRACT, token=7), True),
        (row(2, OTHER, contract=OTHER), False),
        (row(5, OTHER, contract=CONTRACT, token=8), False),
        (row(3, OTHER, contract=CONTRACT, token=7), False),
        (row(4, OTHER, contract=CONTRACT), False),
        (row(1, OTHER, rights=b"vote".ljust(32, b"\0")), False),
        (row(1, NOBODY), False),
    ],
)
def test_only_vaults_that_may_cover_the_token_are_named(delegation: object, covers: bool) -> None:
    assert vaults(delegation) == ([OTHER] if covers else [])


def test_each_vault_is_named_once_and_no_more_than_asked_for() -> None:
    many = [row(1, bytes([number]) * 20) for number in (1, 1, 2, 3)]
    assert vaults(*many, most=2) == [b"\1" * 20, b"\2" * 20]


@given(st.binary(max_size=600))
def test_garbage_is_refused_or_names_whole_addresses(answer: bytes) -> None:
    with contextlib.suppress(BadAnswer):
        assert all(len(vault) == 20 for vault in delegations.parse_vaults(answer, CONTRACT, 7, 8))
