"""The client for strangers' URLs: what it refuses, when it stops, and that it never reaches a private address."""

from __future__ import annotations

import gzip
import resource
import socket
import ssl
import struct
import subprocess
import time
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from nft.clients.transport.errors import (
    ADDRESS_REFUSED,
    BAD_RESPONSE,
    BODY_TOO_LARGE,
    TIMED_OUT,
    UNREACHABLE,
    URL_REFUSED,
    FetchError,
)
from nft.clients.web.addresses import OutboundRules
from nft.clients.web.fetch import FetchLimits, GuardedHttp, operator_http
from tests.kit.errors import raises_kind
from tests.kit.hostile_server import HostileServer, body, head, serving

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
LOCAL = OutboundRules(schemes=frozenset({"http", "https"}), ports=None, allowed=LOOPBACK)
LIMITS = FetchLimits(max_bytes=1_000_000, seconds=5)


def fetch(url: str, limits: FetchLimits = LIMITS, rules: OutboundRules = LOCAL) -> bytes:
    return GuardedHttp(rules).fetch(url, limits).content


# --- the connected address ---------------------------------------------------------------------------------------


def test_a_name_of_a_loopback_address_is_refused_before_a_byte_is_sent() -> None:
    with serving(body(b"secret")) as server, raises_kind(ADDRESS_REFUSED):
        fetch(server.url(), rules=OutboundRules(schemes=frozenset({"http"}), ports=None))
    assert server.paths == []


def test_a_name_with_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(socket.AF_INET, 1, 6, "", (ip, 80)) for ip in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with raises_kind(ADDRESS_REFUSED):
        fetch("http://two-faced.example/", rules=OutboundRules(schemes=frozenset({"http"})))


def test_a_redirect_to_a_private_address_is_refused() -> None:
    """127.0.0.1 is allowed for the test, 127.0.0.2 is not."""
    rules = OutboundRules(
        schemes=frozenset({"http"}), ports=None, ip_literals=True, allowed=(ip_network("127.0.0.1/32"),)
    )

    def behave(connection: socket.socket, path: str) -> None:
        connection.sendall(head("302 Found", Location=server.url("/secret", host="127.0.0.2"), Content_Length="0"))

    with serving(behave) as server, raises_kind(ADDRESS_REFUSED):
        fetch(server.url("/", host="127.0.0.1"), rules=rules)


# --- redirects ---------------------------------------------------------------------------------------------------


def redirect_to(location: str) -> HostileServer:
    return HostileServer(lambda connection, _: connection.sendall(head("302 Found", Location=location)))


@pytest.mark.parametrize("location", ["file:///etc/passwd", "data:,x", "ftp://localhost/", "http://u@localhost/", ""])
def test_a_redirect_is_checked_like_a_first_url(location: str) -> None:
    server = redirect_to(location)
    with raises_kind(URL_REFUSED):
        fetch(server.url())
    server.close()


def test_endless_redirects_stop_after_three() -> None:
    server = redirect_to("/again")
    with raises_kind(URL_REFUSED, match="more than 3 times"):
        fetch(server.url())
    server.close()
    assert len(server.paths) == 4


def test_a_redirect_is_followed_and_the_last_url_returned() -> None:
    def behave(connection: socket.socket, path: str) -> None:
        if path == "/":
            connection.sendall(head("301 Moved Permanently", Location="/there", Content_Length="0"))
        else:
            connection.sendall(head(Content_Length="2", Content_Type="text/Plain; charset=x") + b"ok")

    with serving(behave) as server:
        found = GuardedHttp(LOCAL).fetch(server.url(), LIMITS)
        assert (found.content, found.content_type, found.url) == (b"ok", "text/plain", server.url("/there"))


def test_a_configured_host_may_be_private_but_not_its_redirects() -> None:
    """127.0.0.1 stands for a gateway of the operator's."""

    def behave(connection: socket.socket, path: str) -> None:
        connection.sendall(head("302 Found", Location=secret.url("/", host="localhost"), Content_Length="0"))

    with serving(body(b"secret")) as secret, serving(behave) as gateway:
        assert operator_http().fetch(secret.url("/", host="127.0.0.1"), LIMITS).content == b"secret"
        with raises_kind(URL_REFUSED):
            operator_http().fetch(gateway.url("/", host="127.0.0.1"), LIMITS)


# --- TLS ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Self-signed, for localhost; key and certificate in one file."""
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    key, cert = path.with_suffix(".key"), path.with_suffix(".crt")
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*new, *names, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    path.write_bytes(key.read_bytes() + cert.read_bytes())
    return path


def test_a_certificate_of_a_known_authority_opens_https(certificate: Path) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate))
    with serving(body(b"private"), certificate) as server:
        client = GuardedHttp(LOCAL, trusting)
        assert client.fetch(server.url(scheme="https"), LIMITS).content == b"private"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"], ids=["unknown authority", "another name"])
def test_an_untrusted_certificate_is_refused(certificate: Path, host: str) -> None:
    rules = replace(LOCAL, ip_literals=True)
    trusting = ssl.create_default_context(cafile=str(certificate)) if host != "localhost" else None
    with serving(body(b"private"), certificate) as server, raises_kind(UNREACHABLE):
        GuardedHttp(rules, trusting).fetch(server.url(host=host, scheme="https"), LIMITS)
    assert server.paths == []


