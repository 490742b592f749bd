"""RLP, tries and headers, beside the execution layer's specification, and what hostile input does to them."""

from __future__ import annotations

import json
import sys
from random import Random
from typing import Any

import pytest
import rlp
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from localstack.binaries import ROOT
from nft.core.evm.errors import NotProvable, NotProved
from nft.core.evm.proofs.document import parse_document
from nft.core.evm.proofs.execution import ProvedCall, execute
from nft.core.evm.proofs.header import FIELDS, UNCHECKABLE, Header, parse_header
from nft.core.evm.proofs.rlp import decode_list, decode_number, decode_string, encode_list, encode_number
from nft.core.evm.proofs.specification import JumpDestinations, limit_time, load_rules
from nft.core.evm.proofs.state import MAX_ACCOUNTS, MAX_PROOF, MAX_SLOTS, Evidence, ProvedState, ReadUnproved
from nft.core.evm.proofs.trie import EMPTY_ROOT, MAX_NODE, NodeMissing, find_in_trie
from tests.kit.tries import Trie, compact
from tests.servers.chain import start_chain
from tests.servers.places import Places

HEADERS: list[Any] = json.loads((ROOT / "tests/kit/vectors/headers.json").read_text())["headers"]
JUNK: list[Any] = [None, "0x", "0x123456", 7, [], "x"]
KEYS = st.binary(min_size=1, max_size=4)
VALUES = st.binary(min_size=1, max_size=40)


@given(st.lists(st.binary(max_size=80), max_size=12))
def test_lists_are_encoded_as_the_library_encodes_them(items: list[bytes]) -> None:
    encoded = encode_list(items)
    assert encoded == rlp.encode(items)
    assert [item.content for item in decode_list(encoded, 12)] == items


@given(st.binary(max_size=80))
def test_any_bytes_are_decoded_as_the_library_decodes_them_or_refused(data: bytes) -> None:
    try:
        decoded: Any = rlp.decode(data, strict=True)
    except rlp.exceptions.DecodingError:
        decoded = None
    if isinstance(decoded, list) and len(decoded) <= 100:
        found = [rlp.decode(item.content) if item.is_list else item.content for item in decode_list(data, 100)]
        assert found == decoded
        return
    with pytest.raises(NotProved):
        decode_list(data, 100)
    if isinstance(decoded, bytes):
        assert decode_string(data) == decoded


# As in Ethereum's own tests (ethereum/tests, RLPTests/invalidRLPTest.json): cut short, or not in the only form.
@pytest.mark.parametrize(
    "text", ["c1", "c20001ff", "8100", "b800", "b90000", "f800", "f8021234", "bf" + "ff" * 8, "ff" * 9, ""]
)
def test_what_is_not_canonical_is_refused(text: str) -> None:
    data = bytes.fromhex(text)
    with pytest.raises(NotProved):
        decode_list(data, 100)
    with pytest.raises(NotProved):
        decode_string(data)


def test_numbers_have_one_form_and_nesting_does_not_recurse() -> None:
    assert [encode_number(number).hex() for number in (0, 1, 255, 256)] == ["", "01", "ff", "0100"]
    for content in (b"\0", b"\0\1", b"\1" * 33):
        with pytest.raises(NotProved):
            decode_number(content)
    deep = b""
    for _ in range(3000):
        deep = _wrap(deep)
    assert len(decode_list(deep, 1)) == 1


def _wrap(content: bytes) -> bytes:
    if len(content) < 56:
        return bytes([0xC0 + len(content)]) + content
    length = encode_number(len(content))
    return bytes([0xF7 + len(length)]) + length + content


@given(st.dictionaries(KEYS, VALUES, max_size=60), st.lists(KEYS, max_size=8), st.randoms(use_true_random=False))
def test_a_trie_gives_each_value_and_denies_each_absent_key_or_says_what_is_missing(
    values: dict[bytes, bytes], others: list[bytes], random: Random
) -> None:
    trie = Trie(values)
    assert trie.root == specified_root(values)
    for key in [*values, *others]:
        assert find_in_trie(trie.root, key, trie.nodes.get) == values.get(key)
        used: dict[bytes, bytes] = {}
        find_in_trie(trie.root, key, lambda digest: used.setdefault(digest, trie.nodes[digest]))  # noqa: B023
        if used:
            del used[random.choice(list(used))]
            with pytest.raises(NodeMissing):
                find_in_trie(trie.root, key, used.get)


