"""Read ENS records on chain: resolvers, addresses, texts (ENSIP-1, 5, 9, 10) and primary names (ENSIP-3, 19).

A primary name counts only if it leads back to the same address.

Records that a resolver keeps off chain (EIP-3668) are not read: we would have to fetch a URL that a stranger chooses,
and trust the stranger's contract about the answer.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from nft.clients.evm.chain import HEAD, At, ChainClient
from nft.clients.evm.errors import ANSWER_TOO_LARGE, CallFailed, ChainUnavailable
from nft.core.errors import InvalidIdentifier
from nft.core.evm.abi.ens_calls import (
    EXTENDED_RESOLVER,
    MAX_RECORD_BYTES,
    OFFCHAIN_LOOKUP,
    build_addr,
    build_addr_of_coin,
    build_name_of,
    build_resolve,
    build_resolver,
    build_text,
    parse_addr,
    parse_addr_of_coin,
    parse_resolve,
    parse_resolver,
    parse_string,
)
from nft.core.evm.abi.token_calls import build_supports_interface, parse_supports_interface
from nft.core.evm.ens import ETH_COIN_TYPE, ancestors, dns_encode, namehash, normalize_name, reverse_name
from nft.core.evm.errors import BadAnswer
from nft.names.errors import OFF_CHAIN, RECORD_TOO_LONG, NameLookupError, names_unavailable

log = logging.getLogger(__name__)
T = TypeVar("T")

# The limit for all calls of one look-up together. A name with many labels needs a call for each, while a person waits.
LOOK_UP_SECONDS = 20.0


@dataclass(frozen=True)
class NameReader:
    """The names of one chain, read at its newest block, as wallets do.

    Names must be normalized (nft.core.evm.ens). Every method raises NameLookupError of the kinds OFF_CHAIN,
    RECORD_TOO_LONG and NAMES_UNAVAILABLE.
    """

    client: ChainClient
    registry: bytes

    def fetch_address(self, name: str, coin_type: int = ETH_COIN_TYPE) -> bytes | None:
        """Return the name's address of this coin type, or None."""
        return self._read(lambda view: view.address(name, coin_type))

    def fetch_text(self, name: str, key: str) -> str:
        """Return a text record; "" if the name has none."""
        return self._read(lambda view: view.text(name, key))

    def fetch_primary_name(self, address: bytes, coin_type: int = ETH_COIN_TYPE) -> str | None:
        """Return the normalized name that the address chose, if the name leads back to the address."""
        return self._read(lambda view: view.primary_name(address, coin_type))

    def _read(self, read: Callable[[_View], T]) -> T:
        """Return the nodes' answer. If nodes must agree, all are asked, at the newest block that all of them have."""
        try:
            ends_at = time.monotonic() + LOOK_UP_SECONDS
            if not self.client.must_agree:
                return read(_View(self.client, self.registry, HEAD, ends_at))
            views = self.client.single_node_clients()
            number = min(view.head().number for view in views)
            answers = [read(_View(view, self.registry, view.block(number), ends_at)) for view in views]
        except ChainUnavailable as error:
            raise names_unavailable() from error
        if any(answer != answers[0] for answer in answers):
            log.error("The nodes of chain %s disagree about a name at block %s.", self.client.chain_id, number)
            raise names_unavailable()
        return answers[0]


@dataclass(frozen=True)
class _View:
    """The names at one block, as one node or any node tells them. `ends_at` is by `time.monotonic()`."""

    client: ChainClient
    registry: bytes
    at: At
    ends_at: float

    def address(self, name: str, coin_type: int) -> bytes | None:
        node = namehash(name)
        if coin_type == ETH_COIN_TYPE:
            return self._record(name, build_addr(node), parse_addr)
        return self._record(name, build_addr_of_coin(node, coin_type), parse_addr_of_coin)

    def text(self, name: str, key: str) -> str:
        return self._record(name, build_text(namehash(name), key), parse_string) or ""

    def primary_name(self, address: bytes, coin_type: int) -> str | None:
        reverse = reverse_name(address, coin_type)
        claimed = self._record(reverse, build_name_of(namehash(reverse)), parse_string)
        if not claimed or not _is_normalized(claimed):
            return None
        return claimed if self.address(claimed, coin_type) == address else None

    def _record(self, name: str, call: bytes, parse: Callable[[bytes], T]) -> T | None:
        """Return a record. None if there is no resolver, or it reverts or returns something else than such a record."""
        resolver, is_exact = self._find_resolver(name)
        if resolver is None:
            return None
        try:
            if self._is_extended(resolver):
                answer = self._call(resolver, build_resolve(dns_encode(name), call))
                return parse(parse_resolve(answer))
            return parse(self._call(resolver, call)) if is_exact else None
        except CallFailed as error:
            if error.is_a(ANSWER_TOO_LARGE):
                sentence = f"The record of {name} has more than the {MAX_RECORD_BYTES:,} bytes we read."
                raise NameLookupError(sentence, RECORD_TOO_LONG) from error
            if error.data[:4] == OFFCHAIN_LOOKUP:
                sentence = f"What {name} stands for is kept off the chain, which we do not read."
                raise NameLookupError(sentence, OFF_CHAIN) from error
            return None
        except BadAnswer:
            return None

    def _find_resolver(self, name: str) -> tuple[bytes | None, bool]:
        """Return the resolver of the name or of its nearest ancestor with one, and whether it is the name's own."""
        for ancestor in ancestors(name):
            try:
                resolver = parse_resolver(self._call(self.registry, build_resolver(namehash(ancestor))))
            except (CallFailed, BadAnswer) as error:
                # No name can cause this: the contract at this address is not the ENS registry.
                log.error("The ENS registry of chain %s does not answer like one.", self.client.chain_id)  # noqa: TRY400
                raise names_unavailable() from error
            if resolver is not None:
                return resolver, ancestor == name
        return None, False

    def _is_extended(self, resolver: bytes) -> bool:
        """Return whether the resolver also answers for names below its own (ENSIP-10)."""
        try:
            return parse_supports_interface(self._call(resolver, build_supports_interface(EXTENDED_RESOLVER)))
        except (CallFailed, BadAnswer):
            return False

    def _call(self, to: bytes, call: bytes) -> bytes:
        if time.monotonic() > self.ends_at:
            raise ChainUnavailable("The chain's nodes are too slow to look up a name.")
        return self.client.call(to, call, self.at, max_bytes=MAX_RECORD_BYTES)


def _is_normalized(name: str) -> bool:
    try:
        return normalize_name(name) == name
    except InvalidIdentifier:
        return False
