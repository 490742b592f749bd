"""The chains that this site reads (NFT_CHAINS), by which nodes, and when a block counts as confirmed."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver

from nft.core.evm.address import parse_address, to_checksum
from nft.core.evm.proofs.header import UNCHECKABLE
from nft.settings import conf
from profiles.errors import ExpectedError
from profiles.setting_values import parse_flag, parse_object, parse_text, parse_url, parse_web_url, parse_whole_number

# Where ENS names are registered, unless the chain's `ens_registry` says otherwise.
ENS_REGISTRIES = {1: "0x00000000000C2E074eC69A0dFb2997BA6C7d2e1e"}
T = TypeVar("T")
_CALL = re.compile(r"\w+\(uint[0-9]{1,3}\)")


class Proofs(StrEnum):
    """Whether answers about owners are proved from the chain's state (docs/explain/ownership-proofs.md).

    OFFERED: where a node offers proofs. REQUIRED: an answer that is not proved counts as unknown.
    """

    OFF = "off"
    OFFERED = "offered"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver:
    """The calls that replace `ownerOf` and `tokenURI` for one contract (docs/extend/resolvers.md).

    Each call takes the token's number and nothing else. A call goes to the contract itself if no other is named.
    """

    owner_call: str = ""
    owner_contract: bytes | None = None
    uri_call: str = ""
    uri_contract: bytes | None = None
    uri: str = ""

    def as_json(self) -> dict[str, str]:
        """Return what is set, as in NFT_CHAINS."""
        texts = {key: getattr(self, key) for key in self.__slots__ if getattr(self, key)}
        return {key: to_checksum(value) if isinstance(value, bytes) else value for key, value in texts.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """An entry of NFT_CHAINS. `id` is the chain's EIP-155 number."""

    id: int
    name: str
    rpc_urls: tuple[str, ...] = field(default=(), repr=False)  # they may hold keys
    ws_url: str = field(default="", repr=False)
    # A node that people's wallets may be told to use; shown on pages.
    wallet_rpc_url: str = ""
    explorer_url: str = ""
    currency: str = "ETH"
    # "finalized", "safe", or how many blocks below the newest one a block counts as confirmed.
    confirmed: str | int = "finalized"
    # Seconds after which the newest block is too old to be believed; None for a chain that makes blocks on demand.
    max_block_age: int | None = 3600
    # Whether two nodes must agree before an owner is believed.
    agree: bool = False
    proofs: Proofs = Proofs.OFFERED
    # A client that verifies headers by itself, such as Helios: asked whether a proof's block is the chain's.
    light_client_url: str = field(default="", repr=False)
    avatar_contract: bytes | None = None
    collections: tuple[bytes, ...] = ()
    resolvers: Mapping[bytes, Resolver] = field(default_factory=dict)
    tokens_from_block: int = 0
    ens_registry: bytes | None = None
    delegate_registry: bytes | None = None
    # Tokens that the local stack's pages offer to try.
    demo_tokens: tuple[Mapping[str, str], ...] = ()

    @property
    def contracts(self) -> frozenset[bytes]:
        """Return the contracts that the operator named: our own, and the collections."""
        ours = [self.avatar_contract] if self.avatar_contract else []
        return frozenset([*ours, *self.collections])

    def token_url(self, contract: str, token_id: str | int) -> str:
        """Return the token's page at the chain's explorer; empty if none is configured."""
        base = self.explorer_url.rstrip("/")
        return f"{base}/nft/{contract}/{token_id}" if base else ""


@functools.cache
def chains() -> Mapping[int, Chain]:
    """Return the configured chains by id, in the order of NFT_CHAINS. Raises ImproperlyConfigured."""
    return MappingProxyType(parse_chains(getattr(settings, "NFT_CHAINS", {})))


def describe_chain(chain_id: int) -> Chain:
    """Return the chain, or one without nodes and with a name made of its number if it is not configured (any more)."""
    return chains().get(chain_id) or Chain(id=chain_id, name=f"Chain {chain_id}")


def ens_chain() -> Chain | None:
    """Return the chain whose ENS names we read: the first with an `ens_registry`."""
    return next((chain for chain in chains().values() if chain.ens_registry), None)


def default_chain_id() -> int:
    return conf().default_chain_id or next(iter(chains()), 1)


def parse_chains(given: object) -> dict[int, Chain]:
    """Return NFT_CHAINS, a mapping of chain id to a mapping with the fields of `Chain`, typed.

    Raises ImproperlyConfigured with the chain and the key. Keys with URLs of nodes are named without their value.
    """
    if not isinstance(given, Mapping):
        raise ImproperlyConfigured("NFT_CHAINS: write a mapping of chain id to the chain's entry.")
    return {_parse_id(chain_id): _parse_chain(_parse_id(chain_id), entry) for chain_id, entry in given.items()}


def _parse_id(chain_id: object) -> int:
    try:
        return int(str(chain_id))
    except ValueError:
        raise ImproperlyConfigured(f"NFT_CHAINS: {chain_id!r} is not a chain id.") from None


