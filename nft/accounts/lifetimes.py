"""Decide how long a text may be signed: minutes for a key, up to a day for an account with several owners."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from nft.accounts.tries import Visitor, count_long_challenge, count_network_try
from nft.clients.evm.chain import HEAD, ChainClient
from nft.clients.evm.errors import ChainError
from nft.clients.evm.node import within
from nft.settings import conf
from profiles.limits import TooMany

Chains = Callable[[int], ChainClient]
LIFETIME = timedelta(minutes=5)
# To ask a chain whether an account has code.
LOOKUP_SECONDS = 2.0
# The code of an account that a key delegated (EIP-7702) begins so. The key signs alone.
DELEGATION = bytes.fromhex("ef0100")


def decide_lifetime(visitor: Visitor, chain_id: int, address: bytes, chains: Chains, now: datetime) -> timedelta:
    """Return NFT_COSIGN_SECONDS for an account with code, whose owners may sign one after the other, else LIFETIME.

    What cannot be found out now, or was asked for too often, gives LIFETIME.
    """
    try:
        count_network_try(visitor, "contract-lookup-network", now)
        with within(LOOKUP_SECONDS):
            code = chains(chain_id).code_at(address, HEAD)
        if not code or code.startswith(DELEGATION):
            return LIFETIME
        count_long_challenge(visitor, now)
    except (ChainError, TooMany):
        return LIFETIME
    return max(LIFETIME, timedelta(seconds=conf().cosign_seconds))
