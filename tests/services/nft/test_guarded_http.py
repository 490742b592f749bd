"""The door to strangers' URLs: what it refuses, when it stops, and that it never reaches a private address."""

from __future__ import annotations

import gzip
import resource
import socket
import struct
import time
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nft.clients.addresses import OutboundRules, is_public
from nft.clients.fetch_errors import (
    AddressRefused,
    BadAnswer,
    BodyTooLarge,
    FetchError,
    FetchTimeout,
    HostUnreachable,
    UrlRefused,
)
from nft.clients.http import FetchLimits, GuardedHttp
from nft.clients.urls import parse_target

from .hostile_server import HostileServer, body, head, serving

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
LOCAL = OutboundRules(schemes=frozenset({"http", "https"}), ports=None, allowed=LOOPBACK)
LIMITS = FetchLimits(max_bytes=1_000_000, seconds=5)
STRICT = OutboundRules()


def fetch(url: str, limits: FetchLimits = LIMITS, rules: OutboundRules = LOCAL) -> bytes:
    return GuardedHttp(rules).fetch(url, limits).content


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
def test_an_address_that_is_no_ordinary_host_is_refused(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", ["1.1.1.1", "8.8.8.8", "192.0.1.1", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"])
def test_an_ordinary_host_is_let_in(text: str) -> None:
    assert is_public(ip_address(text))


@given(st.ip_addresses())
def test_nothing_private_multicast_or_reserved_is_ever_public(address: object) -> None:
    if is_public(address):  # type: ignore[arg-type]
        assert address.is_global  # type: ignore[attr-defined]
        assert not any((address.is_multicast, address.is_loopback, address.is_link_local))  # type: ignore[attr-defined]


def test_ranges_of_ones_own_are_refused_though_public() -> None:
    assert not OutboundRules(denied=(ip_network("8.8.8.0/24"),)).lets_in(ip_address("8.8.8.8"))


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
def test_a_url_that_could_mislead_is_refused_before_any_look_up(url: str) -> None:
    with pytest.raises(UrlRefused):
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
    except UrlRefused:
        return
    assert parse_target(target.url, STRICT) == target


# --- the connected address ---------------------------------------------------------------------------------------


def test_a_name_that_points_home_is_refused_before_a_byte_is_sent() -> None:
    with serving(body(b"secret")) as server, pytest.raises(AddressRefused):
        fetch(server.url(), rules=OutboundRules(schemes=frozenset({"http"}), ports=None))
    assert server.paths == []


def test_a_name_with_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(socket.AF_INET, 1, 6, "", (ip, 80)) for ip in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(AddressRefused):
        fetch("http://two-faced.example/", rules=OutboundRules(schemes=frozenset({"http"})))


def test_a_redirect_to_a_private_address_is_refused() -> None:
    """127.0.0.1 is let in for the test, its neighbour 127.0.0.2 is not."""
    rules = OutboundRules(
        schemes=frozenset({"http"}), ports=None, ip_literals=True, allowed=(ip_network("127.0.0.1/32"),)
    )

    def behave(connection: socket.socket, path: str) -> None:
        connection.sendall(head("302 Found", Location=server.url("/secret", host="127.0.0.2"), Content_Length="0"))

    with serving(behave) as server, pytest.raises(AddressRefused):
        fetch(server.url("/", host="127.0.0.1"), rules=rules)


# --- redirects ---------------------------------------------------------------------------------------------------


def redirect_to(location: str) -> HostileServer:
    return HostileServer(lambda connection, _: connection.sendall(head("302 Found", Location=location)))


@pytest.mark.parametrize("location", ["file:///etc/passwd", "data:,x", "ftp://localhost/", "http://u@localhost/", ""])
def test_a_redirect_is_judged_like_a_first_url(location: str) -> None:
    server = redirect_to(location)
    with pytest.raises(UrlRefused):
        fetch(server.url())
    server.close()


def test_endless_redirects_stop_after_three() -> None:
    server = redirect_to("/again")
    with pytest.raises(UrlRefused, match="more than 3 times"):
        fetch(server.url())
    server.close()
    assert len(server.paths) == 4


def test_a_redirect_is_followed_and_the_last_address_told() -> None:
    def behave(connection: socket.socket, path: str) -> None:
        if path == "/":
            connection.sendall(head("301 Moved Permanently", Location="/there", Content_Length="0"))
        else:
            connection.sendall(head(Content_Length="2", Content_Type="text/Plain; charset=x") + b"ok")

    with serving(behave) as server:
        found = GuardedHttp(LOCAL).fetch(server.url(), LIMITS)
        assert (found.content, found.content_type, found.url) == (b"ok", "text/plain", server.url("/there"))


# --- time --------------------------------------------------------------------------------------------------------


