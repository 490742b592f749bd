"""Compare our calls with eth_abi byte for byte, and check that malformed answers are refused."""

import contextlib
from collections.abc import Callable
from uuid import UUID

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from nft.core.errors import CoreError
from nft.core.evm.abi import avatar_token, ens_calls, multicall, offchain, signature_calls, token_calls
from nft.core.evm.errors import BadAnswer

ADDRESSES = st.binary(min_size=20, max_size=20)
UINTS = st.integers(0, 2**256 - 1)
DATA = st.binary(max_size=300)


def expected_call(signature: str, *values: object) -> bytes:
    types = signature[signature.index("(") + 1 : -1]
    return keccak(text=signature)[:4] + encode([part for part in types.split(",") if part], values)


@given(ADDRESSES, ADDRESSES, UINTS, UINTS)
def test_calls_of_fixed_size_are_those_of_eth_abi(one: bytes, other: bytes, number: int, amount: int) -> None:
    assert token_calls.build_owner_of(number) == expected_call("ownerOf(uint256)", number)
    assert token_calls.build_token_uri(number) == expected_call("tokenURI(uint256)", number)
    assert token_calls.build_uri(number) == expected_call("uri(uint256)", number)
    assert token_calls.build_balance_of(one, number) == expected_call("balanceOf(address,uint256)", one, number)
    assert token_calls.build_safe_transfer_from(one, other, number) == expected_call(
        "safeTransferFrom(address,address,uint256)", one, other, number
    )
    assert token_calls.build_safe_transfer_from_1155(one, other, number, amount) == expected_call(
        "safeTransferFrom(address,address,uint256,uint256,bytes)", one, other, number, amount, b""
    )


@given(st.uuids(), ADDRESSES, st.text(st.characters(codec="utf-8")), st.binary(min_size=32, max_size=32), DATA)
def test_calls_with_texts_and_bytes_are_those_of_eth_abi(
    request_id: UUID, to: bytes, uri: str, digest: bytes, data: bytes
) -> None:
    assert avatar_token.build_mint_once(request_id, to, uri) == expected_call(
        "mintOnce(bytes32,address,string)", request_id.bytes.rjust(32, b"\0"), to, uri
    )
    assert signature_calls.build_is_valid_signature(digest, data) == expected_call(
        "isValidSignature(bytes32,bytes)", digest, data
    )


@pytest.mark.parametrize(
    ("call", "selector"),  # as printed in the standards
    [
        (token_calls.build_owner_of(1), "6352211e"),
        (token_calls.build_token_uri(1), "c87b56dd"),
        (token_calls.build_uri(1), "0e89341c"),
        (token_calls.build_balance_of(bytes(20), 1), "00fdd58e"),
        (token_calls.build_supports_interface(token_calls.ERC721), "01ffc9a7"),
        (token_calls.build_safe_transfer_from(bytes(20), bytes(20), 1), "42842e0e"),
        (token_calls.build_safe_transfer_from_1155(bytes(20), bytes(20), 1, 1), "f242432a"),
        (signature_calls.build_is_valid_signature(bytes(32), b""), "1626ba7e"),
        (multicall.build_aggregate3([]), "82ad56cb"),
        (ens_calls.build_resolver(bytes(32)), "0178b8bf"),
        (ens_calls.build_addr(bytes(32)), "3b3b57de"),
        (ens_calls.build_addr_of_coin(bytes(32), 60), "f1cb7e06"),
        (ens_calls.build_text(bytes(32), ""), "59d1d43c"),
        (ens_calls.build_name_of(bytes(32)), "691f3431"),
        (ens_calls.build_resolve(b"", b""), "9061b923"),
        (ens_calls.build_set_text(bytes(32), "", ""), "10f13a8c"),
        (offchain.OFFCHAIN_LOOKUP, "556f1830"),
    ],
)
def test_selectors_are_those_of_the_standards(call: bytes, selector: str) -> None:
    assert call[:4].hex() == selector


@given(st.binary(min_size=32, max_size=32), UINTS, st.text(st.characters(codec="utf-8")), DATA, DATA)
def test_calls_about_names_are_those_of_eth_abi(node: bytes, coin: int, key: str, name: bytes, call: bytes) -> None:
    assert ens_calls.build_addr_of_coin(node, coin) == expected_call("addr(bytes32,uint256)", node, coin)
    setting = expected_call("setText(bytes32,string,string)", node, key, key)
    assert ens_calls.build_set_text(node, key, key) == setting
    assert ens_calls.build_text(node, key) == expected_call("text(bytes32,string)", node, key)
    assert ens_calls.build_resolve(name, call) == expected_call("resolve(bytes,bytes)", name, call)