def test_a_redirect_from_https_to_http_is_refused(certificate: Path) -> None:
    def behave(connection: socket.socket, path: str) -> None:
        connection.sendall(head("302 Found", Location="http://localhost/", Content_Length="0"))

    trusting = ssl.create_default_context(cafile=str(certificate))
    with serving(behave, certificate) as server, raises_kind(URL_REFUSED, match="from https to http"):
        GuardedHttp(LOCAL, trusting).fetch(server.url(scheme="https"), LIMITS)


def test_a_handshake_that_never_ends_is_cut_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with raises_kind(TIMED_OUT):
            fetch(f"https://localhost:{silent.getsockname()[1]}/", FetchLimits(max_bytes=10, seconds=0.5))
        assert time.monotonic() - began < 2.5


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
def test_a_dripping_response_is_cut_at_the_deadline(first: bytes, again: bytes) -> None:
    server = drip(first, again)
    began = time.monotonic()
    with raises_kind(TIMED_OUT):
        fetch(server.url(), FetchLimits(max_bytes=1_000_000, seconds=0.6))
    assert time.monotonic() - began < 2.6
    server.close()


def test_a_server_that_never_answers_is_abandoned_at_the_deadline() -> None:
    with (
        serving(lambda _, __: time.sleep(5)) as server,
        raises_kind(TIMED_OUT),
    ):
        fetch(server.url(), FetchLimits(max_bytes=10, seconds=0.3))


def test_a_look_up_that_never_ends_is_abandoned_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object, **__: object) -> list[object]:
        time.sleep(1)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with raises_kind(TIMED_OUT):
        fetch("http://slow.example/", FetchLimits(max_bytes=10, seconds=0.2))


# --- size --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{"Content_Length": "1001"}, {}, {"Transfer_Encoding": "chunked"}])
def test_more_bytes_than_allowed_are_refused(headers: dict[str, str]) -> None:
    content = b"3e9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n" if "Transfer_Encoding" in headers else b"x" * 1001
    with (
        serving(lambda connection, _: connection.sendall(head(**headers) + content)) as server,
        raises_kind(BODY_TOO_LARGE, match="1,000 bytes"),
    ):
        fetch(server.url(), FetchLimits(max_bytes=1000, seconds=2))


def test_exactly_as_many_bytes_as_allowed_pass() -> None:
    with serving(body(b"x" * 1000)) as server:
        assert len(fetch(server.url(), FetchLimits(max_bytes=1000, seconds=2))) == 1000


def test_a_gzip_bomb_is_refused_without_unpacking_it() -> None:
    bomb = gzip.compress(bytes(300_000_000), 9)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with serving(body(bomb, Content_Encoding="gzip")) as server, raises_kind(BODY_TOO_LARGE):
        fetch(server.url(), FetchLimits(max_bytes=500_000_000, seconds=5))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def test_gzip_is_unpacked_and_counted_unpacked() -> None:
    packed = gzip.compress(b"metadata " * 1000)
    with serving(body(packed, Content_Encoding="gzip")) as server:
        assert fetch(server.url()) == b"metadata " * 1000
        with raises_kind(BODY_TOO_LARGE):
            fetch(server.url(), FetchLimits(max_bytes=8999, seconds=2))


@pytest.mark.parametrize("content", [b"not gzip", gzip.compress(b"x" * 5000, mtime=0)[:-9]], ids=["no gzip", "cut off"])
def test_broken_gzip_is_refused(content: bytes) -> None:
    with serving(body(content, Content_Encoding="gzip")) as server, raises_kind(BAD_RESPONSE):
        fetch(server.url())


@pytest.mark.parametrize(
    "coding", ["aws-chunked", "utf-8", "UTF8", "none", "binary", "br", "identity, aws-chunked", ","]
)
def test_a_coding_that_we_asked_nobody_for_is_left_alone_and_counted(coding: str) -> None:
    with serving(body(b"x" * 1000, Content_Encoding=coding)) as server:
        assert fetch(server.url(), FetchLimits(max_bytes=1000, seconds=2)) == b"x" * 1000
        with raises_kind(BODY_TOO_LARGE):
            fetch(server.url(), FetchLimits(max_bytes=999, seconds=2))


@pytest.mark.parametrize("coding", ["aws-chunked,gzip", "gzip, utf-8", "x-gzip", "GZIP"])
def test_gzip_is_unpacked_beside_other_codings(coding: str) -> None:
    with serving(body(gzip.compress(b"x" * 1000), Content_Encoding=coding)) as server:
        assert fetch(server.url()) == b"x" * 1000


def test_an_endless_chunk_header_does_not_fill_the_memory() -> None:
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
    with serving(behave) as server, raises_kind(UNREACHABLE) as caught:  # type: ignore[arg-type]
        fetch(server.url())
    assert not caught.value.permanent


def test_an_unknown_name_is_a_temporary_error() -> None:
    with raises_kind(UNREACHABLE, match="no host named"):
        fetch("http://nowhere.invalid/")


@pytest.mark.parametrize(("status", "permanent"), [(404, True), (410, True), (403, True), (429, False), (503, False)])
def test_the_status_decides_whether_a_retry_may_help(status: int, permanent: bool) -> None:
    with (
        serving(lambda connection, _: connection.sendall(head(f"{status} X", Content_Length="0"))) as server,
        raises_kind(BAD_RESPONSE) as caught,
    ):
        fetch(server.url())
    assert caught.value.permanent is permanent
