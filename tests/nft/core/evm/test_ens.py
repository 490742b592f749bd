"""Normalize and hash ENS names as the standards print them; refuse all others with the reason."""

import pytest
from ens_normalize import DisallowedSequence, ens_normalize
from hypothesis import given
from hypothesis import strategies as st

from nft.core.errors import InvalidIdentifier
from nft.core.evm.ens import (
    ancestors,
    dns_encode,
    evm_coin_type,
    labelhash,
    looks_like_name,
    namehash,
    normalize_name,
    reverse_name,
)
from nft.core.evm.token import TokenStandard
from nft.core.tokens import avatar_record
from nft.core.tokens.avatar_record import parse_avatar_record
from nft.core.tokens.paste import AssetReference
from profiles.errors import Kind
from tests.kit.errors import raises_kind

ADDRESS = bytes.fromhex("0f32b753afc8abad9ca6fe589f707755f4df2353")


@pytest.mark.parametrize(
    ("name", "node"),
    [  # EIP-137; the last is EIP-181's ADDR_REVERSE_NODE
        ("", "0000000000000000000000000000000000000000000000000000000000000000"),
        ("eth", "93cdeb708b7545dc668eb9280176169d1c33cfd8ed6f04690a0bcc88a93fc4ae"),
        ("foo.eth", "de9b09fd7c5f901e23a3f19fecc54828e9c848539801e86591bd9801b019f84f"),
        ("addr.reverse", "91d1777781884d03a6757a803996e38de2a42967fb37eeaca72729271025a9e2"),
    ],
)
def test_nodes_are_those_of_the_standards(name: str, node: str) -> None:
    assert namehash(name).hex() == node


def test_labels_hash_alone() -> None:
    assert labelhash("eth").hex() == "4f5b812789fc606be1b3b16908db13fc7a9adf7ca72641f84d75b47069d3d7f0"  # EIP-137


def test_the_wire_form_counts_each_label_and_ends_with_zero() -> None:
    assert dns_encode("") == b"\0"  # ENSIP-10
    assert dns_encode("extended-resolver.eth") == b"\x11extended-resolver\x03eth\0"
    with pytest.raises(InvalidIdentifier):
        dns_encode("a..eth")


@pytest.mark.parametrize(
    ("chain_id", "place"),
    [(42161, "8000a4b1"), (10, "8000000a"), (8453, "80002105"), (1101, "8000044d"), (324, "80000144")],  # ENSIP-19
)
def test_an_address_names_itself_once_for_each_chain(chain_id: int, place: str) -> None:
    assert reverse_name(ADDRESS, evm_coin_type(chain_id)) == f"{ADDRESS.hex()}.{place}.reverse"
    assert reverse_name(ADDRESS) == f"{ADDRESS.hex()}.addr.reverse"  # ENSIP-3


def test_a_chain_whose_number_is_too_large_has_no_addresses_in_names() -> None:
    with pytest.raises(InvalidIdentifier):
        evm_coin_type(0x80000000)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Alice.ETH", "alice.eth"),
        ("_alice.eth", "_alice.eth"),
        ("ÑANDÚ.eth", "ñandú.eth"),
        ("n\u0303andu\u0301.eth", "ñandú.eth"),
        ("RaFFY🚴‍♂️.eTh", "raffy🚴‍♂.eth"),  # ENSIP-15's own example
        ("1️⃣2️⃣.eth", "1⃣2⃣.eth"),
    ],
)
def test_a_name_has_one_normal_form(text: str, name: str) -> None:
    assert normalize_name(text) == name
    assert normalize_name(name) == name


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "1 to 255 characters"),
        ("a" * 256, "1 to 255 characters"),
        ("alice..eth", "empty label"),
        (".eth", "empty label"),
        ("alice.eth.", "empty label"),
        ("ali ce.eth", "disallowed character"),
        ("al_ice.eth", "underscore"),
        ("xn--alice.eth", "'--'"),
        ("\u0430pple.eth", "visually confusing"),  # its first letter is Cyrillic
        ("ali\u200dce.eth", "invisible"),
        ("ali\u202ece.eth", "disallowed character"),
        ("\u0301alice.eth", "combining mark"),
        (".".join("abcdefghijklm"), "13 parts"),
    ],
)
def test_what_is_no_name_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidIdentifier, match=reason) as refused:
        normalize_name(text)
    assert "\u202e" not in str(refused.value)


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=30))
def test_plain_names_are_what_the_library_makes_of_them(text: str) -> None:
    """The fast path for plain names agrees with the library."""
    try:
        expected: str | None = ens_normalize(text) or None
    except DisallowedSequence:
        expected = None
    try:
        got: str | None = normalize_name(text)
    except InvalidIdentifier:
        got = None
    assert got == expected or text.count(".") >= 12