def specified_root(values: dict[bytes, bytes]) -> bytes:
    """Return the root by the execution layer's own specification."""
    from ethereum.forks.osaka import trie as specification
    from ethereum_types.bytes import Bytes

    trie: Any = specification.Trie(True, Bytes(b""))
    for key, value in values.items():
        specification.trie_set(trie, Bytes(key), Bytes(value))
    try:
        return bytes(specification.root(trie))
    finally:
        sys.setrecursionlimit(1000)


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=30), st.data())
def test_a_node_that_is_changed_proves_no_other_value(values: dict[bytes, bytes], data: st.DataObject) -> None:
    """A node counts by its own hash: a changed one is another node, which nothing leads to."""
    trie, evidence = Trie(values), Evidence()
    for node in trie.nodes.values():
        place = data.draw(st.none() | st.integers(0, len(node) - 1))
        evidence.add_node(node if place is None else node[:place] + data.draw(st.binary(max_size=3)) + node[place:][1:])
    for key, value in values.items():
        try:
            assert find_in_trie(trie.root, key, evidence.nodes.get) == value
        except NodeMissing:
            continue


MALFORMED: list[list[Any]] = [
    [],
    [b"\x20"],
    [b"", b"x"],
    [b"\x40", b"x"],
    [b"\x21", b"x"],
    [b"\x00", b"x" * 32],
    [b"\x3f", b""],
    [b"\x1f", b"x" * 31],
    [b"\x1f", [b"x" * 40]],
    [[b"\x20"], b"x"],
    [compact("", is_leaf=True), [b"x"]],
    [b"x"] * 16,
    [b"x"] * 17,
    [b"x" * 33] * 17,
    [b""] * 18,
]


@pytest.mark.parametrize("node", MALFORMED)
def test_a_root_that_is_no_node_proves_nothing(node: list[Any]) -> None:
    encoded = rlp.encode(node)
    for key in (b"a", b"b", b"c"):
        path = keccak(key).hex()
        if node[:1] == [b"\x1f"]:
            encoded = rlp.encode([bytes.fromhex("1" + path[0]), *node[1:]])
        try:
            found = find_in_trie(keccak(encoded), key, {keccak(encoded): encoded}.get)
        except NotProved:
            continue
        assert found is None, node


def test_an_endless_path_ends() -> None:
    """Nodes within nodes, and more branches than a key has digits."""
    node = rlp.encode([b""] * 17)
    nodes = {keccak(node): node}
    for _ in range(70):
        node = rlp.encode([keccak(node)] * 16 + [b""])
        nodes[keccak(node)] = node
    with pytest.raises(NotProved):
        find_in_trie(keccak(node), b"a", nodes.get)
    assert find_in_trie(EMPTY_ROOT, b"a", nodes.get) is None


@pytest.mark.parametrize("fork", ["london", "paris", "shanghai", "cancun", "prague", "osaka"])
def test_headers_of_each_fork_hash_to_their_block(places: Places, fork: str) -> None:
    from localstack.processes import free_port

    chain = start_chain(places, free_port(), "--hardfork", fork)
    try:
        chain.mine(2)
        block = chain.rpc("eth_getBlockByNumber", hex(1), False)
    finally:
        chain.running.kill()
    header = parse_header(block)
    assert "0x" + header.hash.hex() == block["hash"]
    assert "0x" + header.get("stateRoot").hex() == block["stateRoot"]
    assert header.has("requestsHash") is (fork in {"prague", "osaka"})
    for name in FIELDS:
        for value in JUNK:
            try:
                other = parse_header(block | {name: value})
            except NotProved:
                continue
            assert other.hash != header.hash or value == block.get(name)


@pytest.mark.parametrize("known", HEADERS, ids=[known["name"] for known in HEADERS])
def test_real_headers_of_other_chains_hash_to_their_block_or_the_chain_is_known_not_to(known: dict[str, Any]) -> None:
    block = known["block"]
    header = parse_header(block)
    hashes = "0x" + header.hash.hex() == block["hash"]
    assert hashes is (known["chain_id"] not in UNCHECKABLE), known["name"]
    if "l1BlockNumber" in block:
        assert int.from_bytes(header.get("mixHash")[8:16], "big") == int(block["l1BlockNumber"], 16)


# PUSH0, NUMBER, MSTORE, RETURN of one word: solc writes PUSH0 since Shanghai.
PUSH0 = bytes.fromhex("435f5260205ff3")


