"""Decoding what a node answers. An answer of another shape than the method's is an outage of the node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nft.clients.evm.errors import ChainUnavailable
from nft.core.evm.abi.logs import Log
from nft.core.json import Json
from nft.core.tokens.verdict import BlockRef

_WRONG_SHAPE = "The node answered with something of the wrong shape."


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


def parse_object(answer: Json) -> Mapping[str, Json]:
    if not isinstance(answer, Mapping):
        raise ChainUnavailable(_WRONG_SHAPE)
    return answer


def parse_objects(answer: Json) -> list[Mapping[str, Json]]:
    if not isinstance(answer, list):
        raise ChainUnavailable(_WRONG_SHAPE)
    return [parse_object(one) for one in answer]


def parse_number(text: Json) -> int:
    if not isinstance(text, str):
        raise ChainUnavailable(_WRONG_SHAPE)
    try:
        return int(text, 16)
    except ValueError as error:
        raise ChainUnavailable(_WRONG_SHAPE) from error


def parse_bytes(text: Json) -> bytes:
    if not isinstance(text, str) or not text.startswith("0x"):
        raise ChainUnavailable(_WRONG_SHAPE)
    try:
        return bytes.fromhex(text[2:])
    except ValueError as error:
        raise ChainUnavailable(_WRONG_SHAPE) from error


def parse_block(answer: Json) -> BlockRef:
    block = parse_object(answer)
    return BlockRef(parse_number(block.get("number")), _parse_hash(block.get("hash")))


def parse_receipt(answer: Json) -> Receipt:
    receipt = parse_object(answer)
    block = BlockRef(parse_number(receipt.get("blockNumber")), _parse_hash(receipt.get("blockHash")))
    return Receipt(block, parse_number(receipt.get("status")) == 1, tuple(parse_objects(receipt.get("logs"))))


def parse_transaction(answer: Json) -> SentTransaction:
    sent = parse_object(answer)
    to, block = sent.get("to"), sent.get("blockNumber")
    return SentTransaction(
        sender=parse_bytes(sent.get("from")),
        to=None if to is None else parse_bytes(to),
        data=parse_bytes(sent.get("input")),
        block_number=None if block is None else parse_number(block),
    )


def _parse_hash(text: Json) -> bytes:
    digest = parse_bytes(text)
    if len(digest) != 32:
        raise ChainUnavailable("The node answered with something that is no hash.")
    return digest
