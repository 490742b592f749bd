"""Which hosts, ports and addresses may be connected to. A URL's text is checked only for its shape; what decides is the
address a socket really connects to, because every URL parser and resolver reads strange hosts in its own way.

`ipaddress.is_global` is not enough: it lets multicast, 6to4, NAT64 and a cloud metadata address through. So IPv4 has an
explicit deny list (IANA special-purpose registry, multicast, anycast relays). Of IPv6 only global unicast (2000::/3) is
allowed, without the ranges in it that embed an IPv4 address or hold no real hosts. Mapped addresses (::ffff:0:0/96) and
both NAT64 prefixes lie outside 2000::/3 and are denied with the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from nft.clients.transport.errors import ADDRESS_REFUSED, FetchError
from profiles.sentences import gettext as _

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

DENIED_IPV4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)
LOOPBACK = ("127.0.0.0/8", "::1/128")
PORTS = frozenset({443, 80})
GLOBAL_UNICAST = IPv6Network("2000::/3")
DENIED_IPV6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # IETF protocol assignments, Teredo and ORCHID among them
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)


@dataclass(frozen=True)
class OutboundRules:
    """What one client may reach. The defaults are for untrusted URLs."""

    schemes: frozenset[str] = frozenset({"https"})
    ports: frozenset[int] | None = PORTS
    """None allows any port."""
    ip_literals: bool = False
    any_address: bool = False
    """Only for hosts the operator configured: no public or private address is denied."""
    allowed: tuple[Network, ...] = ()
    """Allowed although the lists deny them."""
    denied: tuple[Network, ...] = ()
    """Denied whatever else is set: the operator's own public ranges."""

    def allows(self, address: Address) -> bool:
        if _is_in(address, self.denied):
            return False
        return self.any_address or _is_in(address, self.allowed) or is_public(address)

    def check(self, host: str, address: str) -> None:
        """Raise FetchError, of kind ADDRESS_REFUSED, unless `address` (as a socket names it) is allowed for `host`."""
        if not self.allows(parse_address(address)):
            raise FetchError(_("%(host)s is not on the public internet.", host=host), ADDRESS_REFUSED)


def is_public(address: Address) -> bool:
    """Return whether the address is publicly routable."""
    if isinstance(address, IPv4Address):
        return not _is_in(address, DENIED_IPV4)
    if address.scope_id is not None:
        return False
    return address in GLOBAL_UNICAST and not _is_in(address, DENIED_IPV6)


def parse_address(text: str) -> Address:
    """Return the address that getpeername or getaddrinfo names. Raises ValueError."""
    return ip_address(text)


def parse_networks(texts: list[str]) -> tuple[Network, ...]:
    """Return the CIDR ranges of a setting. Raises ValueError on anything else."""
    return tuple(ip_network(text) for text in texts)


def _is_in(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks if network.version == address.version)
