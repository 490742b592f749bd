"""The one door to URLs that come from a chain or a person.

https only unless configured, no user names, no IP literals, ports 443 and 80; the address is checked on the connected
socket at every hop (transport.py); at most three redirects, each judged anew; one deadline over everything; bytes
counted while they stream, after decompression (body.py); each host in its turn (pace.py). No cookies, no proxies from
the environment.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import requests
import urllib3
from django.core.cache import caches

from nft.clients.web.addresses import OutboundRules, parse_networks
from nft.clients.web.body import Body
from nft.clients.web.errors import BadAnswer, FetchTimeout, HostUnreachable, UrlRefused
from nft.clients.web.pace import Budget, Pace
from nft.clients.web.sockets import Cancellation, CheckedAdapter, Wire
from nft.clients.web.urls import Target, parse_redirect, parse_target
from nft.settings import conf

T = TypeVar("T")
REDIRECTS = frozenset({301, 302, 303, 307, 308})
LIBRARY_ERRORS = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,
)


@dataclass(frozen=True)
class FetchLimits:
    """`seconds` is for everything together, redirects included; `max_bytes` counts decompressed bytes."""

    max_bytes: int
    seconds: float
    max_redirects: int = 3
    accept: str = "*/*"
    packed: bool = True
    """Whether gzip is asked for; blocks and pictures don't shrink."""


@dataclass(frozen=True)
class Fetched:
    content: bytes
    content_type: str
    """As the server claims it, without parameters: a hint, never a proof."""
    url: str
    """Where the redirects ended."""


@dataclass(frozen=True)
class Answer:
    """A response with status 200 whose body is still on its way."""

    target: Target
    headers: dict[str, str]
    """Names in lower case."""
    body: Body

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


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
        """`redirects`: the rules for where a redirect leads, if not the same. `pace`: None asks without waiting."""
        self._rules = rules
        self._redirects = redirects or rules
        self._tls = tls
        self._pace = pace

    @property
    def allows_plain(self) -> bool:
        """Whether http is followed as well as https."""
        return "http" in self._rules.schemes

    def fetch(self, url: str, limits: FetchLimits, cancellation: Cancellation | None = None) -> Fetched:
        """The whole body. Raises FetchError."""
        with self.stream(url, limits, cancellation) as answer:
            return Fetched(b"".join(answer.body), answer.content_type, answer.target.url)

    @contextmanager
    def stream(self, url: str, limits: FetchLimits, cancellation: Cancellation | None = None) -> Iterator[Answer]:
        """The body piece by piece, at most `limits.max_bytes` of it. Raises FetchError, also while reading."""
        target = parse_target(url, self._rules)
        wire = Wire(self._rules, limits.seconds)
        if cancellation is not None:
            cancellation.watch(wire)
        try:
            target, response = self._follow(target, wire, limits)
            headers = {name.lower(): value for name, value in response.headers.items()}
            with closing(response):  # it holds the socket, as we ask for a connection of its own
                read = partial(_read, response, wire, target.host)
                yield Answer(target, headers, Body(read, headers, limits.max_bytes))
        finally:
            wire.close()

    def _follow(self, target: Target, wire: Wire, limits: FetchLimits) -> tuple[Target, requests.Response]:
        for _ in range(limits.max_redirects + 1):
            response = self._ask(target, wire, limits)
            if response.status_code == 200:
                return target, response
            response.close()
            if response.status_code not in REDIRECTS:
                raise BadAnswer.of_status(target.host, response.status_code)
            target = parse_redirect(response.headers.get("location", ""), target, self._redirects)
            wire.rules = self._redirects
        raise UrlRefused(f"{target.host} redirects more than {limits.max_redirects} times.")

    def _ask(self, target: Target, wire: Wire, limits: FetchLimits) -> requests.Response:
        if self._pace is not None:
            self._pace.wait_for_turn(target.host, wire.remaining(target.host))
        headers = {
            "Accept": limits.accept,
            "Accept-Encoding": "gzip" if limits.packed else "identity",
            "User-Agent": "avatarsite",
            "Connection": "close",
        }
        request = requests.Request("GET", target.url, headers=headers)
        adapter = CheckedAdapter(wire, self._tls)
        return _translated(
            lambda: adapter.send(request.prepare(), stream=True, timeout=wire.remaining(target.host)), wire, target.host
        )


def guarded_http() -> GuardedHttp:
    """The client for strangers' URLs, as the settings allow.

    NFT_HTTP_ALLOWED_PRIVATE: CIDR ranges let in besides the public ones; NFT_HTTP_DENIED: ranges of one's own never let
    in; NFT_HTTP_ALLOW_PLAIN: http as well as https; NFT_HTTP_SECONDS_PER_HOST, NFT_HTTP_PER_MINUTE: the budgets.
    """
    plain = conf().http_allow_plain
    rules = OutboundRules(
        schemes=frozenset({"https", "http"} if plain else {"https"}),
        allowed=parse_networks(list(conf().http_allowed_private)),
        denied=parse_networks(list(conf().http_denied)),
    )
    budget = Budget(
        conf().http_seconds_per_host,
        conf().http_per_minute,
    )
    return GuardedHttp(rules, pace=Pace(caches["default"], budget))


def operator_http() -> GuardedHttp:
    """The client for hosts the operator configured (gateways): any address and port, the same deadlines and caps.
    Where such a host redirects to is its own word, and judged like a stranger's."""
    anywhere = OutboundRules(schemes=frozenset({"https", "http"}), ports=None, ip_literals=True, any_address=True)
    return GuardedHttp(anywhere, redirects=OutboundRules())


def _translated(action: Callable[[], T], wire: Wire, host: str) -> T:
    """Library errors as ours. Which of them a cut socket raises depends on the moment, so the clock is asked first."""
    try:
        return action()
    except LIBRARY_ERRORS as error:
        if wire.is_over:
            raise FetchTimeout(host, wire.seconds) from error
        raise HostUnreachable(f"{host} broke off or answered with what is no HTTP.") from error


def _read(response: requests.Response, wire: Wire, host: str, size: int) -> bytes:
    # raw.read, not raw.stream: http.client bounds the length of a chunk's header line, the other reader does not.
    piece: bytes = _translated(lambda: response.raw.read(size, decode_content=False), wire, host)
    wire.remaining(host)  # a body without a length, cut by the deadline, looks like its end
    return piece
