"""Read ENS records on chain: resolvers, addresses, texts (ENSIP-1, 5, 9, 10) and primary names (ENSIP-3, 19).

A primary name counts only if it leads back to the same address.

Records that a resolver keeps off chain (EIP-3668) are fetched from the gateways it names, through the guarded client,
and given back to the resolver, which checks them. Without such a client they are not read.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from nft.clients.evm.chain import HEAD, At, ChainClient
from nft.clients.evm.errors import ANSWER_TOO_LARGE, CallFailed, ChainUnavailable
from nft.clients.web.fetch import GuardedHttp
from nft.core.errors import InvalidIdentifier
from nft.core.evm.abi.ens_calls import (
    EXTENDED_RESOLVER,
    MAX_RECORD_BYTES,
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
from nft.core.evm.abi.multicall import Call
from nft.core.evm.abi.offchain import OFFCHAIN_LOOKUP, build_callback, parse_offchain_lookup
from nft.core.evm.abi.token_calls import build_supports_interface, parse_supports_interface
from nft.core.evm.ens import ETH_COIN_TYPE, ancestors, dns_encode, namehash, normalize_name, reverse_name
from nft.core.evm.errors import BadAnswer
from nft.names.errors import RECORD_TOO_LONG, NameLookupError, names_unavailable
from nft.names.readings import Reading, Source
from profiles.sentences import gettext

log = logging.getLogger(__name__)
T = TypeVar("T")

# The limit for all calls of one look-up together. A name with many labels needs a call for each, while a person waits.
LOOK_UP_SECONDS = 20.0
# Times that one record may send us to gateways (EIP-3668 wants a limit, and names 4).
MAX_LOOKUPS = 4


@dataclass(frozen=True)
class NameReader:
    """The names of one chain, read at its newest block, as wallets do.

    Names must be normalized (nft.core.evm.ens). Every method raises NameLookupError of the kinds OFF_CHAIN,
    RECORD_TOO_LONG and NAMES_UNAVAILABLE.
    """

    client: ChainClient
    registry: bytes
    #: For records that are kept off the chain; None if they are not read.
    http: GuardedHttp | None = None

    def fetch_address(self, name: str, coin_type: int = ETH_COIN_TYPE) -> bytes | None:
        """Return the name's address of this coin type, or None."""
        return self._read(lambda: self._records.address(name, coin_type))

    def fetch_text(self, name: str, key: str) -> str:
        """Return a text record; "" if the name has none."""
        return self._read(lambda: self._records.text(name, key))

    def fetch_resolver(self, name: str) -> bytes | None:
        """Return the contract that holds the name's own records, or None if it has none of its own."""
        return self._read(lambda: self._records.resolver(name))

    def fetch_primary_name(self, address: bytes, coin_type: int = ETH_COIN_TYPE) -> str | None:
        """Return the normalized name that the address chose, if the name leads back to the address."""
        return self._read(lambda: self._records.primary_name(address, coin_type))

    def fetch_primary_names(self, accounts: Sequence[tuple[bytes, int]]) -> list[str | NameLookupError | None]:
        """Do the same for many pairs of address and coin type, in few requests. An error stands in the name's place."""
        try:
            if not self.client.must_agree:
                return self._source(*self.client.first_working_view()).read_together(self._primary_names(accounts))
            sources, number = self._agreeing_sources()
            found = [source.read_together(self._primary_names(accounts)) for source in sources]
        except ChainUnavailable as error:
            raise names_unavailable() from error
        return [self._agreed(each, number) for each in zip(*found, strict=True)]

    @property
    def _records(self) -> _Records:
        return _Records(self.client.chain_id, self.registry)

    def _primary_names(self, accounts: Sequence[tuple[bytes, int]]) -> list[Reading[str | None]]:
        return [self._records.primary_name(*account) for account in accounts]

    def _read(self, read: Callable[[], Reading[T]]) -> T:
        """Return the nodes' answer. If nodes must agree, all are asked, at the newest block that all of them have."""
        try:
            if not self.client.must_agree:
                return self._source(self.client, HEAD).read(read())
            sources, number = self._agreeing_sources()
            answers = [source.read(read()) for source in sources]
        except ChainUnavailable as error:
            raise names_unavailable() from error
        answer = self._agreed(answers, number)
        if isinstance(answer, NameLookupError):
            raise answer
        return answer

    def _source(self, view: ChainClient, at: At) -> Source:
        return Source(view, at, self.http, time.monotonic() + LOOK_UP_SECONDS)

    def _agreeing_sources(self) -> tuple[list[Source], int]:
        views = self.client.single_node_clients()
        number = min(view.head().number for view in views)
        return [self._source(view, view.block(number)) for view in views], number

    def _agreed(self, answers: Sequence[T | NameLookupError], number: int) -> T | NameLookupError:
        """Return the nodes' common answer, or an error if there is none."""
        if len({each.slug if isinstance(each, NameLookupError) else (each,) for each in answers}) == 1:
            return answers[0]
        log.error("The nodes of chain %s disagree about a name at block %s.", self.client.chain_id, number)
        return names_unavailable()


