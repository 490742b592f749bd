"""Looking up what a person typed as a name. Never a proof of who somebody is: only of where a name leads now."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError

from nft.clients.clients import Clients
from nft.clients.evm.errors import ChainUnavailable
from nft.core.errors import InvalidIdentifier
from nft.core.evm.ens import ETH_COIN_TYPE, evm_coin_type, namehash, normalize_name
from nft.core.tokens.avatar_record import AVATAR, parse_avatar_record
from nft.core.tokens.paste import AssetReference
from nft.names.records import NameReader, NamesUnreachable, NoNames, NoRecord, NotAName
from nft.settings.chains import describe_chain, ens_chain

log = logging.getLogger(__name__)

REMEMBERED_SECONDS = 60
"""How long a text record is remembered, its absence too. An outage is never remembered."""


@dataclass(frozen=True)
class NamedAddress:
    name: str
    address: bytes


def get_reader(clients: Clients) -> NameReader:
    """Raises NoNames, NamesUnreachable."""
    chain = ens_chain()
    if chain is None or chain.ens_registry is None:
        raise NoNames
    try:
        return NameReader(clients.chain(chain.id), chain.ens_registry)
    except ChainUnavailable as error:
        raise NamesUnreachable from error


def coin_type_on(chain_id: int) -> int:
    """Which of a name's addresses counts on a chain. That of the names' own chain stands for no other chain: an
    account there need not exist here (ENSIP-19). Raises NoRecord."""
    names = ens_chain()
    if names is not None and chain_id == names.id:
        return ETH_COIN_TYPE
    try:
        return evm_coin_type(chain_id)
    except InvalidIdentifier as error:
        raise NoRecord(str(error)) from error


def find_address(text: str, chain_id: int, clients: Clients) -> NamedAddress:
    """Where a name leads on a chain, asked anew each time: something may be sent there. Raises NameProblem."""
    reader, name = get_reader(clients), _normal(text)
    address = reader.address(name, coin_type_on(chain_id))
    if address is None:
        chain_name = describe_chain(chain_id).name
        raise NoRecord(f"The name {name} leads to no address on {chain_name}. Ask its owner for one.")
    return NamedAddress(name, address)


def find_avatar_token(text: str, clients: Clients) -> AssetReference:
    """The token in the `avatar` record of a name. Raises NameProblem, InvalidIdentifier."""
    reader, name = get_reader(clients), _normal(text)
    record = _remembered(f"{AVATAR}:{namehash(name).hex()}", lambda: reader.text(name, AVATAR))
    return parse_avatar_record(name, record)


def _normal(text: str) -> str:
    try:
        return normalize_name(text.strip())
    except InvalidIdentifier as error:
        raise NotAName(str(error)) from error


def _remembered(what: str, read: Callable[[], str]) -> str:
    chain = ens_chain()
    key = f"names:{chain and chain.id}:{what}"
    try:
        known: Any = cache.get(key)
    except (RedisError, OSError):
        log.warning("The cache is down: names are looked up each time.")
        return read()
    if isinstance(known, str):
        return known
    found = read()
    try:
        cache.set(key, found, REMEMBERED_SECONDS)
    except (RedisError, OSError):
        log.warning("The cache is down: a name is not remembered.")
    return found
