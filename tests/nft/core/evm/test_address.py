"""Parse addresses, and refuse mistyped ones by their checksum."""

import contextlib

import pytest
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from nft.core.errors import InvalidIdentifier
from nft.core.evm.address import ZERO, parse_address, to_checksum

# https://eips.ethereum.org/EIPS/eip-55, "Test Cases"
EIP55 = [
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]


@pytest.mark.parametrize("text", EIP55)
def test_the_vectors_of_eip_55_come_back_as_written(text: str) -> None:
    assert to_checksum(parse_address(text)) == text


@pytest.mark.parametrize("text", EIP55)
def test_one_case_throughout_needs_no_checksum(text: str) -> None:
    assert parse_address("0x" + text[2:].lower()) == parse_address("0x" + text[2:].upper()) == parse_address(text)


def test_a_letter_of_wrong_case_is_a_mistyped_address() -> None:
    with pytest.raises(InvalidIdentifier, match="checksum"):
        parse_address("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0x",
        "52908400098527886E0F7030069857D2E4169EE7",
        "0X52908400098527886E0F7030069857D2E4169EE7",
        "0x52908400098527886E0F7030069857D2E4169EE",
        "0x52908400098527886E0F7030069857D2E4169EE70",
        "0x52908400098527886E0F7030069857D2E4169EE7\n",
        " 0x52908400098527886E0F7030069857D2E4169EE7",
        "0x5290840009852788\u0666E0F7030069857D2E4169EE7",
        "vitalik.eth",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidIdentifier):
        parse_address(text)


@given(st.binary(min_size=20, max_size=20))
def test_text_and_bytes_round_trip_and_agree_with_eth_utils(address: bytes) -> None:
    text = to_checksum(address)
    assert text == to_checksum_address(address)
    assert parse_address(text) == address


@given(st.text())
def test_any_text_is_an_address_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidIdentifier):
        assert len(parse_address(text)) == 20


def test_only_20_bytes_have_a_checksum() -> None:
    assert to_checksum(ZERO) == "0x" + 40 * "0"
    with pytest.raises(InvalidIdentifier):
        to_checksum(bytes(19))
