"""Which hosts, ports and addresses we may talk to. Text is judged only for shape; what decides is the address a socket
really connects to, because every URL parser and resolver reads strange hosts in its own way.

`ipaddress.is_global` is not enough: it lets multicast, 6to4, NAT64 and a cloud metadata address through. So IPv4 has an
explicit list (IANA special-purpose registry, multicast, anycast relays), and of IPv6 only global unicast (2000::/3)
is let in, without the ranges there that carry an IPv4 address or are no real hosts. Mapped (::ffff:0:0/96) and both
NAT64 prefixes lie outside 2000::/3 and fall with the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

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
    """What one client may reach. The defaults are for URLs that strangers wrote."""

    schemes: frozenset[str] = frozenset({"https"})
    ports: frozenset[int] | None = frozenset({443, 80})
    """None = any port."""
    ip_literals: bool = False
    any_address: bool = False
    """Only for hosts the operator configured: nothing is denied."""
    allowed: tuple[Network, ...] = ()
    """Let in although the lists refuse them."""
    denied: tuple[Network, ...] = ()
    """Refused whatever else is said: the operator's own public ranges."""

    def lets_in(self, address: Address) -> bool:
        if _is_in(address, self.denied):
            return False
        return self.any_address or _is_in(address, self.allowed) or is_public(address)


def is_public(address: Address) -> bool:
    """True for addresses of ordinary hosts on the internet."""
    if isinstance(address, IPv4Address):
        return not _is_in(address, DENIED_IPV4)
    if address.scope_id is not None:
        return False
    return address in GLOBAL_UNICAST and not _is_in(address, DENIED_IPV6)


def parse_address(text: str) -> Address:
    """The address a socket names in getpeername or getaddrinfo. Raises ValueError."""
    return ip_address(text)


def parse_networks(texts: list[str]) -> tuple[Network, ...]:
    """CIDR ranges from a setting. Raises ValueError on anything else."""
    return tuple(ip_network(text) for text in texts)


def _is_in(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks if network.version == address.version)
