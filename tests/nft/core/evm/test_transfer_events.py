"""Parse transfer logs of both standards; skip other logs and refuse malformed ones."""

import contextlib
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from hypothesis import given
from hypothesis import strategies as st

from nft.core.evm.abi.logs import address_topic
from nft.core.evm.abi.transfer_events import TRANSFER_TOPICS, TransferEvent, find_minted_token_id, parse_transfer_log
from nft.core.evm.address import ZERO
from nft.core.evm.errors import BadAnswer
from nft.core.evm.token import TokenStandard

ALICE, BOB, CONTRACT = b"\xa1" * 20, b"\xb0" * 20, b"\xcc" * 20
TRANSFER, SINGLE, BATCH = TRANSFER_TOPICS
UINTS = st.integers(0, 2**256 - 1)


def word(number: int) -> str:
    return f"0x{number:064x}"


def log(topics: list[str], data: bytes = b"", **changes: Any) -> dict[str, Any]:
    """Return a log as `eth_getLogs` does."""
    return {
        "address": "0x" + CONTRACT.hex(),
        "topics": topics,
        "data": "0x" + data.hex(),
        "blockNumber": "0x10",
        "blockHash": "0x" + 64 * "1",
        "transactionHash": "0x" + 64 * "2",
        "transactionIndex": "0x0",
        "logIndex": "0x3",
        "removed": False,
        **changes,
    }


def erc721(sender: bytes, to: bytes, token_id: int) -> dict[str, Any]:
    return log([TRANSFER, address_topic(sender), address_topic(to), word(token_id)])


def erc1155(topic: str, data: bytes) -> dict[str, Any]:
    return log([topic, address_topic(CONTRACT), address_topic(ALICE), address_topic(BOB)], data)


def event(standard: TokenStandard, token_id: int, amount: int) -> TransferEvent:
    return TransferEvent(
        standard, CONTRACT, ALICE, BOB, token_id, amount, 16, b"\x11" * 32, b"\x22" * 32, 3
    )  # fmt: skip


def test_the_topics_are_those_of_the_standards() -> None:
    assert TRANSFER == "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
    assert SINGLE == "0xc3d58168c5ae7397731d063d5bbf3d657854427343f4c083240f7aacaa2d0f62"
    assert BATCH == "0x4a39dc06d4c0dbc64b70af90fd698a233a518aa5d07e595d983b8c0526c8f7fb"


@given(UINTS)
def test_an_erc_721_transfer(token_id: int) -> None:
    assert parse_transfer_log(erc721(ALICE, BOB, token_id)) == (event(TokenStandard.ERC721, token_id, 1),)


def test_a_transfer_of_before_the_standard_with_nothing_indexed() -> None:
    data = encode(["address", "address", "uint256"], [ALICE, BOB, 7])
    assert parse_transfer_log(log([TRANSFER], data)) == (event(TokenStandard.ERC721, 7, 1),)


@given(UINTS, UINTS)
def test_an_erc_1155_single_transfer(token_id: int, amount: int) -> None:
    data = encode(["uint256", "uint256"], [token_id, amount])
    assert parse_transfer_log(erc1155(SINGLE, data)) == (event(TokenStandard.ERC1155, token_id, amount),)


@given(st.lists(st.tuples(UINTS, UINTS), max_size=20))
def test_an_erc_1155_batch_is_as_many_events(moved: list[tuple[int, int]]) -> None:
    data = encode(["uint256[]", "uint256[]"], [[one for one, _ in moved], [amount for _, amount in moved]])
    expected = tuple(event(TokenStandard.ERC1155, token_id, amount) for token_id, amount in moved)
    assert parse_transfer_log(erc1155(BATCH, data)) == expected


def test_web3_s_own_form_of_a_log_is_read_too() -> None:
    raw = erc721(ALICE, BOB, 5)
    fields = {key: HexBytes(raw[key]) for key in ("data", "blockHash", "transactionHash")}
    formatted = {**raw, **fields, "topics": [HexBytes(one) for one in raw["topics"]], "blockNumber": 16, "logIndex": 3}
    assert parse_transfer_log(formatted) == (event(TokenStandard.ERC721, 5, 1),)


def test_a_log_taken_back_says_so() -> None:
    (taken_back,) = parse_transfer_log({**erc721(ALICE, BOB, 5), "removed": True})
    assert taken_back.removed


@pytest.mark.parametrize(
    "other",
    [
        log([]),
        log([word(1)]),
        log([TRANSFER, address_topic(ALICE), address_topic(BOB)], bytes(32)),  # ERC-20
        log(["0x" + keccak(text="Approval(address,address,uint256)").hex()], bytes(96)),
    ],
)
def test_other_events_are_passed_over(other: dict[str, Any]) -> None:
    assert parse_transfer_log(other) == ()


PAIR = encode(["uint256[]", "uint256[]"], [[1], [1]])


@pytest.mark.parametrize(
    "garbage",
    [
        {},
        {**erc721(ALICE, BOB, 1), "topics": None},
        {**erc721(ALICE, BOB, 1), "topics": [TRANSFER, "0xzz", "0x", "0x"]},
        {**erc721(ALICE, BOB, 1), "topics": [TRANSFER, 5, 6, 7]},
        {**erc721(ALICE, BOB, 1), "address": "0x12"},
        {**erc721(ALICE, BOB, 1), "blockNumber": None},
        {**erc721(ALICE, BOB, 1), "blockNumber": "latest"},
        {**erc721(ALICE, BOB, 1), "blockNumber": -1},
        {**erc721(ALICE, BOB, 1), "blockHash": None},
        log([TRANSFER, "0x" + 64 * "f", address_topic(BOB), word(1)]),
        log([TRANSFER, address_topic(ALICE), address_topic(BOB), "0x01"]),
        erc1155(SINGLE, bytes(32)),
        erc1155(SINGLE, bytes(96)),
        log([SINGLE, address_topic(ALICE)], bytes(64)),
        erc1155(BATCH, b""),
        erc1155(BATCH, bytes(64)),
        erc1155(BATCH, PAIR + bytes(32)),
        erc1155(BATCH, PAIR[:-32]),
        erc1155(BATCH, encode(["uint256[]", "uint256[]"], [[1, 2], [1]])),
        erc1155(BATCH, (64).to_bytes(32, "big") + bytes(32) + b"\xff" * 32),
    ],
)
def test_a_log_that_cannot_be_one_is_a_bad_answer(garbage: dict[str, Any]) -> None:
    with pytest.raises(BadAnswer):
        parse_transfer_log(garbage)


@given(st.sampled_from(TRANSFER_TOPICS), st.lists(st.binary(max_size=40), max_size=4), st.binary(max_size=200))
def test_any_log_is_read_passed_over_or_bad(topic: str, topics: list[bytes], data: bytes) -> None:
    with contextlib.suppress(BadAnswer):
        parse_transfer_log(log([topic, *("0x" + one.hex() for one in topics)], data))


def test_the_minted_id_is_found_among_a_receipt_s_logs() -> None:
    logs = [log([word(9)]), erc721(ALICE, BOB, 1), erc721(ZERO, ALICE, 2), erc721(ZERO, BOB, 3)]
    assert find_minted_token_id(logs, CONTRACT, BOB) == 3
    for logs_of_another_story in (logs[:3], [*logs, erc721(ZERO, BOB, 4)], []):
        with pytest.raises(BadAnswer):
            find_minted_token_id(logs_of_another_story, CONTRACT, BOB)
    with pytest.raises(BadAnswer):
        find_minted_token_id(logs, ALICE, BOB)
