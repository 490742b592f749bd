"""How often something may be tried, counted in the cache in fixed windows.

Without the cache nobody may try: an uncounted flood would fill the table of challenges and burn the processor, and
sign-in by password counts its tries in the same cache, so refusing stops nothing that would still work.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from redis import RedisError

from nft.accounts.errors import RateLimited, ServiceDown
from nft.settings import conf


@dataclass(frozen=True)
class Limit:
    """At most `count` tries in a window of `seconds`."""

    count: int
    seconds: int


LIMITS: Mapping[str, Limit] = {
    "challenge-session": Limit(20, 60),
    "challenge-network": Limit(60, 60),
    # With challenges kept for at most 15 minutes and guests' sessions for 20 this holds both below 50 MB.
    "challenge-everyone": Limit(1_200, 60),
    "verify-session": Limit(30, 60),
    "verify-network": Limit(90, 60),
    "contract-signature-network": Limit(20, 60),
}


def spend(action: str, key: str, now: datetime) -> None:
    """Counts one try of `action` by `key`. Raises RateLimited past the limit, ServiceDown without a cache.

    The setting NFT_RATE_LIMITS ({"action": (count, seconds)}) overrides LIMITS.
    """
    limit = _limit(action)
    window, elapsed = divmod(int(now.timestamp()), limit.seconds)
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]  # the cache need not know who it was
    if _count(f"nft:tries:{action}:{window}:{digest}", limit.seconds) > limit.count:
        raise RateLimited(limit.seconds - elapsed)


def _limit(action: str) -> Limit:
    overrides = conf().rate_limits
    return Limit(*overrides[action]) if action in overrides else LIMITS[action]


def _count(name: str, seconds: int) -> int:
    try:
        cache.add(name, 0, timeout=seconds + 1)
        return cache.incr(name)
    except ValueError:  # flushed between the two: this is the first try again
        return 1
    except (RedisError, OSError) as error:
        raise ServiceDown from error
