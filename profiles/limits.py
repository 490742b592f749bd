"""Limit how often somebody may do something costly, counted in the cache in fixed windows of time."""

from __future__ import annotations

import hashlib
import logging
import time
from ipaddress import IPv6Address, IPv6Network, ip_address

from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError

from profiles import settings
from profiles.errors import ExpectedError, Kind
from profiles.outages import CACHE

logger = logging.getLogger(__name__)

HOUR = 3600  # seconds
# Bits of an IPv6 address that one household is given.
IPV6_SUBSCRIBER_BITS = 64


class TooMany(ExpectedError):
    """The tries of this window are used up. `retry_after` says when the next one begins."""

    kind = Kind("rate-limited", "Too many tries", 429, permanent=False)


def spend(
    what: str, who: object, count: int, *, seconds: int = HOUR, now: float | None = None, if_cache_is_down: str = ""
) -> None:
    """Count one try of `what` ("uploads") by `who`. Raise TooMany past `count` tries in a window of `seconds`.

    Windows are aligned to the clock. AVATAR_RATE_LIMITS ({what: (count, seconds)}) replaces both numbers. `now` is a
    time.time(). Without a cache the try is allowed and logged, or refused with the sentence `if_cache_is_down`: raises
    ExpectedError of the kind CACHE.
    """
    count, seconds = settings.current().rate_limits.get(what, (count, seconds))
    window, elapsed = divmod(int(time.time() if now is None else now), seconds)
    digest = hashlib.sha256(str(who).encode()).hexdigest()[:32]  # the cache need not know who it was
    key = f"limit:{what}:{window}:{digest}"
    try:
        cache.add(key, 0, timeout=seconds + 1)
        tries = cache.incr(key)
    except ValueError:  # flushed between the two: this is the first try again
        return
    except (RedisError, OSError) as error:
        if if_cache_is_down:
            raise ExpectedError(if_cache_is_down, CACHE) from error
        logger.warning("The cache is down: %s are not counted.", what)
        return
    if tries > count:
        left = seconds - elapsed
        raise TooMany(_sentence(what, count, seconds, left), retry_after=left)


def _sentence(what: str, count: int, seconds: int, left: int) -> str:
    if seconds == HOUR:
        return f"That is more than {count} {what} in an hour. Please wait a while and try again."
    return f"That was too many tries. Wait {left} {'second' if left == 1 else 'seconds'} and try again."


def network_of_request(request: HttpRequest) -> str:
    """Return the network to count a visitor's request for, trusting TRUSTED_PROXY_COUNT proxies."""
    remote, forwarded = (request.META.get(name, "") for name in ("REMOTE_ADDR", "HTTP_X_FORWARDED_FOR"))
    return network_of(remote, forwarded, settings.current().trusted_proxies)


def network_of(remote: str, forwarded: str, proxies: int) -> str:
    """Return the address that the outermost of our `proxies` saw, or the peer's without proxies.

    `forwarded` is the X-Forwarded-For header: anybody can write what lies left of our own proxies' entries. An IPv6
    address stands for its /64.
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
