"""Read the fields of event logs, as `eth_getLogs` or web3 give them: hexadecimal text or bytes.

All functions raise `BadAnswer` for a field of the wrong shape.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from nft.core.evm.abi.words import WORD
from nft.core.evm.errors import BadAnswer
from profiles.sentences import gettext as _

Log = Mapping[str, object]
"""The JSON of one log, or web3's form of it."""


MAX_NUMBER = 2**48 - 1
"""Far more blocks than any chain will have, and columns can hold it."""

_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")


def address_topic(address: bytes) -> str:
    """Return `address` as an indexed topic, to filter logs by sender or recipient."""
    return "0x" + address.hex().rjust(2 * WORD, "0")


def read_topics(log: Log) -> list[bytes]:
    """Return the log's topics; the first one names the event."""
    topics = log.get("topics")
    if not isinstance(topics, list | tuple):
        raise BadAnswer(_("A log has no topics."))
    return [_parse_bytes(topic) for topic in topics]


def read_bytes(log: Log, field: str, size: int | None = None) -> bytes:
    """Return a field of bytes, of exactly `size` bytes if given."""
    data = _parse_bytes(log.get(field))
    if size is not None and len(data) != size:
        raise BadAnswer(_("A log has a field of %(data)s bytes in the place of %(size)s.", data=len(data), size=size))
    return data


def read_number(log: Log, field: str) -> int:
    """Return a field that is a number from 0 to MAX_NUMBER."""
    value = log.get(field)
    number = int(value, 16) if isinstance(value, str) and _QUANTITY.fullmatch(value) else value
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= MAX_NUMBER:
        raise BadAnswer(_("A log has a field that is not a number."))
    return number


def _parse_bytes(value: object) -> bytes:
    try:
        if isinstance(value, str):
            if value[:2] == "0x":
                return bytes.fromhex(value[2:])
        elif isinstance(value, bytes):
            return bytes(value)
    except ValueError as error:
        raise BadAnswer(_("A log has a field that is not hexadecimal.")) from error
    raise BadAnswer(_("A log has a field that is not hexadecimal."))
