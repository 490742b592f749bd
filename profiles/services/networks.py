"""Whom to count a request for."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network, ip_address

IPV6_SUBSCRIBER_BITS = 64  # what one household is given


def network_of(remote: str, forwarded: str, proxies: int) -> str:
    """The address the outermost of our `proxies` saw, or the peer without proxies.

    `forwarded` is the X-Forwarded-For header; what lies left of our own proxies' entries anyone can write. IPv6
    addresses count by /64.
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
