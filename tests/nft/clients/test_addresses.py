"""Addresses and URLs that are allowed or refused, before any connection is opened."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nft.clients.transport.errors import URL_REFUSED, FetchError
from nft.clients.web.addresses import OutboundRules, is_public
from nft.clients.web.urls import parse_target
from tests.kit.errors import raises_kind

STRICT = OutboundRules()

# --- addresses ---------------------------------------------------------------------------------------------------

NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104 - to be refused
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.8",
    "192.0.0.192",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.168.1.1",
    "192.175.48.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "2620:4f:8000::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%1",
    "fec0::1",
    "ff02::1",
    "4000::1",
]


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_an_address_of_no_ordinary_host_is_refused(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", ["1.1.1.1", "8.8.8.8", "192.0.1.1", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"])
def test_an_ordinary_host_is_allowed(text: str) -> None:
    assert is_public(ip_address(text))


@given(st.ip_addresses())
def test_nothing_private_multicast_or_reserved_is_ever_public(address: IPv4Address | IPv6Address) -> None:
    if is_public(address):
        assert address.is_global
        assert not any((address.is_multicast, address.is_loopback, address.is_link_local))


def test_denied_ranges_of_the_operator_are_refused_though_public() -> None:
    assert not OutboundRules(denied=(ip_network("8.8.8.0/24"),)).allows(ip_address("8.8.8.8"))


# --- URLs --------------------------------------------------------------------------------------------------------

BAD_URLS = [
    "http://example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "data:,x",
    "javascript:alert(1)",
    "https://127.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://2852039166/",
    "https://0x7f.1/",
    "https://0x7f000001/",
    "https://127.1/",
    "https://017700000001/",
    "https://⑯⑨。②⑤④。⑯⑨。②⑤④/",
    "https://169.254.169.254.:443/",
    "https://user@example.com/",
    "https://user:pass@example.com/",
    "https://example.com@169.254.169.254/",
    "https://example.com\\@127.0.0.1/",
    "https://example.com:22/",
    "https://example.com:/",
    "https://example.com:99999/",
    "https://exam ple.com/",
    "https://example.com/\r\nHost: evil",
    "https://example.com/\x00",
    "https://ex%61mple.com/",
    "https://-example.com/",
    "https:///path",
    "https://",
    "//example.com/",
    "https://exämple.com/",
    "https://example.com/" + "a" * 3000,
    "https://[fe80::1%25eth0]/",
    "https://[::1",
]


@pytest.mark.parametrize("url", BAD_URLS)
def test_an_ambiguous_url_is_refused_before_any_look_up(url: str) -> None:
    with raises_kind(URL_REFUSED):
        parse_target(url, STRICT)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.com", "https://example.com/"),
        ("https://EXAMPLE.com:443/a?b=c#d", "https://example.com/a?b=c"),
        ("https://xn--exmple-cua.com/%20", "https://xn--exmple-cua.com/%20"),
        ("https://my_bucket.s3.example.com./x", "https://my_bucket.s3.example.com/x"),
    ],
)
def test_an_ordinary_url_is_rebuilt_from_its_parts(url: str, shown: str) -> None:
    assert parse_target(url, STRICT).url == shown


@given(st.text(max_size=60))
def test_any_text_is_a_target_or_refused(text: str) -> None:
    try:
        target = parse_target("https://" + text, STRICT)
    except FetchError:
        return
    assert parse_target(target.url, STRICT) == target
