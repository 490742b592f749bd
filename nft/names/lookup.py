"""Look up ENS names that people type.

A name tells where it leads now. It proves nothing about the person behind it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.core.cache import cache

from nft.clients.bundle import Clients
from nft.clients.evm.errors import ChainUnavailable
from nft.core.errors import InvalidIdentifier
from nft.core.evm.ens import ETH_COIN_TYPE, evm_coin_type, namehash, normalize_name
from nft.core.tokens.avatar_record import AVATAR, parse_avatar_record
from nft.core.tokens.paste import AssetReference
from nft.names.errors import NO_NAMES, NO_SUCH_NAME, NOT_A_NAME, NameLookupError, names_unavailable
from nft.names.records import NameReader
from nft.settings import conf
from nft.settings.chains import describe_chain, ens_chain
from profiles.outages import CACHE_ERRORS
from profiles.sentences import gettext as _

log = logging.getLogger(__name__)

# How long a text record is cached, also if it is empty. Outages are never cached.
CACHE_SECONDS = 60
# Names that a person may have looked up, by what they type.
NAMES_PER_HOUR = 60


@dataclass(frozen=True)
class NamedAddress:
    """A normalized name and the address it leads to."""

    name: str
    address: bytes


def build_reader(clients: Clients) -> NameReader:
    """Return a reader of the configured ENS registry. Raise NameLookupError if there is none, or no node answers."""
    chain = ens_chain()
    if chain is None or chain.ens_registry is None:
        raise NameLookupError(_("This site does not look up names. Use the address itself."), NO_NAMES)
    try:
        http = clients.http if conf().ens_gateways else None
        return NameReader(clients.chain(chain.id), chain.ens_registry, http)
    except ChainUnavailable as error:
        raise names_unavailable() from error


def choose_coin_type(chain_id: int) -> int:
    """Return the coin type of a name's address on a chain. Raise NameLookupError for a chain that has none.

    A name's Ethereum address (coin type 60) is only used on the chain of ENS itself: an account there need not exist on
    another chain (ENSIP-19).
    """
    chain = ens_chain()
    if chain is not None and chain_id == chain.id:
        return ETH_COIN_TYPE
    try:
        return evm_coin_type(chain_id)
    except InvalidIdentifier as error:
        raise NameLookupError(error.sentence, NO_SUCH_NAME) from error


def fetch_address(text: str, chain_id: int, clients: Clients) -> NamedAddress:
    """Return the address a name leads to on a chain. Raise NameLookupError.

    It is never cached, since a token may be sent there.
    """
    reader, name = build_reader(clients), parse_name(text)
    address = reader.fetch_address(name, choose_coin_type(chain_id))
    if address is None:
        chain_name = describe_chain(chain_id).name
        sentence = _("We found no address for %(name)s on %(chain)s. Check the spelling.", name=name, chain=chain_name)
        raise NameLookupError(sentence, NO_SUCH_NAME)
    return NamedAddress(name, address)


def fetch_avatar_token(text: str, clients: Clients) -> AssetReference:
    """Return the token in the `avatar` record of a name (ENSIP-12). Raise NameLookupError or InvalidIdentifier."""
    reader, name = build_reader(clients), parse_name(text)
    record = _cached(f"{AVATAR}:{namehash(name).hex()}", lambda: reader.fetch_text(name, AVATAR))
    return parse_avatar_record(name, record)


def parse_name(text: str) -> str:
    """Return the name that a person typed, in its normal form. Raise NameLookupError."""
    try:
        return normalize_name(text.strip())
    except InvalidIdentifier as error:
        raise NameLookupError(error.sentence, NOT_A_NAME) from error


def _cached(record: str, fetch: Callable[[], str]) -> str:
    """Return a record from the cache, else fetch and cache it. Without a cache, fetch it each time."""
    chain = ens_chain()
    key = f"names:{chain and chain.id}:{record}"
    try:
        known: object = cache.get(key)
    except CACHE_ERRORS:
        log.warning("The cache is down: names are looked up each time.")
        return fetch()
    if isinstance(known, str):
        return known
    found = fetch()
    try:
        cache.set(key, found, CACHE_SECONDS)
    except CACHE_ERRORS:
        log.warning("The cache is down: a name is not cached.")
    return found
