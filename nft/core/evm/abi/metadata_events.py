"""Logs by which contracts announce new metadata of tokens: the two events of ERC-4906, and `URI` of ERC-1155."""

from __future__ import annotations

from dataclasses import dataclass

from eth_hash.auto import keccak

from nft.core.evm.abi.logs import Log, read_bytes, read_topics
from nft.core.evm.abi.words import WORD, decode_uint
from nft.core.evm.address import ADDRESS_BYTES
from nft.core.evm.errors import BadAnswer
from profiles.sentences import gettext as _

_ONE = keccak(b"MetadataUpdate(uint256)")
_RANGE = keccak(b"BatchMetadataUpdate(uint256,uint256)")
_URI = keccak(b"URI(string,uint256)")

METADATA_TOPICS = ("0x" + _ONE.hex(), "0x" + _RANGE.hex(), "0x" + _URI.hex())
"""First topics for `eth_getLogs`."""


@dataclass(frozen=True, slots=True)
class MetadataChange:
    """The contract's tokens from `first_id` to `last_id`, both included, have new metadata."""

    contract: bytes
    first_id: int
    last_id: int


def parse_metadata_log(log: Log) -> MetadataChange | None:
    """Return the change, or None for other events. Raise `BadAnswer` for a malformed log."""
    topics = read_topics(log)
    if not topics or topics[0] not in {_ONE, _RANGE, _URI}:
        return None
    contract, data = read_bytes(log, "address"), read_bytes(log, "data")
    if len(contract) != ADDRESS_BYTES:
        raise BadAnswer(_("A log names no contract."))
    if topics[0] == _URI:
        return _parse_change(contract, topics[1:], 1)
    words = [*topics[1:], *(data[start : start + WORD] for start in range(0, len(data), WORD))]
    return _parse_change(contract, words, 1 if topics[0] == _ONE else 2)


def _parse_change(contract: bytes, words: list[bytes], count: int) -> MetadataChange:
    if len(words) != count:
        raise BadAnswer(_("A metadata event does not name its tokens."))
    numbers = [decode_uint(word) for word in words]
    return MetadataChange(contract, numbers[0], numbers[-1])
