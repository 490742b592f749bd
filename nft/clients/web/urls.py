"""Judging a URL by its text, before any name is looked up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urljoin, urlsplit

from nft.clients.web.addresses import OutboundRules
from nft.clients.web.errors import UrlRefused

MAX_URL = 2_048
_PLAIN = re.compile(r"[!#-;=?-\[\]_a-z~]+")  # printable ASCII without space " < > \ ^ ` { | }
_LABELS = re.compile(
    r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Target:
    """A URL that may be asked for, rebuilt from its judged parts so that all who read it read the same."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"


def parse_target(url: str, rules: OutboundRules) -> Target:
    """Raises UrlRefused with the reason."""
    if len(url) > MAX_URL:
        raise UrlRefused(f"The web address is longer than {MAX_URL:,} characters.")
    if not _PLAIN.fullmatch(url):
        raise UrlRefused("The web address holds characters that don't belong in one.")
    parts, port = _split(url)
    if parts.scheme not in rules.schemes:
        raise UrlRefused(f"The web address begins with {parts.scheme or 'nothing'}:, we only read {_listed(rules)}.")
    if parts.username is not None or parts.password is not None:
        raise UrlRefused("The web address carries a user name.")
    port = _DEFAULT_PORTS[parts.scheme] if port is None else port
    if rules.ports is not None and port not in rules.ports:
        raise UrlRefused(f"The web address names port {port}, which we don't use.")
    host = _checked_host(parts.hostname or "", rules)
    return Target(parts.scheme, host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def parse_redirect(location: str, base: Target, rules: OutboundRules) -> Target:
    """Where a redirect leads, judged like a first URL. Never from https down to http."""
    if not location:
        raise UrlRefused(f"{base.host} redirects to nowhere.")
    target = parse_target(urljoin(base.url, location), rules)
    if base.scheme == "https" and target.scheme != "https":
        raise UrlRefused(f"{base.host} redirects from https to http.")
    return target


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UrlRefused("The web address can't be read.") from error
    if parts.netloc.endswith(":"):
        raise UrlRefused("The web address has an empty port.")
    return parts, port


def _checked_host(host: str, rules: OutboundRules) -> str:
    if is_ip_literal(host):
        if not rules.ip_literals:
            raise UrlRefused("The web address names a number instead of a host.")
        return host
    # The last label must begin with a letter: resolvers read 2852039166 and 0x7f.1 as addresses.
    if not _LABELS.fullmatch(host.rstrip(".")) or len(host) > 253:
        raise UrlRefused("The web address names no host we can read.")
    return host.rstrip(".").lower()


def is_ip_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _listed(rules: OutboundRules) -> str:
    return " and ".join(f"{scheme}:" for scheme in sorted(rules.schemes, reverse=True))
