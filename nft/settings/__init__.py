"""The NFT_ settings of a Django project, typed, each with a default.

NFT_CHAINS has a module of its own (`nft.settings.chains`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver

from nft.settings.services import IndexerSettings, PinnerSettings, parse_indexers, parse_pinners
from profiles.setting_values import (
    parse_flag,
    parse_line,
    parse_networks,
    parse_text,
    parse_texts,
    parse_url,
    parse_urls,
    parse_web_url,
    parse_whole_number,
)

GWEI = 10**9
ETHER = 10**18


@dataclass(frozen=True, slots=True, kw_only=True)
class NftSettings:
    """Each field is the setting NFT_<NAME>. Ages and periods are in seconds."""

    # The chain of a new token, and of a pasted reference that names none; 0 is the first of NFT_CHAINS.
    default_chain_id: int = 0

    # Ownership and the gallery. How long an answer counts: profiles.settings.mark_max_age, image_max_age.
    sweep_period: int = 900
    watch_period: int = 12
    # How many shown marks of each chain are proved anew each day, chosen by chance.
    proof_sample: int = 240
    # What upkeep (ENS names, sessions of contract accounts) may ask of each chain.
    chain_requests_per_minute: int = 600
    # Whether ENS records that are kept off the chain are fetched from the gateways that their resolver names.
    ens_gateways: bool = True
    collection_policy: str = "any"
    indexers: tuple[IndexerSettings, ...] = field(default=(), repr=False)

    # Sign-in by wallet. `login` and `other_login_methods` are dotted paths, "" for none.
    sign_in_statement: str = "Sign in. This costs nothing and sends no transaction."
    # Whether a wallet that nobody has linked opens an account.
    sign_up: bool = True
    login: str = "nft.backends.log_in"
    other_login_methods: str = ""
    # How long the owners of a contract account may take to sign. A day at most.
    cosign_seconds: int = 86_400
    session_recheck: int = 86_400
    session_unchecked_max: int = 7 * 86_400

    # WalletConnect: the id that its relay knows the site by ("": not offered), and a static file that wallets show.
    walletconnect_project_id: str = ""
    walletconnect_relay_url: str = "wss://relay.walletconnect.org"
    walletconnect_icon: str = ""

    # IPFS and the web. `http_allowed_private` and `http_denied` are networks such as 10.1.0.0/16.
    ipfs_gateways: tuple[str, ...] = ()
    ipfs_race_delay_ms: int = 1000
    arweave_gateway: str = "https://arweave.net"
    pinners: tuple[PinnerSettings, ...] = ()
    rehash_days: int = 7
    http_allowed_private: tuple[str, ...] = ()
    http_denied: tuple[str, ...] = ()
    http_allow_plain: bool = False
    http_seconds_per_host: int = 1
    http_per_minute: int = 3000
    # Whether webhooks may go to this machine, by http and at any port: for the receiver that a developer writes.
    webhook_local: bool = False

    # Tokens that the site pays for. The budget is in wei a day and chain, the fee in wei a unit of gas.
    sponsor_chains: tuple[int, ...] = ()
    sponsor_keys: Mapping[int, str] = field(default_factory=dict, repr=False)
    sponsor_signer: str = ""
    sponsor_per_day: int = 3
    sponsor_per_person: int = 20
    sponsor_budget: int = ETHER // 20
    sponsor_max_fee: int = 100 * GWEI


@functools.cache
def conf() -> NftSettings:
    """Return the settings, parsed once. Raises ImproperlyConfigured with the name of the first wrong one."""
    return NftSettings(**{name: _parse(name) for name in _given()})


def setting_errors() -> list[str]:
    """Return a sentence for each wrong setting."""
    found: list[str] = []
    for name in _given():
        try:
            _parse(name)
        except ImproperlyConfigured as error:
            found.append(str(error))
    return found


def is_local_stack() -> bool:
    """Tell whether this is a machine of a developer, where known keys and unconfigured contracts are expected."""
    return bool(getattr(settings, "LOCAL_STACK", False))


def _given() -> list[str]:
    return [each.name for each in fields(NftSettings) if hasattr(settings, _setting(each.name))]


def _setting(name: str) -> str:
    return f"NFT_{name.upper()}"


def _parse(name: str) -> Any:  # of the field's type
    setting = _setting(name)
    parse = _PARSERS.get(name) or _BY_TYPE[type(getattr(NftSettings(), name))]
    try:
        return parse(getattr(settings, setting))
    except (TypeError, ValueError) as error:  # the sentences of the parsers never repeat a value: it may be a secret
        raise ImproperlyConfigured(f"{setting}: {error}") from None


def _parse_policy(value: object) -> str:
    if value not in {"any", "trusted", "listed"}:
        raise ValueError("write any, trusted or listed.")
    return str(value)


def _parse_within_a_day(value: object) -> int:
    seconds = parse_whole_number(value)
    if seconds > 86_400:
        raise ValueError("write at most 86400, a day.")
    return seconds


def _parse_chain_ids(value: object) -> tuple[int, ...]:
    if not isinstance(value, list | tuple | set):
        raise TypeError("write a list of chain ids.")
    return tuple(parse_whole_number(each) for each in value)


def _parse_keys(value: object) -> dict[int, str]:
    if not isinstance(value, Mapping):
        raise TypeError("write a mapping of chain id to private key.")
    return {parse_whole_number(chain_id): parse_text(key) for chain_id, key in value.items()}


_BY_TYPE: Mapping[type, Callable[[object], object]] = {
    bool: parse_flag,
    int: parse_whole_number,
    str: parse_text,
    tuple: parse_texts,
}
_PARSERS: Mapping[str, Callable[[object], object]] = {
    "cosign_seconds": _parse_within_a_day,
    "arweave_gateway": parse_web_url,
    "collection_policy": _parse_policy,
    "http_allowed_private": parse_networks,
    "http_denied": parse_networks,
    "ipfs_gateways": parse_urls,
    "sign_in_statement": parse_line,
    "walletconnect_icon": parse_line,
    "walletconnect_project_id": parse_line,
    "walletconnect_relay_url": lambda value: parse_url(value, "wss", "ws"),
    "indexers": parse_indexers,
    "pinners": parse_pinners,
    "sponsor_chains": _parse_chain_ids,
    "sponsor_keys": _parse_keys,
}


@receiver(setting_changed, dispatch_uid="nft.forget_settings")
def _forget(*, setting: str, **_: object) -> None:
    """Django sends this when a test overrides a setting."""
    if setting.startswith("NFT_"):
        conf.cache_clear()
