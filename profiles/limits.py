"""Limit how often somebody may do something costly, counted in the cache in fixed windows of time.

A visitor is counted by address and by the wider networks around it. What many share (`spend_shared`) is never closed by
some of them: once it is used up, each network still has a small share of its own.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_network

from django.core.cache import cache
from django.http import HttpRequest

from profiles import settings
from profiles.addresses import Address, counted_address, parse_address
from profiles.errors import ExpectedError, Kind
from profiles.outages import CACHE, CACHE_ERRORS
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop, ngettext

logger = logging.getLogger(__name__)

HOUR = 3600  # seconds
#: A wider network has so many times the tries of an address.
WIDER = 4
#: What is counted by the hour here and in other apps, as the sentence names it.
COUNTED = (
    gettext_noop("uploads"),
    gettext_noop("fetches"),
    gettext_noop("drawings"),
    gettext_noop("tokens"),
    gettext_noop("calls"),
    gettext_noop("guesses"),
    gettext_noop("checks"),
    gettext_noop("pictures"),
    gettext_noop("searches"),
    gettext_noop("names"),
    gettext_noop("mints"),
    gettext_noop("transactions"),
    gettext_noop("webhooks"),
    gettext_noop("deliveries"),
)


@dataclass(frozen=True)
class Spent:
    """What is left of a limit after a try: `left` of `count` in a window of `seconds`, which ends in `resets_in`."""

    what: str
    count: int
    seconds: int
    left: int
    resets_in: int


_collected: ContextVar[dict[str, Spent] | None] = ContextVar("limits", default=None)


@contextmanager
def collect_spent() -> Iterator[dict[str, Spent]]:
    """Collect what is spent within, by its name. Of the limits of one name, the one of which least is left counts."""
    spent: dict[str, Spent] = {}
    token = _collected.set(spent)
    try:
        yield spent
    finally:
        _collected.reset(token)


def rate_limit_headers(spent: Sequence[Spent]) -> Mapping[str, str]:
    """Return the headers that tell a program its limits (draft-ietf-httpapi-ratelimit-headers-10)."""
    if not spent:
        return {}
    return {
        "RateLimit-Policy": ", ".join(f'"{each.what}";q={each.count};w={each.seconds}' for each in spent),
        "RateLimit": ", ".join(f'"{each.what}";r={each.left};t={each.resets_in}' for each in spent),
    }


class TooMany(ExpectedError):
    """The tries of this window are used up. `retry_after` says when the next one begins."""

    kind = Kind("rate-limited", gettext_noop("Too many tries"), 429, permanent=False)

    def __init__(self, sentence: str, *, retry_after: int, what: str = "", count: int = 0, seconds: int = 0) -> None:
        """`what` may be done `count` times in each window of `seconds`."""
        super().__init__(sentence, retry_after=retry_after)
        self.what, self.count, self.seconds = what, count, seconds

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers that tell a program which limit it met."""
        met = Spent(self.what, self.count, self.seconds, 0, self.retry_after or 0)
        return rate_limit_headers([met] if self.what else [])


def spend(
    what: str,
    who: object,
    count: int,
    *,
    cost: int = 1,
    seconds: int = HOUR,
    now: float | None = None,
    if_cache_is_down: str = "",
) -> None:
    """Count `cost` tries of `what` ("uploads") by `who`. Raise TooMany past `count` tries in a window of `seconds`.

    Windows are aligned to the clock. AVATAR_RATE_LIMITS ({what: (count, seconds)}) replaces both numbers. `now` is a
    time.time(). Without a cache the try is allowed and logged, or refused with the sentence `if_cache_is_down`: raises
    ExpectedError of the kind CACHE.
    """
    _spend(what, who, 1, count, seconds, now, if_cache_is_down, cost)


def spend_in_networks(
    what: str,
    networks: Sequence[str],
    count: int,
    *,
    seconds: int = HOUR,
    now: float | None = None,
    if_cache_is_down: str = "",
    whose: str = "",
) -> None:
    """Count one try for a visitor's address and then for each wider network, which has WIDER times `count`.

    A try that is refused counts for no wider network, so one address does not use up what its neighbors have. `whose`
    keeps counts apart. Raise as `spend` does.
    """
    for place, network in enumerate(networks):
        _spend(what, f"{whose}{network}", WIDER if place else 1, count, seconds, now, if_cache_is_down)


