"""Whom requests are counted for."""

from __future__ import annotations

import pytest

from profiles.limits import network_of


@pytest.mark.parametrize(
    ("remote", "forwarded", "proxies", "network"),
    [
        ("203.0.113.9", "", 0, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", 0, "203.0.113.9"),  # no proxy of ours: the header is a visitor's fancy
        ("10.0.0.1", "198.51.100.1", 1, "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1", 1, "198.51.100.1"),  # what stands left of ours anyone can write
        ("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", 2, "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1", 2, "10.0.0.1"),  # fewer entries than proxies: it did not come through them
        ("10.0.0.1", "nonsense", 1, "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "", 0, "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "", 0, "2001:db8:1:2::/64"),
        ("", "", 0, ""),
    ],
)
def test_tries_are_counted_for_whom_our_outermost_proxy_saw(
    remote: str, forwarded: str, proxies: int, network: str
) -> None:
    assert network_of(remote, forwarded, proxies) == network