@given(st.text(max_size=60))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    try:
        name = normalize_name(text)
    except InvalidIdentifier:
        return
    assert normalize_name(name) == name
    assert len(namehash(name)) == 32
    assert ancestors(name)[0] == name
    assert dns_encode(name).count(b"\0") >= 1


@pytest.mark.parametrize(
    "text", ["alice.eth", "Alice.ETH", "a.b.c", "ñandú.eth", "alice..eth", "opensea.io", "0x1.eth"]
)
def test_words_with_dots_between_them_are_meant_as_names(text: str) -> None:
    assert looks_like_name(text)


@pytest.mark.parametrize(
    "text", ["alice", "0x" + "11" * 20, "https://a.eth", "a.eth/1", "a b.eth", "a@b.eth", "a#1.eth"]
)
def test_other_words_are_not(text: str) -> None:
    assert not looks_like_name(text)


@pytest.mark.parametrize(
    ("record", "standard"),
    [
        ("eip155:1/erc721:0xbc4ca0eda7647a8ab7c2061c2e118a18a936f13d/0", TokenStandard.ERC721),  # ENSIP-12's own
        (" eip155:1/erc1155:0xbc4ca0eda7647a8ab7c2061c2e118a18a936f13d/0\n", TokenStandard.ERC1155),
    ],
)
def test_an_avatar_record_may_name_a_token(record: str, standard: TokenStandard) -> None:
    contract = bytes.fromhex("bc4ca0eda7647a8ab7c2061c2e118a18a936f13d")
    assert parse_avatar_record("alice.eth", record) == AssetReference(1, contract, 0, standard)


@pytest.mark.parametrize(
    ("record", "kind", "words"),
    [
        ("", avatar_record.NO_RECORD, "alice.eth has no picture"),
        (
            "https://ipfs.io/ipfs/QmRRPWG96cmgTn2qSzjwr2qvfNEuhunv6FNeMFGa9bx6mQ",
            avatar_record.NOT_A_TOKEN,
            "web address",
        ),
        ("ipfs://QmRRPWG96cmgTn2qSzjwr2qvfNEuhunv6FNeMFGa9bx6mQ", avatar_record.NOT_A_TOKEN, "file on IPFS"),
        ("data:image/png;base64,AAAA", avatar_record.NOT_A_TOKEN, "the record itself"),
        ("eip155:1/erc20:0xbc4ca0eda7647a8ab7c2061c2e118a18a936f13d/0", avatar_record.BAD_IDENTIFIER, "erc20"),
        ("eip155:1/erc721:0xBC4ca0eda7647a8ab7c2061c2e118a18a936f13d/0", avatar_record.BAD_IDENTIFIER, "checksum"),
        ("javascript:alert(1)", avatar_record.BAD_IDENTIFIER, "no token we can read"),
    ],
)
def test_an_avatar_record_that_is_no_token_says_what_it_is(record: str, kind: Kind, words: str) -> None:
    with raises_kind(kind, match=words):
        parse_avatar_record("alice.eth", record)
