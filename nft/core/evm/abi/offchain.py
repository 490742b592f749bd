"""Contracts that keep an answer off the chain and name the URLs at which it is (EIP-3668, CCIP Read).

The contract itself checks what comes from there: the answer goes back to its callback.
"""

from __future__ import annotations

from dataclasses import dataclass

from nft.core.buffers import Bytes
from nft.core.evm.abi.words import WORD, decode_address, decode_bytes, decode_uint, encode_bytes, encode_uint, selector
from nft.core.evm.errors import BadAnswer
from profiles.sentences import gettext

# The first bytes of a revert that asks the client to fetch the answer.
OFFCHAIN_LOOKUP = selector("OffchainLookup(address,string[],bytes,bytes4,bytes)")
MAX_URLS = 8
MAX_URL_BYTES = 2048
#: Of the call data, of what the contract wants back, and of a gateway's answer.
MAX_DATA_BYTES = 64 * 1024


@dataclass(frozen=True)
class OffchainLookup:
    """What the revert asks for. `urls` are templates with {sender} and {data}, to be tried in order."""

    sender: bytes
    urls: tuple[str, ...]
    call_data: bytes
    callback: bytes
    extra_data: bytes


def parse_offchain_lookup(revert: Bytes) -> OffchainLookup:
    """Parse the data of the revert, its selector included. Raise `BadAnswer`."""
    if bytes(revert[:4]) != OFFCHAIN_LOOKUP:
        raise BadAnswer(gettext("The contract did not revert with OffchainLookup."))
    body = revert[4:]
    head = [body[place * WORD : (place + 1) * WORD] for place in range(5)]
    call_data, _ = decode_bytes(body, decode_uint(head[2]), MAX_DATA_BYTES)
    extra_data, _ = decode_bytes(body, decode_uint(head[4]), MAX_DATA_BYTES)
    urls = _parse_urls(body, decode_uint(head[1]))
    return OffchainLookup(decode_address(head[0]), urls, call_data, bytes(head[3][:4]), extra_data)


def _parse_urls(body: Bytes, offset: int) -> tuple[str, ...]:
    count, start = decode_uint(body[offset : offset + WORD]), offset + WORD
    if count > MAX_URLS:
        raise BadAnswer(gettext("The contract names %(count)s URLs; %(urls)s are read.", count=count, urls=MAX_URLS))
    places = [decode_uint(body[start + n * WORD : start + (n + 1) * WORD]) for n in range(count)]
    try:
        return tuple(decode_bytes(body, start + place, MAX_URL_BYTES)[0].decode() for place in places)
    except UnicodeDecodeError as error:
        raise BadAnswer(gettext("A URL of the contract is not valid UTF-8.")) from error


def fill_url(template: str, lookup: OffchainLookup) -> str:
    """Return the URL to get. A template without {data} is posted to instead."""
    data = f"0x{lookup.call_data.hex()}"
    return template.replace("{sender}", f"0x{lookup.sender.hex()}").replace("{data}", data)


def build_callback(lookup: OffchainLookup, answer: bytes) -> bytes:
    """Build the call that gives a gateway's answer to the contract."""
    first = encode_bytes(answer)
    head = encode_uint(2 * WORD) + encode_uint(2 * WORD + len(first))
    return lookup.callback + head + first + encode_bytes(lookup.extra_data)