def _parse_chain(chain_id: int, entry: object) -> Chain:
    where = f"NFT_CHAINS: chain {chain_id}"
    try:
        given = parse_object(entry, required=set(), optional=set(_RULES))
    except (TypeError, ValueError) as error:
        raise ImproperlyConfigured(f"{where}: {error}") from None
    if not given.get("name") or not given.get("rpc_urls"):
        raise ImproperlyConfigured(f"{where} needs a name and at least one of rpc_urls.")
    proofs = Proofs.OFF if chain_id in UNCHECKABLE else Proofs.OFFERED
    with_defaults = {"ens_registry": ENS_REGISTRIES.get(chain_id, ""), "proofs": proofs, **given}
    chain = Chain(id=chain_id, **{key: _parse_field(where, key, value) for key, value in with_defaults.items()})
    if chain_id in UNCHECKABLE and chain.proofs is not Proofs.OFF:
        raise ImproperlyConfigured(f"{where}: the header of this chain cannot be checked, so proofs must be 'off'.")
    return chain


def _parse_field(where: str, key: str, value: object) -> Any:  # of the field's type
    parse, rule = _RULES[key]
    try:
        return parse(value)
    except (KeyError, TypeError, ValueError, ExpectedError):
        shown = "a wrong value" if key in _SECRET else repr(value)
        raise ImproperlyConfigured(f"{where} has {key}={shown}; {rule}.") from None


def _parse_address(value: object) -> bytes:
    return parse_address(parse_text(value))


def _parse_optional_address(value: object) -> bytes | None:
    return _parse_address(value) if value else None


def _parse_list(parse: Callable[[object], T], value: object) -> tuple[T, ...]:
    if not isinstance(value, list | tuple | set):
        raise TypeError
    return tuple(parse(each) for each in value)


def _parse_confirmed(value: object) -> str | int:
    return str(value) if value in ("finalized", "safe") else parse_whole_number(value)


def _parse_age(value: object) -> int | None:
    if value == 0:
        raise ValueError
    return None if value is None else parse_whole_number(value)


def _parse_resolvers(value: object) -> dict[bytes, Resolver]:
    if not isinstance(value, Mapping):
        raise TypeError
    return {_parse_address(contract): _parse_resolver(rule) for contract, rule in value.items()}


def _parse_resolver(rule: object) -> Resolver:
    given = parse_object(rule, required=set(), optional=set(Resolver.__slots__))
    owner_call, uri_call = parse_text(given.get("owner_call", "")), parse_text(given.get("uri_call", ""))
    if not all(_CALL.fullmatch(call) for call in (owner_call, uri_call) if call):
        raise ValueError
    return Resolver(
        owner_call=owner_call,
        owner_contract=_parse_optional_address(given.get("owner_contract")),
        uri_call=uri_call,
        uri_contract=_parse_optional_address(given.get("uri_contract")),
        uri=parse_text(given.get("uri", "")),
    )


def _parse_demo_token(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise TypeError
    return {parse_text(key): parse_text(text) for key, text in value.items()}


_SECRET = {"rpc_urls", "ws_url", "light_client_url"}
# How each key is parsed, and what it must be.
_RULES: Mapping[str, tuple[Callable[[object], object], str]] = {
    "name": (parse_text, "it is text"),
    "rpc_urls": (functools.partial(_parse_list, parse_web_url), "it is a list of https:// or http:// addresses"),
    "ws_url": (lambda url: url and parse_url(url, "wss", "ws"), "it begins with wss:// or ws://"),
    "wallet_rpc_url": (lambda url: url and parse_url(url, "https"), "wallets take https:// only"),
    "explorer_url": (lambda url: url and parse_web_url(url), "it begins with https:// or http://"),
    "currency": (parse_text, "it is text"),
    "confirmed": (_parse_confirmed, "it is 'finalized', 'safe' or a number of blocks"),
    "max_block_age": (_parse_age, "it is seconds, or null"),
    "agree": (parse_flag, "it is true or false"),
    "proofs": (lambda value: Proofs(parse_text(value)), "it is 'off', 'offered' or 'required'"),
    "light_client_url": (lambda url: url and parse_web_url(url), "it begins with https:// or http://"),
    "avatar_contract": (_parse_optional_address, "it is an address"),
    "collections": (functools.partial(_parse_list, _parse_address), "it is a list of addresses"),
    "resolvers": (
        _parse_resolvers,
        "it maps a contract's address to owner_call, owner_contract, uri_call, uri_contract, uri; calls: name(uint256)",
    ),
    "tokens_from_block": (parse_whole_number, "it is a block number"),
    "ens_registry": (_parse_optional_address, "it is an address"),
    "delegate_registry": (_parse_optional_address, "it is an address"),
    "demo_tokens": (functools.partial(_parse_list, _parse_demo_token), "it is a list of mappings"),
}


@receiver(setting_changed, dispatch_uid="nft.forget_chains")
def _forget(*, setting: str, **_: object) -> None:
    """Django sends this when a test overrides a setting."""
    if setting == "NFT_CHAINS":
        chains.cache_clear()