@given(ADDRESSES.filter(any), DATA)
def test_answers_about_names_are_read(address: bytes, content: bytes) -> None:
    assert ens_calls.parse_addr(encode(["address"], [address])) == address
    assert ens_calls.parse_resolver(bytes(32)) is None
    assert ens_calls.parse_addr_of_coin(encode(["bytes"], [address])) == address
    assert ens_calls.parse_resolve(encode(["bytes"], [content])) == content
    for nothing in (b"", bytes(20)):
        assert ens_calls.parse_addr_of_coin(encode(["bytes"], [nothing])) is None
    with pytest.raises(BadAnswer):  # Bitcoin addresses are longer
        ens_calls.parse_addr_of_coin(encode(["bytes"], [address + b"1"]))


@pytest.mark.parametrize(
    "build",
    [
        lambda: token_calls.build_owner_of(-1),
        lambda: token_calls.build_owner_of(2**256),
        lambda: token_calls.build_balance_of(bytes(19), 1),
        lambda: token_calls.build_supports_interface(b"\0"),
        lambda: signature_calls.build_is_valid_signature(b"", b""),
    ],
)
def test_values_that_do_not_fit_are_not_sent(build: Callable[[], bytes]) -> None:
    with pytest.raises(CoreError):
        build()


@given(ADDRESSES, UINTS, st.booleans(), st.text(st.characters(codec="utf-8")))
def test_answers_of_eth_abi_are_read(owner: bytes, amount: int, flag: bool, uri: str) -> None:
    assert token_calls.parse_owner_of(encode(["address"], [owner])) == owner
    assert token_calls.parse_balance_of(encode(["uint256"], [amount])) == amount
    assert token_calls.parse_supports_interface(encode(["bool"], [flag])) is flag
    assert token_calls.parse_token_uri_answer(encode(["string"], [uri])) == uri


def test_a_string_without_padding_at_its_end_is_read() -> None:
    assert token_calls.parse_token_uri_answer(encode(["string"], ["abc"])[: 64 + 3]) == "abc"


def test_a_contract_signature_is_good_only_by_the_magic_value() -> None:
    assert signature_calls.parse_is_valid_signature(encode(["bytes4"], [bytes.fromhex("1626ba7e")]))
    for wrong in (bytes(32), b"\xff" * 32, encode(["uint256"], [0x1626BA7E]), b"\x16\x26\xba\x7e" + b"\x01" * 28):
        assert not signature_calls.parse_is_valid_signature(wrong)
    for garbage in (b"", bytes.fromhex("1626ba7e"), bytes(64)):
        with pytest.raises(BadAnswer):
            signature_calls.parse_is_valid_signature(garbage)


WORD_1, WORD_32 = (1).to_bytes(32, "big"), (32).to_bytes(32, "big")


@pytest.mark.parametrize(
    ("parse", "answer"),
    [
        (token_calls.parse_owner_of, b""),
        (token_calls.parse_owner_of, bytes(31)),
        (token_calls.parse_owner_of, bytes(33)),
        (token_calls.parse_owner_of, b"\x01" + bytes(31)),
        (token_calls.parse_balance_of, b""),
        (token_calls.parse_balance_of, bytes(64)),
        (token_calls.parse_supports_interface, b""),
        (token_calls.parse_supports_interface, (2).to_bytes(32, "big")),
        (token_calls.parse_supports_interface, b"\xff" * 32),
        (token_calls.parse_token_uri_answer, b""),
        (token_calls.parse_token_uri_answer, bytes(32)),
        (token_calls.parse_token_uri_answer, WORD_1 + WORD_1 + b"a"),
        (token_calls.parse_token_uri_answer, WORD_32 + b"\xff" * 32),
        (token_calls.parse_token_uri_answer, WORD_32 + WORD_32 + b"short"),
        (token_calls.parse_token_uri_answer, WORD_32 + WORD_1 + b"a" + b"\x01" * 31),
        (token_calls.parse_name, WORD_32 + WORD_1 + b"\xff" + bytes(31)),
        (token_calls.parse_token_uri_answer, WORD_32 + WORD_1 + b"a" + bytes(31) + WORD_1),
        (ens_calls.parse_addr, b""),
        (ens_calls.parse_addr, b"\x01" + bytes(31)),
        (ens_calls.parse_resolve, WORD_1 + WORD_1 + b"a"),
        (ens_calls.parse_resolve, WORD_32 + WORD_1 + b"a" + bytes(31) + WORD_1),
    ],
)
def test_garbage_is_a_bad_answer_and_never_a_value(parse: Callable[[bytes], object], answer: bytes) -> None:
    with pytest.raises(BadAnswer) as refused:
        parse(answer)
    assert not refused.value.permanent


