"""The only client for URLs that come from a chain or a person.

https only unless configured, no user names, no IP literals, ports 443 and 80. The address is checked on the connected
socket at every hop (addresses.py); at most three redirects, each checked anew; one deadline for everything; bytes are
counted while they stream, after decompression (transport/body.py); each host is rate-limited (pace.py). No cookies, no
proxies from the environment.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from math import ceil
from types import MappingProxyType

import requests
from django.core.cache import caches

from nft.clients.transport.body import Body
from nft.clients.transport.connections import Response, Transport
from nft.clients.transport.deadline import Cancellation, Deadline
from nft.clients.transport.errors import BAD_RESPONSE, URL_REFUSED, FetchError
from nft.clients.transport.guard import blaming
from nft.clients.web.addresses import LOOPBACK, PORTS, OutboundRules, parse_networks
from nft.clients.web.pace import Budget, Pace
from nft.clients.web.urls import Target, parse_redirect, parse_target
from nft.settings import conf
from profiles.sentences import gettext
from profiles.sources import Posted

REDIRECTS = frozenset({301, 302, 303, 307, 308})
TEMPORARY_STATUSES = frozenset({408, 425, 429})
DAY = 86_400


@dataclass(frozen=True)
class FetchLimits:
    """`seconds` is for everything together, redirects included; `max_bytes` counts decompressed bytes."""

    max_bytes: int
    seconds: float
    max_redirects: int = 3
    accept: str = "*/*"
    packed: bool = True
    """Whether to ask for gzip; blocks and pictures don't shrink."""


@dataclass(frozen=True)
class Fetched:
    content: bytes
    content_type: str
    """As the server claims it, without parameters: a hint, never a proof."""
    url: str
    """Where the redirects ended."""


@dataclass(frozen=True)
class Answer:
    """A response with status 200 whose body has not been read yet."""

    target: Target
    content_type: str
    """As in Fetched."""
    body: Body


