"""Whom requests are counted for."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from profiles import checks
from profiles.limits import networks_of


@pytest.mark.parametrize(
    ("remote", "forwarded", "proxies", "narrowest"),
    [
        ("203.0.113.9", "", 0, "203.0.113.9/32"),
        ("203.0.113.9", "198.51.100.1", 0, "203.0.113.9/32"),  # no proxy of ours: the header is a visitor's fancy
        ("10.0.0.1", "198.51.100.1", 1, "198.51.100.1/32"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1", 1, "198.51.100.1/32"),  # what stands left of ours anyone can write
        ("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", 2, "198.51.100.1/32"),
        ("10.0.0.1", "198.51.100.1", 2, "10.0.0.1/32"),  # fewer entries than proxies: it did not come through them
        ("10.0.0.1", "nonsense", 1, "10.0.0.1/32"),
        ("10.0.0.1", "", 1, "10.0.0.1/32"),
        ("10.0.0.1", "198.51.100.1,", 1, "10.0.0.1/32"),
        ("10.0.0.1", "010.1.1.1", 1, "10.0.0.1/32"),  # octal to some
        ("10.0.0.1", "\xff", 1, "10.0.0.1/32"),
        ("10.0.0.1", " 198.51.100.1:4711 ", 1, "198.51.100.1/32"),  # as some load balancers write it
        ("10.0.0.1", "[2001:db8:1:2::1]:4711", 1, "2001:db8:1:2::/64"),
        ("10.0.0.1", "[2001:db8:1:2::1]", 1, "2001:db8:1:2::/64"),
        ("2001:db8:1:2:3:4:5:6", "", 0, "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "", 0, "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "", 0, "203.0.113.9/32"),  # a socket for both versions
        ("[::ffff:203.0.113.9]:80", "", 0, "203.0.113.9/32"),
        ("2002:cb00:7109:1::1", "", 0, "203.0.113.9/32"),  # 6to4: one IPv4 address has 65,536 networks of it
        ("64:ff9b::203.0.113.9", "", 0, "203.0.113.9/32"),  # NAT64
        ("::203.0.113.9", "", 0, "203.0.113.9/32"),
        ("2001:0:c000:201:0:0:34ff:8ef6", "", 0, "203.0.113.9/32"),  # Teredo: inverted, beside the server's address
        ("fe80::1%eth0", "", 0, "fe80::/64"),
        ("::1", "", 0, "::/64"),
        ("::", "", 0, "::/64"),
        ("", "", 0, ""),
    ],
)
def test_tries_are_counted_for_whom_our_outermost_proxy_saw(
    remote: str, forwarded: str, proxies: int, narrowest: str
) -> None:
    assert networks_of(remote, forwarded, proxies)[0] == narrowest


def test_and_for_the_wider_networks_around(settings: Settings) -> None:
    assert networks_of("203.0.113.9", "", 0) == ("203.0.113.9/32", "203.0.113.0/24")
    wide = ("2001:db8:1:2ff::/64", "2001:db8:1:200::/56", "2001:db8:1::/48")
    assert networks_of("2001:db8:1:2ff::1", "", 0) == wide
    settings.AVATAR_IPV4_NETWORKS, settings.AVATAR_IPV6_NETWORKS = [32, 28, 16], [56]
    assert networks_of("203.0.113.9", "", 0) == ("203.0.113.9/32", "203.0.113.0/28", "203.0.0.0/16")
    assert networks_of("2001:db8:1:2ff::1", "", 0) == ("2001:db8:1:200::/56",)


@pytest.mark.parametrize("widths", [[], [24, 32], [33, 24], [32, 0], [32, 32]])
def test_widths_that_make_no_sense_are_named(settings: Settings, widths: list[int]) -> None:
    assert checks.check_networks(None) == []
    settings.AVATAR_IPV4_NETWORKS = widths
    (found,) = checks.check_networks(None)
    assert found.id == "profiles.E011"
    assert "AVATAR_IPV4_NETWORKS" in found.msg
