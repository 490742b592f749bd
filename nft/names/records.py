"""Reading the Ethereum Name Service on its chain: a name's resolver and records (ENSIP-1, 5, 9, 10), and the name an
address has (ENSIP-3, 19), which counts only where the name leads back to that very address.

A record that a contract keeps elsewhere (EIP-3668) is not read: we would fetch a URL of a stranger's choice, and
believe what the stranger's contract says of it.

NameProblem                   permanent: bool, sentence, slug
├── NotAName                  permanent: ENSIP-15 disallows it
├── NoNames                   permanent: no configured chain has a registry of names
├── NoRecord                  permanent: nobody registered the name, or set this record of it
├── KeptOffChain              permanent: see above
├── RecordTooLong             permanent: more bytes than we read
└── NamesUnreachable          not permanent: no node answered, or nodes disagree; decides nothing
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, TypeVar

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

log = logging.getLogger(__name__)
T = TypeVar("T")

LOOK_UP_SECONDS = 20.0
"""For all calls of one look-up together: a name with many parts needs one for each, and somebody may wait for it."""


class NameProblem(Exception):
    permanent: ClassVar[bool] = True
    slug: ClassVar[str] = "name-refused"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NotAName(NameProblem):
    slug = "not-a-name"


class NoNames(NameProblem):
    slug = "no-names"

    def __init__(self) -> None:
        super().__init__("This site does not look up names. Use the address itself.")


class NoRecord(NameProblem):
    slug = "no-such-name"


class KeptOffChain(NameProblem):
    slug = "name-off-chain"

    def __init__(self, name: str) -> None:
        super().__init__(f"What {name} stands for is kept off the chain, which we do not read.")


class RecordTooLong(NameProblem):
    slug = "record-too-long"

    def __init__(self, name: str) -> None:
        super().__init__(f"The record of {name} has more than the {MAX_RECORD_BYTES:,} bytes we read.")


class NamesUnreachable(NameProblem):
    permanent = False
    slug = "names-unavailable"

    def __init__(self) -> None:
        super().__init__("Names can't be looked up right now. Please try again in a minute.")


@dataclass(frozen=True)
class NameReader:
    """The names of one chain, read at its newest block, as wallets do. Names must be normal (nft.core.evm.ens).

    Every method raises KeptOffChain, RecordTooLong and NamesUnreachable.
    """

    client: ChainClient
    registry: bytes

    def address(self, name: str, coin_type: int = ETH_COIN_TYPE) -> bytes | None:
        """None where the name leads to no address of this coin type."""
        return self._read(lambda view: view.address(name, coin_type))

    def text(self, name: str, key: str) -> str:
        """Empty where the name has no such record."""
        return self._read(lambda view: view.text(name, key))

    def primary_name(self, address: bytes, coin_type: int = ETH_COIN_TYPE) -> str | None:
        """The normal name the address gave itself, if that name leads back to it."""
        return self._read(lambda view: view.primary_name(address, coin_type))

    def _read(self, ask: Callable[[_View], T]) -> T:
        """What the nodes say; where they must agree, what all of them say at the newest block they all have."""
        try:
            ends_at = time.monotonic() + LOOK_UP_SECONDS
            if not self.client.must_agree:
                return ask(_View(self.client, self.registry, HEAD, ends_at))
            views = self.client.views()
            number = min(view.head().number for view in views)
            answers = [ask(_View(view, self.registry, view.block(number), ends_at)) for view in views]
        except ChainUnavailable as error:
            raise NamesUnreachable from error
        if any(answer != answers[0] for answer in answers):
            log.error("The nodes of chain %s disagree about a name at block %s.", self.client.chain_id, number)
            raise NamesUnreachable
        return answers[0]


@dataclass(frozen=True)
class _View:
    client: ChainClient
    registry: bytes
    at: At
    ends_at: float
    """time.monotonic()"""

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
        if not claimed or not _is_normal(claimed):
            return None
        return claimed if self.address(claimed, coin_type) == address else None

    def _record(self, name: str, call: bytes, parse: Callable[[bytes], T]) -> T | None:
        """None where there is no resolver, or it has no such record: it may refuse, or answer what is none."""
        resolver, is_exact = self._find_resolver(name)
        if resolver is None:
            return None
        try:
            if self._is_extended(resolver):
                answer = self._ask(resolver, build_resolve(dns_encode(name), call))
                return parse(parse_resolve(answer))
            return parse(self._ask(resolver, call)) if is_exact else None
        except CallFailed as error:
            if error.is_a(ANSWER_TOO_LARGE):
                raise RecordTooLong(name) from error
            if error.data[:4] == OFFCHAIN_LOOKUP:
                raise KeptOffChain(name) from error
            return None
        except BadAnswer:
            return None

    def _find_resolver(self, name: str) -> tuple[bytes | None, bool]:
        """The resolver of the name or of its nearest parent that has one, and whether it is the name's own."""
        for ancestor in ancestors(name):
            try:
                resolver = parse_resolver(self._ask(self.registry, build_resolver(namehash(ancestor))))
            except (CallFailed, BadAnswer) as error:
                # No fault of the name's: it is not the registry of names that answers here.
                log.error("Chain %s has no registry of names where it should be.", self.client.chain_id)  # noqa: TRY400
                raise NamesUnreachable from error
            if resolver is not None:
                return resolver, ancestor == name
        return None, False

    def _is_extended(self, resolver: bytes) -> bool:
        try:
            return parse_supports_interface(self._ask(resolver, build_supports_interface(EXTENDED_RESOLVER)))
        except (CallFailed, BadAnswer):
            return False

    def _ask(self, to: bytes, call: bytes) -> bytes:
        if time.monotonic() > self.ends_at:
            raise ChainUnavailable("The chain's nodes are too slow to look up a name.")
        return self.client.call(to, call, self.at, max_bytes=MAX_RECORD_BYTES)


def _is_normal(name: str) -> bool:
    try:
        return normalize_name(name) == name
    except InvalidIdentifier:
        return False
