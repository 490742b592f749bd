"""The chain registry: which chains we read, by which nodes, and when a block counts as confirmed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from avatarsite.settings import env

LOCAL_CHAIN_ID = 31337
ENS_REGISTRIES = {1: "0x00000000000C2E074eC69A0dFb2997BA6C7d2e1e"}
"""Where names are registered; on another chain, or to read none, say so by `ens_registry`."""
DEFAULTS: dict[str, Any] = {
    "confirmed": "finalized",
    "explorer_url": "",
    "currency": "ETH",
    "avatar_contract": "",
    "demo_tokens": [],
    "collections": [],
    "resolvers": {},
    "tokens_from_block": 0,
    "ens_registry": "",
    "agree": False,
    "wallet_rpc_url": "",
    "ws_url": "",
    "delegate_registry": "",
    "max_block_age": 3600,
}

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_CALL = re.compile(r"\w+\(uint[0-9]{1,3}\)")


def read_chains(local_data: Path | None) -> dict[int, dict[str, Any]]:
    """NFT_CHAINS from the environment; in the local stack, the chain it runs and what was deployed there."""
    given = env.parsed_json("NFT_CHAINS", {})
    chains = {int(chain_id): _defaults(int(chain_id)) | chain for chain_id, chain in given.items()}
    if local_data is not None and LOCAL_CHAIN_ID not in chains:
        chains[LOCAL_CHAIN_ID] = _local_chain(local_data)
    for chain_id, chain in chains.items():
        _check_chain(chain_id, chain)
    return chains


def read_indexers() -> list[dict[str, Any]]:
    """NFT_INDEXERS from the environment, each with its `adapter`, `chain_id` and `url`."""
    entries = env.parsed_json("NFT_INDEXERS", [])
    for place, entry in enumerate(entries, 1):
        if not isinstance(entry, dict) or not {"adapter", "chain_id", "url"} <= entry.keys():
            raise ImproperlyConfigured(f"NFT_INDEXERS: entry {place} needs adapter, chain_id and url.")
        if not str(entry["url"]).startswith(("https://", "http://")):
            raise ImproperlyConfigured(f"NFT_INDEXERS: the url of entry {place} is not http(s)://…")
    return list(entries)


def rpc_origins(chains: dict[int, dict[str, Any]]) -> list[str]:
    """Origins the demo wallet may talk to; only the local stack lets pages reach a node."""
    urls = [urlsplit(url) for chain in chains.values() for url in chain["rpc_urls"]]
    return sorted({f"{url.scheme}://{url.netloc}" for url in urls})


def _defaults(chain_id: int) -> dict[str, Any]:
    return DEFAULTS | {"ens_registry": ENS_REGISTRIES.get(chain_id, "")}


def _local_chain(data: Path) -> dict[str, Any]:
    port = env.integer("AVATARSITE_CHAIN_PORT", 8545, low=1, high=65535)
    node = f"127.0.0.1:{port}"
    chain = DEFAULTS | {"name": "Local chain", "rpc_urls": [f"http://{node}"], "ws_url": f"ws://{node}"}
    deployed = data / "chain.json"
    if deployed.exists():
        chain |= json.loads(deployed.read_text(encoding="utf-8"))
    return chain


def _check_chain(chain_id: int, chain: dict[str, Any]) -> None:
    if not chain.get("name") or not chain.get("rpc_urls"):
        raise ImproperlyConfigured(f"NFT_CHAINS: chain {chain_id} needs a name and at least one of rpc_urls.")
    confirmed = chain["confirmed"]
    if confirmed not in {"finalized", "safe"} and not (isinstance(confirmed, int) and confirmed >= 0):
        raise ImproperlyConfigured(
            f"NFT_CHAINS: chain {chain_id} has confirmed={confirmed!r}; "
            "it is 'finalized', 'safe' or a number of blocks."
        )
    for name in ("ens_registry", "delegate_registry"):
        if chain[name] and not _ADDRESS.fullmatch(str(chain[name])):
            raise ImproperlyConfigured(f"NFT_CHAINS: chain {chain_id} has {name}={chain[name]!r}; it is an address.")
    if not all(_ADDRESS.fullmatch(str(one)) for one in chain["collections"]):
        raise ImproperlyConfigured(f"NFT_CHAINS: chain {chain_id} has collections that are not all addresses.")
    _check_resolvers(chain_id, chain["resolvers"])
    if not isinstance(chain["tokens_from_block"], int) or chain["tokens_from_block"] < 0:
        raise ImproperlyConfigured(f"NFT_CHAINS: chain {chain_id} has a tokens_from_block that is no block number.")
    wallet_url = chain["wallet_rpc_url"]
    if wallet_url and not wallet_url.startswith("https://"):
        raise ImproperlyConfigured(
            f"NFT_CHAINS: chain {chain_id} has wallet_rpc_url={wallet_url!r}; wallets take https:// only."
        )
    if chain["ws_url"] and not str(chain["ws_url"]).startswith(("wss://", "ws://")):
        raise ImproperlyConfigured(f"NFT_CHAINS: chain {chain_id} has a ws_url that is not wss://… or ws://…")
    age = chain["max_block_age"]
    if age is not None and not (isinstance(age, int) and age > 0):
        raise ImproperlyConfigured(f"NFT_CHAINS: chain {chain_id} has max_block_age={age!r}; it is seconds, or null.")


def _check_resolvers(chain_id: int, rules: dict[str, dict[str, str]]) -> None:
    known = {"owner_call", "owner_contract", "uri_call", "uri_contract", "uri"}
    for address, rule in rules.items():
        named = [address, *(rule[name] for name in ("owner_contract", "uri_contract") if name in rule)]
        if not all(_ADDRESS.fullmatch(one) for one in named) or not set(rule) <= known:
            raise ImproperlyConfigured(
                f"NFT_CHAINS: the resolver for {address} on chain {chain_id} has a wrong address or key."
            )
        if not all(_CALL.fullmatch(rule[name]) for name in ("owner_call", "uri_call") if name in rule):
            raise ImproperlyConfigured(f"NFT_CHAINS: the calls of the resolver for {address} are like name(uint256).")
