"""Decoding what a node answers. An answer of another shape than the method's is an outage of the node."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from nft.clients.evm.errors import ChainUnavailable
from nft.core.evm.abi.logs import Log
from nft.core.json import Json
from nft.core.tokens.verdict import BlockRef
from profiles.sentences import gettext as _

T = TypeVar("T")
#: Bits of a number in a block: far more than any chain needs, and sums and products of it still fit a column.
SMALL = 48
#: Bits of a price in wei: three such together fit a column.
PRICE = 60
LARGEST_COST = 2**63 - 1
_WRONG_SHAPE = _("The node answered with something of the wrong shape.")
_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")


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


def parse_number(text: Json, bits: int = 256) -> int:
    """Return a quantity of at most so many bits."""
    if not isinstance(text, str) or not _QUANTITY.fullmatch(text) or int(text, 16) >> bits:
        raise ChainUnavailable(_WRONG_SHAPE)
    return int(text, 16)


def parse_small(text: Json) -> int:
    """Return the number or time of a block, an amount of gas, or a count."""
    return parse_number(text, SMALL)


def parse_price(text: Json) -> int:
    """Return a price in wei."""
    return parse_number(text, PRICE)


def parse_optional(parse: Callable[[Json], T]) -> Callable[[Json], T | None]:
    """Return a parser that also takes null: the node does not have what was asked for."""
    return lambda answer: None if answer is None else parse(answer)


def parse_bytes(text: Json) -> bytes:
    if not isinstance(text, str) or not text.startswith("0x"):
        raise ChainUnavailable(_WRONG_SHAPE)
    try:
        return bytes.fromhex(text[2:])
    except ValueError as error:
        raise ChainUnavailable(_WRONG_SHAPE) from error


def parse_block(answer: Json) -> BlockRef:
    if answer is None:
        raise ChainUnavailable(_("The node does not know the block it should know."))
    block = parse_object(answer)
    return BlockRef(parse_small(block.get("number")), parse_hash(block.get("hash")))


def parse_timestamp(answer: Json) -> int:
    """Return the time of a block, in seconds since 1970."""
    return parse_small(parse_object(answer).get("timestamp"))


def parse_receipt(answer: Json) -> Receipt:
    receipt = parse_object(answer)
    block = BlockRef(parse_small(receipt.get("blockNumber")), parse_hash(receipt.get("blockHash")))
    return Receipt(block, parse_small(receipt.get("status")) == 1, tuple(parse_objects(receipt.get("logs"))))


def parse_cost(answer: Json) -> int:
    """Return what the transaction of a receipt cost, in wei."""
    receipt = parse_object(answer)
    cost = parse_small(receipt.get("gasUsed")) * parse_price(receipt.get("effectiveGasPrice"))
    if cost > LARGEST_COST:
        raise ChainUnavailable(_WRONG_SHAPE)
    return cost


def parse_base_fee(answer: Json) -> int:
    """Return what gas costs in a block, in wei, without the tip."""
    return parse_price(parse_object(answer).get("baseFeePerGas"))


def parse_transaction(answer: Json) -> SentTransaction:
    sent = parse_object(answer)
    to, block = sent.get("to"), sent.get("blockNumber")
    return SentTransaction(
        sender=parse_bytes(sent.get("from")),
        to=None if to is None else parse_bytes(to),
        data=parse_bytes(sent.get("input")),
        block_number=None if block is None else parse_small(block),
    )


def parse_hash(text: Json) -> bytes:
    digest = parse_bytes(text)
    if len(digest) != 32:
        raise ChainUnavailable(_("The node answered with something that is no hash."))
    return digest