def test_a_bad_byte_in_a_token_uri_is_replaced() -> None:
    answer = WORD_32 + (3).to_bytes(32, "big") + b"{\xe9}" + bytes(29)
    assert token_calls.parse_token_uri_answer(answer) == "{\ufffd}"


def test_a_string_longer_than_allowed_is_not_read() -> None:
    with pytest.raises(BadAnswer):
        token_calls.parse_token_uri_answer(encode(["string"], ["a" * 101]), max_bytes=100)


@given(st.binary(max_size=200))
def test_any_answer_is_a_value_or_bad(answer: bytes) -> None:
    for parse in (
        token_calls.parse_owner_of,
        token_calls.parse_balance_of,
        token_calls.parse_supports_interface,
        signature_calls.parse_is_valid_signature,
        token_calls.parse_token_uri_answer,
        ens_calls.parse_addr,
        ens_calls.parse_addr_of_coin,
        ens_calls.parse_string,
        lambda data: multicall.parse_aggregate3(data, 1),
    ):
        with contextlib.suppress(BadAnswer):
            parse(answer)


CALLS = st.lists(st.builds(multicall.Call, ADDRESSES, DATA, st.booleans()), max_size=20)
RESULTS = st.lists(st.tuples(st.booleans(), DATA), max_size=20)


@given(CALLS)
def test_a_multicall_is_that_of_eth_abi(calls: list[multicall.Call]) -> None:
    values = [(call.target, call.may_fail, call.data) for call in calls]
    expected = keccak(text="aggregate3((address,bool,bytes)[])")[:4] + encode(["(address,bool,bytes)[]"], [values])
    assert multicall.build_aggregate3(calls) == expected


@given(RESULTS)
def test_multicall_results_of_eth_abi_are_read_in_order(results: list[tuple[bool, bytes]]) -> None:
    answer = encode(["(bool,bytes)[]"], [results])
    assert multicall.parse_aggregate3(answer, len(results)) == [multicall.CallResult(*result) for result in results]


@given(RESULTS.filter(bool), st.data())
def test_a_multicall_answer_that_was_tampered_with_is_bad_or_still_whole(
    results: list[tuple[bool, bytes]], data: st.DataObject
) -> None:
    """If a changed answer is accepted, only values differ: never their number, and no byte is read twice."""
    answer = bytearray(encode(["(bool,bytes)[]"], [results]))
    answer[data.draw(st.integers(0, len(answer) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        read = multicall.parse_aggregate3(bytes(answer), len(results))
    except BadAnswer:
        return
    assert encode(["(bool,bytes)[]"], [[(one.success, one.data) for one in read]]) == bytes(answer)


@pytest.mark.parametrize("change", [lambda a: a[:-1], lambda a: a + bytes(32), lambda a: a[32:], lambda _: b""])
def test_a_cut_or_longer_multicall_answer_is_bad(change: Callable[[bytes], bytes]) -> None:
    answer = encode(["(bool,bytes)[]"], [[(True, b"\x01" * 32), (False, b"")]])
    with pytest.raises(BadAnswer):
        multicall.parse_aggregate3(change(answer), 2)
    with pytest.raises(BadAnswer):
        multicall.parse_aggregate3(answer, 3)


def test_one_result_may_not_be_longer_than_allowed() -> None:
    answer = encode(["(bool,bytes)[]"], [[(True, bytes(1000))]])
    with pytest.raises(BadAnswer):
        multicall.parse_aggregate3(answer, 1, max_bytes=999)


@given(st.lists(st.text(st.characters(codec="utf-8")), max_size=3), DATA, DATA)
def test_a_lookup_off_the_chain_is_read_as_eth_abi_writes_it(urls: list[str], call: bytes, extra: bytes) -> None:
    types = ["address", "string[]", "bytes", "bytes4", "bytes"]
    body = encode(types, ["0x" + "07" * 20, urls, call, b"abcd", extra])
    lookup = offchain.parse_offchain_lookup(offchain.OFFCHAIN_LOOKUP + body)
    assert (lookup.sender, lookup.urls, lookup.call_data, lookup.extra_data) == (b"\7" * 20, tuple(urls), call, extra)
    answered = encode(["bytes", "bytes"], [call, extra])
    assert offchain.build_callback(lookup, call) == b"abcd" + answered
