"""The requests that upkeep may make to the nodes of a chain: a backlog leaves the rest to what people wait for."""

from __future__ import annotations

from nft.settings import conf
from profiles.limits import TooMany, spend


def take_requests(chain_id: int, count: int) -> bool:
    """Take requests from this minute's NFT_CHAIN_REQUESTS_PER_MINUTE. Return False if they are used up.

    All workers share them, through the cache.
    """
    try:
        spend("chain-requests", chain_id, conf().chain_requests_per_minute, cost=count, seconds=60)
    except TooMany:
        return False
    return True
