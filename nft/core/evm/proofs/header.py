"""The header of a block: built from what a node answers, and hashed. The hash is the block's only if all of it is true.

Headers of London to Osaka are known. One with a field that is not known has another hash than it claims, and proves
nothing. Those of OP Stack chains (specs.optimism.io, Isthmus), Arbitrum and Polygon have Ethereum's form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from eth_hash.auto import keccak

from nft.core.evm.errors import NotProved
from nft.core.evm.proofs.rlp import decode_list, decode_number, encode_list, encode_number
from nft.core.json import Json
from profiles.sentences import gettext as _

NUMBER, ANY = -1, -2
#: Each field by its name in JSON-RPC, with its bytes. Those from `baseFeePerGas` on were added by forks, in this order.
FIELDS: Mapping[str, int] = {
    "parentHash": 32, "sha3Uncles": 32, "miner": 20, "stateRoot": 32, "transactionsRoot": 32, "receiptsRoot": 32,
    "logsBloom": 256, "difficulty": NUMBER, "number": NUMBER, "gasLimit": NUMBER, "gasUsed": NUMBER,
    "timestamp": NUMBER, "extraData": ANY, "mixHash": 32, "nonce": 8,
    "baseFeePerGas": NUMBER, "withdrawalsRoot": 32, "blobGasUsed": NUMBER, "excessBlobGas": NUMBER,
    "parentBeaconBlockRoot": 32, "requestsHash": 32,
}  # fmt: skip
_PLACES = {name: place for place, name in enumerate(FIELDS)}
_FIRST_OPTIONAL = _PLACES["baseFeePerGas"]
#: Polygon's headers list there which transactions depend on each other.
MAX_EXTRA = 32 * 1024
#: Chains whose blocks' hash is not that of such a header, so that nothing on them can be proved: ZKsync Era (the hash
#: covers no state), Cronos and Stable (it is the consensus layer's), Avalanche's C-Chain (more fields), Tempo (the
#: header lies within another list). With their test networks.
UNCHECKABLE = frozenset({324, 300, 25, 338, 988, 2201, 43114, 43113, 4217, 42431, 42429})
_HEX = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")
_MALFORMED = _("The block's header is not well-formed.")


@dataclass(frozen=True)
class Header:
    """A header by its RLP."""

    encoded: bytes

    @cached_property
    def hash(self) -> bytes:
        return keccak(self.encoded)

    @cached_property
    def _contents(self) -> list[bytes]:
        """Return the content of each field. Raise `NotProved`."""
        items = decode_list(self.encoded, len(FIELDS))
        sizes = list(FIELDS.values())
        if len(items) < _FIRST_OPTIONAL or any(item.is_list for item in items):
            raise NotProved(_MALFORMED)
        for item, size in zip(items, sizes, strict=False):
            if size == NUMBER:
                decode_number(item.content)
            elif len(item.content) > MAX_EXTRA if size == ANY else len(item.content) != size:
                raise NotProved(_MALFORMED)
        return [item.content for item in items]

    def get(self, name: str) -> bytes:
        """Return the content of a field, by its name in JSON-RPC. Raise `NotProved`."""
        return self._contents[_PLACES[name]]

    def get_number(self, name: str) -> int:
        return decode_number(self.get(name))

    def has(self, name: str) -> bool:
        """Return whether the header is of a fork that has the field."""
        return _PLACES[name] < len(self._contents)


def parse_header(block: Mapping[str, Json]) -> Header:
    """Build the header from the answer of `eth_getBlockByNumber`. Raise `NotProved` if a field is malformed."""
    present = [name for place, name in enumerate(FIELDS) if place < _FIRST_OPTIONAL or block.get(name) is not None]
    if present != list(FIELDS)[: len(present)]:
        raise NotProved(_MALFORMED)
    return Header(encode_list([_parse_field(block.get(name), FIELDS[name]) for name in present]))


def _parse_field(value: Json, size: int) -> bytes:
    if size == NUMBER:
        if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
            raise NotProved(_MALFORMED)
        return encode_number(int(value, 16))
    most = MAX_EXTRA if size == ANY else size
    if not isinstance(value, str) or len(value) > 2 * most + 2 or not _HEX.fullmatch(value):
        raise NotProved(_MALFORMED)
    content = bytes.fromhex(value[2:])
    if size != ANY and len(content) != size:
        raise NotProved(_MALFORMED)
    return content
