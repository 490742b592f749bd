"""How often somebody may do something costly. Counted in the cache, in windows of an hour.

Without the cache nothing is refused: this guards our processor against one busy person, not a secret, and uploads
need a sign-in and are bounded one by one. It is logged, so that an operator learns of it.
"""

from __future__ import annotations

import logging
from ipaddress import IPv6Address, IPv6Network, ip_address

from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

HOUR = 3600


class TooMany(Exception):
    """The limit of an hour is used up."""

    permanent = False

    def __init__(self, what: str, per_hour: int) -> None:
        self.sentence = f"That is more than {per_hour} {what} in an hour. Please wait a while and try again."
        super().__init__(self.sentence)
        self.retry_after = HOUR


def spend(what: str, who: object, per_hour: int) -> None:
    """Count one more of `what` ("uploads") for `who`; raises TooMany past `per_hour`."""
    key = f"limit:{what}:{who}"
    try:
        cache.add(key, 0, timeout=HOUR)
        count = cache.incr(key)
    except ValueError:  # the window ended between the two lines
        return
    except (RedisError, OSError):
        logger.warning("The cache is down: %s are not counted.", what)
        return
    if count > per_hour:
        raise TooMany(what, per_hour)


# Whom to count a request for.

IPV6_SUBSCRIBER_BITS = 64  # what one household is given


def network_of(remote: str, forwarded: str, proxies: int) -> str:
    """The address the outermost of our `proxies` saw, or the peer without proxies.

    `forwarded` is the X-Forwarded-For header; what lies left of our own proxies' entries anyone can write. IPv6
    addresses count by /64.
    """
    hops = forwarded.split(",")
    client = hops[-proxies].strip() if 0 < proxies <= len(hops) else remote
    try:
        address = ip_address(client)
    except ValueError:
        return remote
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, IPV6_SUBSCRIBER_BITS), strict=False))
    return str(address)
