"""Read the addresses of visitors, as sockets and proxies write them."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
# An address with a port, as some load balancers write it, or in brackets.
_WITH_PORT = re.compile(r"(?P<ipv4>[0-9.]+):[0-9]+|\[(?P<ipv6>[^\]]*)\](?::[0-9]+)?")
# Translated and long deprecated forms, whose last four bytes are an IPv4 address (RFC 6052, RFC 4291 2.5.5.1).
_EMBEDDING = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))
_SPECIAL = 0xFFFF  # the unspecified address, loopback and their neighbors: nobody's IPv4 address


def parse_address(text: str) -> Address | None:
    """Return the address, without port, brackets and zone; None for anything else.

    A mapped address (`::ffff:a.b.c.d`), as a socket for both versions reports IPv4, is the IPv4 address.
    """
    found = _WITH_PORT.fullmatch(text.strip())
    bare = (found["ipv4"] or found["ipv6"]) if found else text.strip()
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def counted_address(address: Address) -> Address:
    """Return whom to count: of an address that embeds one of IPv4 (6to4, Teredo, NAT64), the IPv4 address.

    Of these, one IPv4 address has many, or many share one network. Only for counting: nobody may be let in by it.
    """
    if isinstance(address, IPv4Address):
        return address
    if any(address in network for network in _EMBEDDING) and int(address) > _SPECIAL:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.sixtofour or (address.teredo[1] if address.teredo else address)
