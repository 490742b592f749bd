"""The chains of NFT_CHAINS, and the chain that the local stack runs. `nft.settings.chains` says what an entry means."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from avatarsite.settings import env

LOCAL_CHAIN_ID = 31337


def read_chains(local_data: Path | None) -> dict[int, dict[str, object]]:
    """Return NFT_CHAINS, and in the local stack also its own chain with what was deployed there.

    Raises ImproperlyConfigured, so that a wrong entry stops the start.
    """
    from nft.settings.chains import parse_chains  # a site without nft imports none of it

    given = env.parsed_json("NFT_CHAINS", {})
    if not isinstance(given, dict):
        raise ImproperlyConfigured("NFT_CHAINS is a JSON object of chains, each by its id.")
    chains = {int(chain_id): chain for chain_id, chain in given.items()}
    if local_data is not None and LOCAL_CHAIN_ID not in chains:
        chains[LOCAL_CHAIN_ID] = _local_chain(local_data)
    parse_chains(chains)
    return chains


def rpc_origins(chains: dict[int, dict[str, object]]) -> list[str]:
    """Return the origins that the demo wallet may talk to; only the local stack lets pages reach a node."""
    from nft.settings.chains import parse_chains

    urls = [urlsplit(url) for chain in parse_chains(chains).values() for url in chain.rpc_urls]
    return sorted({f"{url.scheme}://{url.netloc}" for url in urls})


def _local_chain(data: Path) -> dict[str, object]:
    from nft.settings.chains import Chain

    port = env.integer("AVATARSITE_CHAIN_PORT", 8545, low=1, high=65535)
    node = f"127.0.0.1:{port}"
    chain: dict[str, object] = {"name": "Local chain", "rpc_urls": [f"http://{node}"], "ws_url": f"ws://{node}"}
    deployed = data / "chain.json"
    found = json.loads(deployed.read_text(encoding="utf-8")) if deployed.exists() else {}
    return chain | {key: value for key, value in found.items() if key in Chain.__slots__}  # it names more contracts
