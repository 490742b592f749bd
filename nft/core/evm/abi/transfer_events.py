"""Transfer logs of ERC-721 and ERC-1155, parsed into one kind of event."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from eth_hash.auto import keccak

from nft.core.evm.abi.logs import Log, read_bytes, read_number, read_topics
from nft.core.evm.abi.words import WORD, decode_address, decode_uint
from nft.core.evm.address import ADDRESS_BYTES, ZERO
from nft.core.evm.errors import BadAnswer
from nft.core.evm.token import TokenStandard
from profiles.sentences import gettext as _

_TRANSFER = keccak(b"Transfer(address,address,uint256)")
_TRANSFER_SINGLE = keccak(b"TransferSingle(address,address,address,uint256,uint256)")
_TRANSFER_BATCH = keccak(b"TransferBatch(address,address,address,uint256[],uint256[])")

TRANSFER_TOPICS = ("0x" + _TRANSFER.hex(), "0x" + _TRANSFER_SINGLE.hex(), "0x" + _TRANSFER_BATCH.hex())
"""First topics for `eth_getLogs`."""

MAX_BATCH = 10_000


# Tuples, as dataclasses that can't change take three times as long to make: a busy chain logs thousands in a block.
class TransferEvent(NamedTuple):
    """`amount` of one token went from `sender` to `recipient`; the zero address mints and burns.

    `removed` is set by nodes when a reorg removed the log. Not all nodes set it, so compare block hashes.
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


class _Movement(NamedTuple):
    standard: TokenStandard
    sender: bytes
    recipient: bytes
    amounts: tuple[tuple[int, int], ...]
    """(token id, amount)"""


def parse_transfer_log(log: Log) -> tuple[TransferEvent, ...]:
    """Return the transfers in one log: none for other events (ERC-20 among them), several for a batch.

    Raise `BadAnswer` for a malformed log.
    """
    topics = read_topics(log)
    if not topics or topics[0] not in _PARSERS:
        return ()
    movement = _PARSERS[topics[0]](topics[1:], read_bytes(log, "data"))
    if movement is None:
        return ()
    standard, sender, recipient, amounts = movement
    contract = read_bytes(log, "address", ADDRESS_BYTES)
    block_number, block_hash = read_number(log, "blockNumber"), read_bytes(log, "blockHash", WORD)
    place = (read_bytes(log, "transactionHash", WORD), read_number(log, "logIndex"), log.get("removed") is True)
    return tuple(
        [
            TransferEvent(standard, contract, sender, recipient, token_id, amount, block_number, block_hash, *place)
            for token_id, amount in amounts
        ]
    )


def find_minted_token_id(logs: Iterable[Log], contract: bytes, to: bytes) -> int:
    """Return the id of the one token that `contract` minted to `to`, from a receipt's logs. Raise `BadAnswer`."""
    minted = [
        event.token_id
        for log in logs
        for event in parse_transfer_log(log)
        if (event.contract, event.sender, event.recipient) == (contract, ZERO, to)
    ]
    if len(minted) != 1:
        raise BadAnswer(_("The receipt shows %(minted)s minted tokens where one was expected.", minted=len(minted)))
    return minted[0]


def _parse_transfer(topics: list[bytes], data: bytes) -> _Movement | None:
    """ERC-721 has three indexed arguments; older contracts have none. With two indexed it is ERC-20."""
    if len(topics) == 3 and not data:
        words = topics
    elif not topics and len(data) == 3 * WORD:
        words = [data[:WORD], data[WORD : 2 * WORD], data[2 * WORD :]]
    else:
        return None
    token_id = decode_uint(words[2])
    return _Movement(TokenStandard.ERC721, decode_address(words[0]), decode_address(words[1]), ((token_id, 1),))


def _parse_single(topics: list[bytes], data: bytes) -> _Movement:
    sender, recipient = _parse_parties(topics)
    if len(data) != 2 * WORD:
        raise BadAnswer(_("A TransferSingle log does not hold one id and one amount."))
    moved = (decode_uint(data[:WORD]), decode_uint(data[WORD:]))
    return _Movement(TokenStandard.ERC1155, sender, recipient, (moved,))


def _parse_batch(topics: list[bytes], data: bytes) -> _Movement:
    sender, recipient = _parse_parties(topics)
    if decode_uint(data[:WORD]) != 2 * WORD:
        raise BadAnswer(_("A TransferBatch log is not laid out in order."))
    ids, end = _parse_list(data, 2 * WORD)
    if decode_uint(data[WORD : 2 * WORD]) != end:
        raise BadAnswer(_("A TransferBatch log is not laid out in order."))
    amounts, end = _parse_list(data, end)
    if len(ids) != len(amounts) or end != len(data):
        raise BadAnswer(_("A TransferBatch log has not as many ids as amounts."))
    return _Movement(TokenStandard.ERC1155, sender, recipient, tuple(zip(ids, amounts, strict=True)))


_PARSERS = {_TRANSFER: _parse_transfer, _TRANSFER_SINGLE: _parse_single, _TRANSFER_BATCH: _parse_batch}


def _parse_parties(topics: list[bytes]) -> tuple[bytes, bytes]:
    if len(topics) != 3:
        raise BadAnswer(_("An ERC-1155 transfer log does not name operator, sender and recipient."))
    return decode_address(topics[1]), decode_address(topics[2])


def _parse_list(data: bytes, offset: int) -> tuple[list[int], int]:
    """Return the numbers of the list at `offset`, and the offset after it."""
    count = decode_uint(data[offset : offset + WORD])
    start, end = offset + WORD, offset + WORD + count * WORD
    if count > MAX_BATCH or end > len(data):
        raise BadAnswer(_("A TransferBatch log claims more entries than it holds."))
    return [decode_uint(data[position : position + WORD]) for position in range(start, end, WORD)], end