def spend_shared(
    what: str,
    whose: str,
    networks: Sequence[str],
    count: int,
    share: int,
    *,
    seconds: int = HOUR,
    now: float | None = None,
    if_cache_is_down: str = "",
) -> None:
    """Count one try of what many share: everybody (`whose` is ""), or all who want the same thing.

    Past `count` tries in a window, each address has `share` more and each wider network WIDER times as many (the limit
    `what`-share of AVATAR_RATE_LIMITS). So a flood, from however many addresses, closes nothing for the others. Raise
    as `spend` does.
    """
    try:
        spend(what, whose, count, seconds=seconds, now=now, if_cache_is_down=if_cache_is_down)
    except TooMany:
        spend_in_networks(
            f"{what}-share",
            networks,
            share,
            seconds=seconds,
            now=now,
            if_cache_is_down=if_cache_is_down,
            whose=f"{whose}@",
        )


def _spend(
    what: str,
    who: object,
    times: int,
    count: int,
    seconds: int,
    now: float | None,
    if_cache_is_down: str,
    cost: int = 1,
) -> None:
    count, seconds = settings.current().rate_limits.get(what, (count, seconds))
    window, elapsed = divmod(int(time.time() if now is None else now), seconds)
    digest = hashlib.sha256(str(who).encode()).hexdigest()[:32]  # the cache need not know who it was
    key = f"limit:{what}:{window}:{digest}"
    try:
        # One request to the cache for the first try of a window, which most are.
        tries = cost if cache.add(key, cost, timeout=seconds + 1) else cache.incr(key, cost)
    except ValueError:  # flushed between the two: this is the first try again
        return
    except CACHE_ERRORS as error:
        if if_cache_is_down:
            raise ExpectedError(if_cache_is_down, CACHE) from error
        logger.warning("The cache is down: %s are not counted.", what)
        return
    left = seconds - elapsed
    _note(Spent(what, count * times, seconds, max(0, count * times - tries), left))
    if tries > count * times:
        sentence = _sentence(what, count * times, seconds, left)
        raise TooMany(sentence, retry_after=left, what=what, count=count * times, seconds=seconds)


def _note(spent: Spent) -> None:
    collected = _collected.get()
    if collected is not None and (spent.what not in collected or collected[spent.what].left > spent.left):
        collected[spent.what] = spent


def _sentence(what: str, count: int, seconds: int, left: int) -> str:
    if seconds == HOUR:
        return _(
            "That is more than %(count)s %(what)s in an hour. Please wait a while and try again.",
            count=count,
            what=_(what),
        )
    return ngettext(
        "That was too many tries. Wait %(count)s second and try again.",
        "That was too many tries. Wait %(count)s seconds and try again.",
        left,
    )


def networks_of_request(request: HttpRequest) -> tuple[str, ...]:
    """Return the networks to count a visitor's request for, trusting TRUSTED_PROXY_COUNT proxies."""
    return networks_of(*_seen(request))


def address_of_request(request: HttpRequest) -> Address | None:
    """Return the address that the narrowest of these networks is around; None if nobody reported one."""
    return _address_of(*_seen(request))


def networks_of(remote: str, forwarded: str, proxies: int) -> tuple[str, ...]:
    """Return the networks of the address that the outermost of our `proxies` saw, or of the peer's without proxies.

    `forwarded` is the X-Forwarded-For header: anybody can write what lies left of our own proxies' entries. The
    narrowest comes first: AVATAR_IPV4_NETWORKS and AVATAR_IPV6_NETWORKS say how many bits each has. What is no address
    is counted for the peer.
    """
    address = _address_of(remote, forwarded, proxies)
    if address is None:
        return (remote,)
    given = settings.current()
    widths = given.ipv6_networks if isinstance(address, IPv6Address) else given.ipv4_networks
    return tuple(str(ip_network((address, bits), strict=False)) for bits in widths)


def _seen(request: HttpRequest) -> tuple[str, str, int]:
    remote, forwarded = (request.META.get(name, "") for name in ("REMOTE_ADDR", "HTTP_X_FORWARDED_FOR"))
    return remote, forwarded, settings.current().trusted_proxies


def _address_of(remote: str, forwarded: str, proxies: int) -> Address | None:
    hops = forwarded.split(",")
    named = parse_address(hops[-proxies]) if 0 < proxies <= len(hops) else None
    address = named or parse_address(remote)
    return counted_address(address) if address else None