def drip(first: bytes, again: bytes) -> HostileServer:
    def behave(connection: socket.socket, path: str) -> None:
        connection.sendall(first)
        while True:
            time.sleep(0.05)
            connection.sendall(again)

    return HostileServer(behave)


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\n", b"X-Slow: 1\r\n"),
        (head(Content_Length="1000000"), b"x"),
        (head(), b"x"),
        (head(Transfer_Encoding="chunked"), b"1\r\nx\r\n"),
        (head(Transfer_Encoding="chunked") + b"0\r\n", b"X-Trailer: 1\r\n"),
    ],
    ids=["status", "headers", "body", "body without length", "chunks", "trailers"],
)
def test_whatever_drips_is_cut_at_the_deadline(first: bytes, again: bytes) -> None:
    server = drip(first, again)
    began = time.monotonic()
    with pytest.raises(FetchTimeout):
        fetch(server.url(), FetchLimits(max_bytes=1_000_000, seconds=0.6))
    assert time.monotonic() - began < 2.6
    server.close()


def test_a_server_that_never_answers_is_left_at_the_deadline() -> None:
    with (
        serving(lambda _, __: time.sleep(5)) as server,
        pytest.raises(FetchTimeout),
    ):
        fetch(server.url(), FetchLimits(max_bytes=10, seconds=0.3))


def test_a_name_that_is_looked_up_for_ever_is_left_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(3))
    with pytest.raises(FetchTimeout):
        fetch("http://slow.example/", FetchLimits(max_bytes=10, seconds=0.2))


# --- size --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{"Content_Length": "1001"}, {}, {"Transfer_Encoding": "chunked"}])
def test_more_bytes_than_allowed_are_refused(headers: dict[str, str]) -> None:
    content = b"3e9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n" if "Transfer_Encoding" in headers else b"x" * 1001
    with (
        serving(lambda connection, _: connection.sendall(head(**headers) + content)) as server,
        pytest.raises(BodyTooLarge, match="1,000 bytes"),
    ):
        fetch(server.url(), FetchLimits(max_bytes=1000, seconds=2))


def test_exactly_as_many_bytes_as_allowed_pass() -> None:
    with serving(body(b"x" * 1000)) as server:
        assert len(fetch(server.url(), FetchLimits(max_bytes=1000, seconds=2))) == 1000


def test_a_gzip_bomb_is_refused_without_unpacking_it() -> None:
    bomb = gzip.compress(bytes(300_000_000), 9)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with serving(body(bomb, Content_Encoding="gzip")) as server, pytest.raises(BodyTooLarge):
        fetch(server.url(), FetchLimits(max_bytes=500_000_000, seconds=5))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def test_gzip_is_unpacked_and_counted_unpacked() -> None:
    packed = gzip.compress(b"metadata " * 1000)
    with serving(body(packed, Content_Encoding="gzip")) as server:
        assert fetch(server.url()) == b"metadata " * 1000
        with pytest.raises(BodyTooLarge):
            fetch(server.url(), FetchLimits(max_bytes=8999, seconds=2))


@pytest.mark.parametrize("content", [b"not gzip", gzip.compress(b"x" * 5000)[:-9]])
def test_broken_gzip_is_refused(content: bytes) -> None:
    with serving(body(content, Content_Encoding="gzip")) as server, pytest.raises(BadAnswer):
        fetch(server.url())


def test_an_encoding_nobody_asked_for_is_refused() -> None:
    with serving(body(b"x", Content_Encoding="br")) as server, pytest.raises(BadAnswer):
        fetch(server.url())


def test_a_chunk_header_without_end_does_not_fill_the_memory() -> None:
    def behave(connection: socket.socket, path: str) -> None:
        connection.sendall(head(Transfer_Encoding="chunked"))
        while True:
            connection.sendall(b"1" * 65536)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with serving(behave) as server, pytest.raises(FetchError):
        fetch(server.url(), FetchLimits(max_bytes=1000, seconds=1))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


# --- broken servers ----------------------------------------------------------------------------------------------


def reset(connection: socket.socket, path: str) -> None:
    connection.sendall(head(Content_Length="100") + b"half")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize(
    "behave",
    [
        lambda connection, _: connection.sendall(b"nonsense\r\n\r\n"),
        lambda connection, _: connection.sendall(head(Content_Length="100") + b"cut"),
        lambda connection, _: connection.sendall(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000_000),
        lambda connection, _: connection.sendall(b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 1000 + b"\r\n"),
        lambda connection, _: connection.sendall(head(Transfer_Encoding="chunked") + b"zz\r\nx\r\n"),
        lambda connection, _: None,
        reset,
    ],
    ids=["no HTTP", "cut body", "1 MB header", "1,000 headers", "bad chunk", "silence", "reset"],
)
def test_a_broken_answer_is_one_temporary_error(behave: object) -> None:
    with serving(behave) as server, pytest.raises(HostUnreachable) as caught:  # type: ignore[arg-type]
        fetch(server.url())
    assert not caught.value.permanent


def test_an_unknown_name_is_a_temporary_error() -> None:
    with pytest.raises(HostUnreachable, match="no host named"):
        fetch("http://nowhere.invalid/")


@pytest.mark.parametrize(("status", "permanent"), [(404, True), (410, True), (403, True), (429, False), (503, False)])
def test_a_status_says_whether_to_try_again(status: int, permanent: bool) -> None:
    with (
        serving(lambda connection, _: connection.sendall(head(f"{status} X", Content_Length="0"))) as server,
        pytest.raises(BadAnswer) as caught,
    ):
        fetch(server.url())
    assert caught.value.permanent is permanent
