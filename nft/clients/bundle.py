"""The external clients a use case may call, passed as one value: from the settings in production, by hand in tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nft.clients.evm.chain import ChainClient, get_chain
from nft.clients.ipfs.gateways import Gateways, get_gateways
from nft.clients.web.fetch import GuardedHttp, guarded_http


@dataclass(frozen=True)
class Clients:
    chain: Callable[[int], ChainClient]
    """Raises ChainUnavailable for a chain that is not configured."""
    ipfs: Gateways
    http: GuardedHttp


def get_clients() -> Clients:
    return Clients(get_chain, get_gateways(), guarded_http())