@pytest.mark.parametrize(("fields", "chain_id", "number"), [(16, 137, 0), (16, 42161, 77), (17, 10, 0), (20, 56, 0)])
def test_calls_are_computed_whatever_form_the_header_has(fields: int, chain_id: int, number: int) -> None:
    """Of London's form are today's headers of Polygon and Arbitrum, whose contracts know all of Cancun."""
    accounts = Trie({b"\1" * 20: rlp.encode([b"", b"", EMPTY_ROOT, keccak(PUSH0)]), b"\2" * 20: b"x" * 40})
    state, evidence = state_at(accounts.root, fields, mixHash=bytes(8) + (77).to_bytes(8, "big") + bytes(16))
    for node in accounts.nodes.values():
        evidence.add_node(node)
    evidence.add_code(PUSH0)
    limit_time(5)
    found = execute(state, chain_id, ProvedCall(b"\1" * 20, b"", bytes(20), 100_000))
    assert (found.succeeded, int.from_bytes(found.data, "big")) == (True, number)


def test_a_header_of_before_london_is_of_no_known_rules() -> None:
    state, _ = state_at(EMPTY_ROOT, fields=15)
    with pytest.raises(NotProvable, match="before London"):
        execute(state, 1, ProvedCall(b"\1" * 20, b"", bytes(20), 100_000))


def test_a_header_that_is_none_is_refused() -> None:
    for encoded in (b"", b"\xc0", encode_list([b"x"] * 15), encode_list([b""] * 22), rlp.encode([[b"x"]] * 16)):
        with pytest.raises(NotProved):
            Header(encoded).get("stateRoot")


def test_a_state_answers_only_what_is_proved_within_limits() -> None:
    address, slots = b"\1" * 20, Trie({bytes([number]) * 32: rlp.encode(number) for number in range(1, 200)})
    account = rlp.encode([b"\1", b"", slots.root, keccak(b"code")])
    accounts = Trie({address: account, b"\2" * 20: account})
    state, evidence = state_at(accounts.root)
    for missing in (lambda: state.account(address), lambda: state.slot(address, b"\1" * 32)):
        with pytest.raises(ReadUnproved):
            missing()
    for node in accounts.nodes.values():
        evidence.add_node(node)
    with pytest.raises(ReadUnproved) as raised:
        state.code(address)
    assert raised.value.is_code
    evidence.add_code(b"code")
    assert (state.code(address), state.code(b"\3" * 20), state.account(b"\3" * 20)) == (b"code", b"", None)
    for node in slots.nodes.values():
        evidence.add_node(node)
    assert [state.slot(address, bytes([number]) * 32) for number in (1, 127, 199, 250)] == [1, 127, 199, 0]
    assert state.slot(b"\3" * 20, bytes(32)) == 0, "an account that is not there has no slots"
    for number in range(MAX_SLOTS - 5):
        state.slot(address, (1000 + number).to_bytes(32, "big"))
    with pytest.raises(NotProvable, match="slots"):
        state.slot(address, b"\xff" * 32)
    for number in range(MAX_ACCOUNTS - 2):
        state.account(bytes([100 + number]) * 20)
    with pytest.raises(NotProvable, match="accounts"):
        state.account(b"\xff" * 20)
    with pytest.raises(NotProved):
        evidence.add_node(bytes(MAX_NODE + 1))
    with pytest.raises(NotProved):
        evidence.add_code(bytes(MAX_PROOF))


def state_at(root: bytes, fields: int = len(FIELDS), **others: bytes) -> tuple[ProvedState, Evidence]:
    contents = [bytes(max(size, 0)) for size in FIELDS.values()][:fields]
    for name, content in {"stateRoot": root, **others}.items():
        contents[list(FIELDS).index(name)] = content
    evidence = Evidence()
    return ProvedState(Header(encode_list(contents)), evidence), evidence


def test_a_document_that_is_none_is_refused() -> None:
    for data in (b"", b"{}", b"[]", b"[" * 50_000, b'{"version":1}', b'{"version": 1}', b'{"version":2}', b"\xff"):
        with pytest.raises(NotProved):
            parse_document(data)


@given(st.binary(max_size=300))
def test_places_to_jump_to_are_those_of_the_specification(code: bytes) -> None:
    from ethereum.forks.osaka.vm.runtime import get_valid_jump_destinations

    sys.setrecursionlimit(1000)
    found = JumpDestinations(code)
    expected = {int(place) for place in get_valid_jump_destinations(code)}
    assert {place for place in range(len(code) + 2) if place in found} == expected


def test_loading_the_specification_leaves_the_limit_of_recursion_as_it_is() -> None:
    """With a higher one, JSON that is nested deeply ends a worker instead of being refused."""
    load_rules.cache_clear()
    load_rules()
    assert sys.getrecursionlimit() == 1000
