"""Transfer logs of ERC-721 and ERC-1155, as JSON-RPC gives them, turned into one kind of event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from eth_hash.auto import keccak

from nft.core.evm.abi.words import WORD, decode_address, decode_uint
from nft.core.evm.address import ADDRESS_BYTES, ZERO
from nft.core.evm.errors import BadAnswer
from nft.core.tokens.token import TokenStandard

_TRANSFER = keccak(b"Transfer(address,address,uint256)")
_TRANSFER_SINGLE = keccak(b"TransferSingle(address,address,address,uint256,uint256)")
_TRANSFER_BATCH = keccak(b"TransferBatch(address,address,address,uint256[],uint256[])")

TRANSFER_TOPICS = ("0x" + _TRANSFER.hex(), "0x" + _TRANSFER_SINGLE.hex(), "0x" + _TRANSFER_BATCH.hex())
"""The first topics to ask `eth_getLogs` for."""

MAX_BATCH = 10_000

Log = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TransferEvent:
    """`amount` of one token went from `sender` to `recipient`; the zero address mints and burns.

    `removed` is set by nodes when a reorg took the log back; not all nodes say so, compare block hashes.
    """

    standard: TokenStandard
    contract: bytes
    sender: bytes
    recipient: bytes
    token_id: int
    amount: int
    block_number: int
    block_hash: bytes
    transaction_hash: bytes
    log_index: int
    removed: bool = False


@dataclass(frozen=True, slots=True)
class _Movement:
    standard: TokenStandard
    sender: bytes
    recipient: bytes
    amounts: tuple[tuple[int, int], ...]  # (token id, amount)


def address_topic(address: bytes) -> str:
    """`address` as an indexed topic, to filter logs by sender or recipient."""
    return "0x" + address.hex().rjust(2 * WORD, "0")


def parse_transfer_log(log: Log) -> tuple[TransferEvent, ...]:
    """The transfers in one log: none for other events (ERC-20 among them), several for a batch.

    Takes the JSON of `eth_getLogs` or web3's form of it. Raises `BadAnswer` for a log that is not one.
    """
    topics = [_hex_bytes(topic) for topic in _list(log, "topics")]
    if not topics or topics[0] not in _READERS:
        return ()
    movement = _READERS[topics[0]](topics[1:], _hex_bytes(log.get("data")))
    if movement is None:
        return ()
    contract = _hex_bytes(log.get("address"), ADDRESS_BYTES)
    place = (
        _number(log.get("blockNumber")),
        _hex_bytes(log.get("blockHash"), WORD),
        _hex_bytes(log.get("transactionHash"), WORD),
        _number(log.get("logIndex")),
        log.get("removed") is True,
    )
    return tuple(
        TransferEvent(movement.standard, contract, movement.sender, movement.recipient, token_id, amount, *place)
        for token_id, amount in movement.amounts
    )


def find_minted_token_id(logs: Iterable[Log], contract: bytes, to: bytes) -> int:
    """The id of the one token that `contract` minted to `to`, from a receipt's logs."""
    minted = [
        event.token_id
        for log in logs
        for event in parse_transfer_log(log)
        if (event.contract, event.sender, event.recipient) == (contract, ZERO, to)
    ]
    if len(minted) != 1:
        raise BadAnswer(f"The receipt shows {len(minted)} minted tokens where one was expected.")
    return minted[0]


def _read_transfer(topics: list[bytes], data: bytes) -> _Movement | None:
    """ERC-721 has all three arguments indexed, older contracts none. With two indexed it is ERC-20."""
    if len(topics) == 3 and not data:
        words = topics
    elif not topics and len(data) == 3 * WORD:
        words = [data[:WORD], data[WORD : 2 * WORD], data[2 * WORD :]]
    else:
        return None
    token_id = decode_uint(words[2])
    return _Movement(TokenStandard.ERC721, decode_address(words[0]), decode_address(words[1]), ((token_id, 1),))


def _read_single(topics: list[bytes], data: bytes) -> _Movement:
    sender, recipient = _parties(topics)
    if len(data) != 2 * WORD:
        raise BadAnswer("A TransferSingle log does not hold one id and one amount.")
    moved = (decode_uint(data[:WORD]), decode_uint(data[WORD:]))
    return _Movement(TokenStandard.ERC1155, sender, recipient, (moved,))


