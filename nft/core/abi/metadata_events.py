"""Events by which contracts say that a token's metadata is another now: ERC-4906's two, and ERC-1155's `URI`."""

from dataclasses import dataclass

from eth_hash.auto import keccak

from nft.core.abi.events import Log
from nft.core.abi.words import WORD, decode_uint
from nft.core.address import ADDRESS_BYTES
from nft.core.errors import BadAnswer

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