class GuardedHttp:
    """Safe for use by several threads: nothing is shared between two fetches."""

    def __init__(
        self,
        rules: OutboundRules,
        tls: ssl.SSLContext | None = None,
        *,
        redirects: OutboundRules | None = None,
        pace: Pace | None = None,
    ) -> None:
        """`redirects`: the rules for the targets of redirects, if not the same. `pace`: None for no rate limit."""
        self._rules = rules
        self._redirects = redirects or rules
        self._tls = tls
        self._pace = pace

    @property
    def allows_plain(self) -> bool:
        """Whether http is followed as well as https."""
        return "http" in self._rules.schemes

    def check(self, url: str) -> None:
        """Raise FetchError, of kind URL_REFUSED, if the text of the URL says that it is not followed."""
        parse_target(url, self._rules)

    def fetch(
        self, url: str, limits: FetchLimits, cancellation: Cancellation | None = None, *, posted: bytes | None = None
    ) -> Fetched:
        """Return the whole body. Raises FetchError. With `posted`, JSON, it is a POST, which follows no redirect."""
        with self.stream(url, limits, cancellation, posted=posted) as answer:
            return Fetched(b"".join(answer.body), answer.content_type, answer.target.url)

    def post(self, url: str, content: bytes, headers: Mapping[str, str], seconds: float) -> Posted:
        """Post JSON, and return the answer's status as soon as its headers are here: its body is not read.

        Raises FetchError if no answer came. An answer of any status is one, also a redirect, which is not followed.
        """
        target = parse_target(url, self._rules)
        with Deadline(seconds) as deadline, blaming(lambda: _unusable(target.host)):
            response = self._ask(target, self._rules, deadline, FetchLimits(0, seconds), content, headers)
            with closing(response):
                deadline.remaining(target.host)  # headers that were cut by the deadline look like their end
                return Posted(response.status, parse_retry_after(response.headers.get("retry-after", "")))

    @contextmanager
    def stream(
        self, url: str, limits: FetchLimits, cancellation: Cancellation | None = None, *, posted: bytes | None = None
    ) -> Iterator[Answer]:
        """Yield the response, whose body gives at most `limits.max_bytes`.

        Raises FetchError, also while the body is read, and for anything unexpected that the caller meets in it.
        """
        target = parse_target(url, self._rules)
        host = target.host
        with Deadline(limits.seconds) as deadline, blaming(lambda: _unusable(host)):
            if cancellation is not None:
                cancellation.watch(deadline)
            target, response = self._follow(target, deadline, limits, posted)
            with closing(response):
                content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
                yield Answer(target, content_type, response.body(limits.max_bytes))

    def _follow(
        self, target: Target, deadline: Deadline, limits: FetchLimits, posted: bytes | None
    ) -> tuple[Target, Response]:
        rules = self._rules
        for _ in range(limits.max_redirects + 1):
            response = self._ask(target, rules, deadline, limits, posted)
            if response.status == 200:
                return target, response
            response.close()
            if response.status not in REDIRECTS or posted is not None:
                is_temporary = response.status >= 500 or response.status in TEMPORARY_STATUSES
                sentence = gettext(
                    "%(host)s answered with status %(status)s.", host=target.host, status=response.status
                )
                retry_after = parse_retry_after(response.headers.get("retry-after", "")) if is_temporary else None
                raise FetchError(
                    sentence,
                    BAD_RESPONSE,
                    permanent=not is_temporary,
                    retry_after=retry_after,
                    answered=response.status,
                )
            rules = self._redirects
            target = parse_redirect(response.headers.get("location", ""), target, rules)
        raise FetchError(
            gettext(
                "%(host)s redirects more than %(redirects)s times.", host=target.host, redirects=limits.max_redirects
            ),
            URL_REFUSED,
        )

    def _ask(
        self,
        target: Target,
        rules: OutboundRules,
        deadline: Deadline,
        limits: FetchLimits,
        posted: bytes | None,
        more_headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Response:
        if self._pace is not None:
            self._pace.wait_for_turn(target.host, deadline.remaining(target.host))
        headers = {
            "Accept": limits.accept,
            "Accept-Encoding": "gzip" if limits.packed else "identity",
            "User-Agent": "avatarsite",
            "Connection": "close",
            **more_headers,
        }
        transport = Transport(rules.check, self._tls)  # of its own: no connection is shared between two rules
        if posted is None:
            return transport.send(requests.Request("GET", target.url, headers=headers), deadline)
        headers["Content-Type"] = "application/json"
        return transport.send(requests.Request("POST", target.url, headers=headers, data=posted), deadline)


def parse_retry_after(text: str) -> int | None:
    """Return the seconds that a Retry-After header asks to wait (RFC 9110, 10.2.3), at most a day; None for no such."""
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), DAY)
    try:
        seconds = parsedate_to_datetime(text).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0, min(ceil(seconds), DAY))


def _unusable(host: str) -> FetchError:
    return FetchError(gettext("%(host)s answered with what can't be used.", host=host), BAD_RESPONSE, permanent=False)


def guarded_http(*, local: bool = False, paced: bool = True) -> GuardedHttp:
    """Return the client for strangers' URLs, as the settings allow.

    local: allow this machine too, by http and at any port. paced: False for no limit of how often a host is asked.

    NFT_HTTP_ALLOWED_PRIVATE: CIDR ranges allowed besides the public ones; NFT_HTTP_DENIED: ranges of one's own that are
    never allowed; NFT_HTTP_ALLOW_PLAIN: http as well as https; NFT_HTTP_SECONDS_PER_HOST, NFT_HTTP_PER_MINUTE: rates.
    """
    plain = conf().http_allow_plain or local
    rules = OutboundRules(
        schemes=frozenset({"https", "http"} if plain else {"https"}),
        ports=None if local else PORTS,
        allowed=parse_networks([*conf().http_allowed_private, *(LOOPBACK if local else ())]),
        denied=parse_networks(list(conf().http_denied)),
    )
    budget = Budget(
        conf().http_seconds_per_host,
        conf().http_per_minute,
    )
    return GuardedHttp(rules, pace=Pace(caches["default"], budget) if paced else None)


def operator_http() -> GuardedHttp:
    """Return the client for hosts the operator configured: any address and port, the same deadlines and limits.

    Redirect targets of such a host are untrusted and checked like any other URL.
    """
    anywhere = OutboundRules(schemes=frozenset({"https", "http"}), ports=None, ip_literals=True, any_address=True)
    return GuardedHttp(anywhere, redirects=OutboundRules())