def _read_batch(topics: list[bytes], data: bytes) -> _Movement:
    sender, recipient = _parties(topics)
    if decode_uint(data[:WORD]) != 2 * WORD:
        raise BadAnswer("A TransferBatch log is not laid out in order.")
    ids, end = _read_list(data, 2 * WORD)
    if decode_uint(data[WORD : 2 * WORD]) != end:
        raise BadAnswer("A TransferBatch log is not laid out in order.")
    amounts, end = _read_list(data, end)
    if len(ids) != len(amounts) or end != len(data):
        raise BadAnswer("A TransferBatch log has not as many ids as amounts.")
    return _Movement(TokenStandard.ERC1155, sender, recipient, tuple(zip(ids, amounts, strict=True)))


_READERS = {_TRANSFER: _read_transfer, _TRANSFER_SINGLE: _read_single, _TRANSFER_BATCH: _read_batch}


def _parties(topics: list[bytes]) -> tuple[bytes, bytes]:
    if len(topics) != 3:
        raise BadAnswer("An ERC-1155 transfer log does not name operator, sender and recipient.")
    return decode_address(topics[1]), decode_address(topics[2])


def _read_list(data: bytes, offset: int) -> tuple[list[int], int]:
    count = decode_uint(data[offset : offset + WORD])
    start, end = offset + WORD, offset + WORD + count * WORD
    if count > MAX_BATCH or end > len(data):
        raise BadAnswer("A TransferBatch log claims more entries than it holds.")
    return [decode_uint(data[position : position + WORD]) for position in range(start, end, WORD)], end


def _list(log: Log, key: str) -> list[Any]:
    value = log.get(key)
    if not isinstance(value, list | tuple):
        raise BadAnswer(f"A log has no {key}.")
    return list(value)


def _hex_bytes(value: object, size: int | None = None) -> bytes:
    try:
        if isinstance(value, bytes):
            data = bytes(value)
        elif isinstance(value, str) and value[:2] == "0x":
            data = bytes.fromhex(value[2:])
        else:
            raise BadAnswer("A log has a field that is not hexadecimal.")
    except ValueError as error:
        raise BadAnswer("A log has a field that is not hexadecimal.") from error
    if size is not None and len(data) != size:
        raise BadAnswer(f"A log has a field of {len(data)} bytes in the place of {size}.")
    return data


def _number(value: object) -> int:
    try:
        number = int(value, 16) if isinstance(value, str) else value
    except ValueError as error:
        raise BadAnswer("A log has a field that is not a number.") from error
    if not isinstance(number, int) or number < 0:
        raise BadAnswer("A log has a field that is not a number.")
    return number


# Events by which contracts say that a token's metadata is another now: ERC-4906's two, and ERC-1155's `URI`.

_ONE = keccak(b"MetadataUpdate(uint256)")
_RANGE = keccak(b"BatchMetadataUpdate(uint256,uint256)")
_URI = keccak(b"URI(string,uint256)")

METADATA_TOPICS = ("0x" + _ONE.hex(), "0x" + _RANGE.hex(), "0x" + _URI.hex())


@dataclass(frozen=True, slots=True)
class MetadataChange:
    """The contract's tokens with these ids, both ends included."""

    contract: bytes
    first_id: int
    last_id: int


def parse_metadata_log(log: Log) -> MetadataChange | None:
    """None for other events. Raises BadAnswer for one that is malformed."""
    topics = [_bytes(topic) for topic in log.get("topics") or ()]
    if not topics or topics[0] not in {_ONE, _RANGE, _URI}:
        return None
    contract, data = _bytes(log.get("address")), _bytes(log.get("data"))
    if len(contract) != ADDRESS_BYTES:
        raise BadAnswer("A log names no contract.")
    if topics[0] == _URI:
        return _change(contract, topics[1:], 1)
    words = [*topics[1:], *(data[start : start + WORD] for start in range(0, len(data), WORD))]
    return _change(contract, words, 1 if topics[0] == _ONE else 2)


def _change(contract: bytes, words: list[bytes], count: int) -> MetadataChange:
    if len(words) != count:
        raise BadAnswer("A metadata event does not name its tokens.")
    numbers = [decode_uint(word) for word in words]
    return MetadataChange(contract, numbers[0], numbers[-1])


def _bytes(value: object) -> bytes:
    try:
        return bytes(value) if isinstance(value, bytes) else bytes.fromhex(str(value).removeprefix("0x"))
    except ValueError as error:
        raise BadAnswer("A log has a field that is not hexadecimal.") from error
