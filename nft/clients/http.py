"""The one door to URLs that come from a chain or a person.

https only unless configured, no user names, no IP literals, ports 443 and 80; the address is checked on the connected
socket at every hop (transport.py); at most three redirects, each judged anew; one deadline over everything; bytes
counted while they stream, after decompression. No cookies, no proxies from the environment.
"""

from __future__ import annotations

import http.client
import ssl
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import requests
import urllib3
from django.conf import settings

from nft.clients.addresses import OutboundRules, parse_networks
from nft.clients.fetch_errors import BadAnswer, BodyTooLarge, FetchTimeout, HostUnreachable, UrlRefused
from nft.clients.transport import CheckedAdapter, Wire
from nft.clients.urls import Target, parse_redirect, parse_target

T = TypeVar("T")
CHUNK = 64 * 1024
MAX_GZIP_RATIO = 200
GZIP_FREE_BYTES = 256 * 1024
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
    chunks: Iterator[bytes]

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class GuardedHttp:
    """Safe for use by several threads: nothing is shared between two fetches."""

    def __init__(
        self, rules: OutboundRules, tls: ssl.SSLContext | None = None, *, redirects: OutboundRules | None = None
    ) -> None:
        """`redirects`: the rules for where a redirect leads, if not the same."""
        self._rules = rules
        self._redirects = redirects or rules
        self._tls = tls

    @property
    def allows_plain(self) -> bool:
        """Whether http is followed as well as https."""
        return "http" in self._rules.schemes

    def fetch(self, url: str, limits: FetchLimits) -> Fetched:
        """The whole body. Raises FetchError."""
        with self.stream(url, limits) as answer:
            return Fetched(b"".join(answer.chunks), answer.content_type, answer.target.url)

    @contextmanager
    def stream(self, url: str, limits: FetchLimits) -> Iterator[Answer]:
        """The body piece by piece, at most `limits.max_bytes` of it. Raises FetchError, also while reading."""
        target = parse_target(url, self._rules)
        wire = Wire(self._rules, limits.seconds)
        try:
            target, response = self._follow(target, wire, limits)
            headers = {name.lower(): value for name, value in response.headers.items()}
            yield Answer(target, headers, _capped(_body(response, wire, target.host), headers, limits.max_bytes))
        finally:
            wire.close()

    def _follow(self, target: Target, wire: Wire, limits: FetchLimits) -> tuple[Target, requests.Response]:
        for _ in range(limits.max_redirects + 1):
            response = self._ask(target, wire, limits)
            if response.status_code == 200:
                return target, response
            if response.status_code not in REDIRECTS:
                raise BadAnswer.of_status(target.host, response.status_code)
            target = parse_redirect(response.headers.get("location", ""), target, self._redirects)
            wire.rules = self._redirects
        raise UrlRefused(f"{target.host} redirects more than {limits.max_redirects} times.")

    def _ask(self, target: Target, wire: Wire, limits: FetchLimits) -> requests.Response:
        headers = {
            "Accept": limits.accept,
            "Accept-Encoding": "gzip",
            "User-Agent": "avatarsite",
            "Connection": "close",
        }
        request = requests.Request("GET", target.url, headers=headers)
        adapter = CheckedAdapter(wire, self._tls)
        return _translated(
            lambda: adapter.send(request.prepare(), stream=True, timeout=wire.remaining(target.host)), wire, target.host
        )


def guarded_http() -> GuardedHttp:
    """The client for strangers' URLs, as the settings allow. NFT_HTTP_ALLOWED_PRIVATE: CIDR ranges let in besides the
    public ones; NFT_HTTP_DENIED: ranges of one's own never let in; NFT_HTTP_ALLOW_PLAIN: http as well as https."""
    plain = getattr(settings, "NFT_HTTP_ALLOW_PLAIN", False)
    rules = OutboundRules(
        schemes=frozenset({"https", "http"} if plain else {"https"}),
        allowed=parse_networks(settings.NFT_HTTP_ALLOWED_PRIVATE),
        denied=parse_networks(getattr(settings, "NFT_HTTP_DENIED", [])),
    )
    return GuardedHttp(rules)


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


def _body(response: requests.Response, wire: Wire, host: str) -> Iterator[bytes]:
    # raw.read, not raw.stream: http.client bounds the length of a chunk's header line, the other reader does not.
    while chunk := _translated(lambda: response.raw.read(CHUNK, decode_content=False), wire, host):
        wire.remaining(host)
        yield chunk
    wire.remaining(host)  # a body without a length, cut by the deadline, looks like its end


def _capped(chunks: Iterator[bytes], headers: dict[str, str], limit: int) -> Iterator[bytes]:
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding in {"gzip", "x-gzip"}:
        chunks = _gunzipped(chunks, limit)
    elif encoding not in {"", "identity"}:
        raise BadAnswer("The file is packed in a way we did not ask for.")
    elif headers.get("content-length", "").isdecimal() and int(headers["content-length"]) > limit:
        raise BodyTooLarge(limit)
    count = 0
    for chunk in chunks:
        count += len(chunk)
        if count > limit:
            raise BodyTooLarge(limit)
        yield chunk


def _gunzipped(chunks: Iterator[bytes], limit: int) -> Iterator[bytes]:
    """Never unpacks more than a chunk at a time, and stops where the ratio is that of a bomb."""
    unpacker = zlib.decompressobj(wbits=31)
    packed = unpacked = 0
    for chunk in chunks:
        packed += len(chunk)
        for piece in _pieces(unpacker, chunk):
            unpacked += len(piece)
            if unpacked > max(GZIP_FREE_BYTES, packed * MAX_GZIP_RATIO):
                raise BodyTooLarge(limit)
            yield piece
        if unpacker.eof:
            return
    raise BadAnswer("The packed file is cut off.", permanent=False)


def _pieces(unpacker: zlib._Decompress, chunk: bytes) -> Iterator[bytes]:
    """zlib may hold output back with all its input consumed, so it is asked until it gives nothing more."""
    while not unpacker.eof and (piece := _unpacked(unpacker, chunk)):
        yield piece
        chunk = unpacker.unconsumed_tail


def _unpacked(unpacker: zlib._Decompress, chunk: bytes) -> bytes:
    try:
        return unpacker.decompress(chunk, CHUNK)
    except zlib.error as error:
        raise BadAnswer("The packed file is damaged.") from error
