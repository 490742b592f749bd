"""Decoding what a node answers. An answer of another shape than the method's is an outage of the node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from nft.clients.evm.errors import ChainUnavailable
from nft.core.evm.abi.logs import Log
from nft.core.tokens.verdict import BlockRef

T = TypeVar("T")


@dataclass(frozen=True)
class Receipt:
    block: BlockRef
    succeeded: bool
    logs: tuple[Log, ...]


@dataclass(frozen=True)
class SentTransaction:
    sender: bytes
    to: bytes | None
    data: bytes
    block_number: int | None
    """None while it waits in the pool."""


def decode(read: Callable[[Any], T], answer: object) -> T:
    """Return `read(answer)`. Raises ChainUnavailable where the answer has not the shape that `read` expects."""
    try:
        return read(answer)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise ChainUnavailable("The node answered with something of the wrong shape.") from error


def parse_number(text: object) -> int:
    return decode(lambda value: int(value, 16), text)


def parse_bytes(text: object) -> bytes:
    if not isinstance(text, str) or not text.startswith("0x"):
        raise ChainUnavailable("The node answered with something of the wrong shape.")
    return decode(bytes.fromhex, text[2:])


def parse_block(block: object) -> BlockRef:
    return decode(lambda fields: BlockRef(parse_number(fields["number"]), _parse_hash(fields["hash"])), block)


def parse_receipt(answer: object) -> Receipt:
    return decode(_read_receipt, answer)


def parse_transaction(answer: object) -> SentTransaction:
    return decode(_read_transaction, answer)


def _parse_hash(text: object) -> bytes:
    digest = parse_bytes(text)
    if len(digest) != 32:
        raise ChainUnavailable("The node answered with something that is no hash.")
    return digest


def _read_receipt(answer: Any) -> Receipt:
    block = BlockRef(parse_number(answer["blockNumber"]), _parse_hash(answer["blockHash"]))
    return Receipt(block, parse_number(answer["status"]) == 1, tuple(dict(log) for log in answer["logs"]))


def _read_transaction(answer: Any) -> SentTransaction:
    to, block = answer.get("to"), answer.get("blockNumber")
    return SentTransaction(
        sender=parse_bytes(answer["from"]),
        to=None if to is None else parse_bytes(to),
        data=parse_bytes(answer["input"]),
        block_number=None if block is None else parse_number(block),
    )