@dataclass(frozen=True)
class _Records:
    """The look-ups of the records of names, as calls."""

    chain_id: int
    registry: bytes

    def address(self, name: str, coin_type: int) -> Reading[bytes | None]:
        node = namehash(name)
        if coin_type == ETH_COIN_TYPE:
            return (yield from self._record(name, build_addr(node), parse_addr))
        return (yield from self._record(name, build_addr_of_coin(node, coin_type), parse_addr_of_coin))

    def text(self, name: str, key: str) -> Reading[str]:
        return (yield from self._record(name, build_text(namehash(name), key), parse_string)) or ""

    def resolver(self, name: str) -> Reading[bytes | None]:
        resolver, is_exact = yield from self._find_resolver(name)
        return resolver if is_exact else None

    def primary_name(self, address: bytes, coin_type: int) -> Reading[str | None]:
        reverse = reverse_name(address, coin_type)
        claimed = yield from self._record(reverse, build_name_of(namehash(reverse)), parse_string)
        if not claimed or not _is_normalized(claimed):
            return None
        return claimed if (yield from self.address(claimed, coin_type)) == address else None

    def _record(self, name: str, call: bytes, parse: Callable[[bytes], T]) -> Reading[T | None]:
        """Return a record. None if there is no resolver, or it reverts or returns something else than such a record."""
        resolver, is_exact = yield from self._find_resolver(name)
        if resolver is None:
            return None
        try:
            if (yield from self._is_extended(resolver)):
                answer = yield from self._ask(resolver, build_resolve(dns_encode(name), call))
                return parse(parse_resolve(answer))
            return parse((yield from self._ask(resolver, call))) if is_exact else None
        except CallFailed as error:
            if error.is_a(ANSWER_TOO_LARGE):
                sentence = gettext(
                    "The record of %(name)s has more than the %(record_bytes)s bytes we read.",
                    name=name,
                    record_bytes=MAX_RECORD_BYTES,
                )
                raise NameLookupError(sentence, RECORD_TOO_LONG) from error
            return None
        except BadAnswer:
            return None

    def _ask(self, resolver: bytes, data: bytes) -> Reading[bytes]:
        """Return the resolver's answer, fetched from its gateways if it keeps it off the chain (EIP-3668).

        Raise CallFailed for any other revert, BadAnswer for a malformed one.
        """
        for _ in range(MAX_LOOKUPS):
            try:
                return (yield Call(resolver, data))
            except CallFailed as error:
                if error.data[:4] != OFFCHAIN_LOOKUP:
                    raise
                lookup = parse_offchain_lookup(error.data)
                if lookup.sender != resolver:  # passed on from another contract, which the EIP forbids to follow
                    raise BadAnswer(gettext("The resolver passes on another contract's lookup.")) from error
            data = build_callback(lookup, (yield lookup))
        raise BadAnswer(gettext("The resolver sends us to gateways more than %(lookups)s times.", lookups=MAX_LOOKUPS))

    def _find_resolver(self, name: str) -> Reading[tuple[bytes | None, bool]]:
        """Return the resolver of the name or of its nearest ancestor with one, and whether it is the name's own."""
        for ancestor in ancestors(name):
            try:
                resolver = parse_resolver((yield Call(self.registry, build_resolver(namehash(ancestor)))))
            except (CallFailed, BadAnswer) as error:
                # No name can cause this: the contract at this address is not the ENS registry.
                log.error("The ENS registry of chain %s does not answer like one.", self.chain_id)  # noqa: TRY400
                raise names_unavailable() from error
            if resolver is not None:
                return resolver, ancestor == name
        return None, False

    def _is_extended(self, resolver: bytes) -> Reading[bool]:
        """Return whether the resolver also answers for names below its own (ENSIP-10)."""
        try:
            return parse_supports_interface((yield Call(resolver, build_supports_interface(EXTENDED_RESOLVER))))
        except (CallFailed, BadAnswer):
            return False


def _is_normalized(name: str) -> bool:
    try:
        return normalize_name(name) == name
    except InvalidIdentifier:
        return False
