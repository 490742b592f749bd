"""Checking a URL by its text, before its host is looked up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from nft.clients.transport.connections import is_ip_literal
from nft.clients.transport.errors import URL_REFUSED, FetchError
from nft.clients.web.addresses import OutboundRules
from profiles.sentences import gettext as _

MAX_URL = 2_048
_PLAIN = re.compile(r"[!#-;=?-\[\]_a-z~]+")  # printable ASCII without space " < > \ ^ ` { | }
_LABELS = re.compile(
    r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Target:
    """A URL that may be requested, rebuilt from its checked parts so that every parser reads the same in it."""

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
    """Return the checked URL. Raises FetchError, of kind URL_REFUSED, with the reason."""
    if len(url) > MAX_URL:
        raise _refused(_("The web address is longer than %(url)s characters.", url=MAX_URL))
    if not _PLAIN.fullmatch(url):
        raise _refused(_("The web address holds characters that don't belong in one."))
    parts, port = _split(url)
    if parts.scheme not in rules.schemes:
        read = " and ".join(f"{scheme}:" for scheme in sorted(rules.schemes, reverse=True))
        raise _refused(
            _(
                "The web address begins with %(scheme)s:, we only read %(read)s.",
                scheme=parts.scheme or "nothing",
                read=read,
            )
        )
    if parts.username is not None or parts.password is not None:
        raise _refused(_("The web address carries a user name."))
    port = _DEFAULT_PORTS[parts.scheme] if port is None else port
    if rules.ports is not None and port not in rules.ports:
        raise _refused(_("The web address names port %(port)s, which we don't use.", port=str(port)))
    host = _checked_host(parts.hostname or "", rules)
    return Target(parts.scheme, host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def parse_redirect(location: str, base: Target, rules: OutboundRules) -> Target:
    """Return where a redirect leads, checked like a first URL. Never from https down to http. Raises FetchError."""
    if not location:
        raise _refused(_("%(host)s redirects to nowhere.", host=base.host))
    try:
        url = urljoin(base.url, location)
    except ValueError as error:  # brackets that hold no IPv6 address
        raise _refused(_("%(host)s redirects to what is no web address.", host=base.host)) from error
    target = parse_target(url, rules)
    if base.scheme == "https" and target.scheme != "https":
        raise _refused(_("%(host)s redirects from https to http.", host=base.host))
    return target


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _refused(_("The web address can't be read.")) from error
    if parts.netloc.endswith(":"):
        raise _refused(_("The web address has an empty port."))
    return parts, port


def _checked_host(host: str, rules: OutboundRules) -> str:
    if is_ip_literal(host):
        if not rules.ip_literals:
            raise _refused(_("The web address names a number instead of a host."))
        return host
    # The last label must begin with a letter: resolvers read 2852039166 and 0x7f.1 as addresses.
    if not _LABELS.fullmatch(host.rstrip(".")) or len(host) > 253:
        raise _refused(_("The web address names no host we can read."))
    return host.rstrip(".").lower()


def _refused(sentence: str) -> FetchError:
    return FetchError(sentence, URL_REFUSED)
