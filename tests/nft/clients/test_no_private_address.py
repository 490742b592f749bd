"""Thousands of ways to write a forbidden address, and none that leads to a connection there."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any

import pytest

from nft.clients.transport.connections import open_socket
from nft.clients.transport.deadline import Deadline
from nft.clients.transport.errors import ADDRESS_REFUSED, FetchError
from nft.clients.web.addresses import DENIED_IPV4, DENIED_IPV6, OutboundRules, is_public, parse_address
from nft.clients.web.fetch import FetchLimits, GuardedHttp
from nft.clients.web.urls import parse_target
from tests.kit.errors import raises_kind
from tests.kit.hostile_server import body, head, serving

STRICT = OutboundRules()
DICE = random.Random(6)
OUTSIDE_GLOBAL_UNICAST = [
    "::/128", "::1/128", "::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "5f00::/16",
    "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "4000::/3", "6000::/3", "8000::/1",
]  # fmt: skip


def some_of(network: IPv4Network | IPv6Network, count: int) -> Iterator[IPv4Address | IPv6Address]:
    """Return the first, the last, and some between."""
    size = network.num_addresses
    for index in {0, size - 1, *(DICE.randrange(size) for _ in range(count))}:
        yield network[index]


PRIVATE_V4 = [address for network in DENIED_IPV4 for address in some_of(network, 8)]
DENIED_V6 = [*DENIED_IPV6, *map(IPv6Network, OUTSIDE_GLOBAL_UNICAST)]
PRIVATE_V6 = [address for network in DENIED_V6 for address in some_of(network, 8)]


def embedded(address: IPv4Address | IPv6Address) -> Iterator[IPv6Address]:
    """Yield the ways to embed an IPv4 address in an IPv6 one."""
    number = int(address)
    yield IPv6Address((0xFFFF << 32) | number)  # mapped
    yield IPv6Address(number)  # compatible
    yield IPv6Address((0x0064_FF9B << 96) | number)  # NAT64
    yield IPv6Address((0x0064_FF9B_0001 << 80) | number)  # NAT64, local
    yield IPv6Address((0x2002 << 112) | (number << 80))  # 6to4
    yield IPv6Address((0x2001_0000 << 96) | (number ^ 0xFFFF_FFFF))  # Teredo


FORBIDDEN = [*PRIVATE_V4, *PRIVATE_V6, *(form for address in PRIVATE_V4 for form in embedded(address))]


def test_no_forbidden_address_is_public_in_whatever_form() -> None:
    assert len(FORBIDDEN) > 1000
    assert [address for address in FORBIDDEN if is_public(address)] == []
    assert [address for address in FORBIDDEN if STRICT.allows(parse_address(str(address)))] == []


class NoConnection:
    """Stands in for a socket and records each address that is connected to."""

    reached: list[str] = []

    def __init__(self, *_: Any) -> None:
        pass

    def connect(self, address: tuple[Any, ...]) -> None:
        self.reached.append(address[0])
        raise OSError

    def setsockopt(self, *_: int) -> None:
        pass

    def settimeout(self, _: float) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    NoConnection.reached = []
    monkeypatch.setattr(socket, "socket", NoConnection)
    return NoConnection.reached


def answer(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    families = [(text, socket.AF_INET6 if ":" in text else socket.AF_INET) for text in addresses]
    found = [(family, socket.SOCK_STREAM, 6, "", (text, 443)) for text, family in families]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


def test_a_name_with_one_forbidden_address_among_its_answers_is_never_connected_to(
    monkeypatch: pytest.MonkeyPatch, reached: list[str]
) -> None:
    deadline = Deadline(600)
    for address in FORBIDDEN[:: len(FORBIDDEN) // 400]:
        for answers in ([str(address)], ["93.184.216.34", str(address)], [str(address), "2606:4700::1111"]):
            answer(monkeypatch, *answers)
            with raises_kind(ADDRESS_REFUSED):
                open_socket("innocent.example", 443, deadline, STRICT.check)
    deadline.__exit__()
    assert reached == []


def writings(address: IPv4Address | IPv6Address) -> Iterator[str]:
    """Yield the ways to write an IPv4 address that some parser reads."""
    a, b, c, d = address.packed
    number = int(address)
    wide = str.maketrans("0123456789.", "０１２３４５６７８９。")  # noqa: RUF001 - digits that IDNA maps to ASCII
    yield from (f"{a}.{b}.{c}.{d}", f"{a}.{b}.{c}.{d}.", str(number), hex(number), f"0{number:o}")
    yield from (f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}", f"0{a:o}.0{b:o}.0{c:o}.0{d:o}", f"{a}.{b}.{(c << 8) | d}")
    yield from (f"{a}.{number & 0xFFFFFF}", f"0x{a:x}.{b}.0{c:o}.{d}", f"{a}.{b}.{c}.{d}".translate(wide))
    yield from (f"[::ffff:{a}.{b}.{c}.{d}]", f"[::{a}.{b}.{c}.{d}]", f"[64:ff9b::{a}.{b}.{c}.{d}]")


FRAMES = [
    "https://{}/",
    "https://{}:443/latest/meta-data",
    "https://example.com@{}/",
    "https://{}#@example.com/",
    "https://{}\\@example.com/",
    "https://example.com:443@{}/",
    "https:///{}/",
    "https:\\\\{}/",
    "https://%{}/",
    "https://{}%2eexample.com/",
    " https://{}/",
    "https://{}\t/",
]


def test_no_writing_of_a_forbidden_address_is_connected_to(monkeypatch: pytest.MonkeyPatch, reached: list[str]) -> None:
    deadline, cases, passed = Deadline(600), 0, 0
    for address in PRIVATE_V4[::4]:
        answer(monkeypatch, str(address))  # as a resolver would read it
        for writing in writings(address):
            for frame in FRAMES:
                cases += 1
                try:
                    target = parse_target(frame.format(writing), STRICT)
                except FetchError:
                    continue
                passed += 1
                with raises_kind(ADDRESS_REFUSED):
                    open_socket(target.host, target.port, deadline, STRICT.check)
    deadline.__exit__()
    assert cases > 3000
    assert reached == []
    assert passed < cases / 20  # nearly all fall by their text alone


@pytest.mark.parametrize("writing", sorted({*writings(IPv4Address("127.0.0.1")), "localhost", "[::1]", "LOCALHOST."}))
def test_a_redirect_to_ourselves_is_refused_however_it_is_written(writing: str) -> None:
    """Real sockets: one address is allowed for the first hop, the secret listens on the other."""
    with serving(body(b"secret")) as secret:

        def behave(connection: socket.socket, path: str) -> None:
            place = f"http://{writing}:{secret.port}/".encode().decode("latin-1")
            connection.sendall(head("302 Found", Location=place, Content_Length="0"))

        first = OutboundRules(frozenset({"http"}), None, ip_literals=True, any_address=True)
        then = OutboundRules(frozenset({"http"}), None)
        with serving(behave) as server, pytest.raises(FetchError):
            GuardedHttp(first, redirects=then).fetch(server.url(host="127.0.0.1"), FetchLimits(100, 5))
        assert secret.paths == []


def test_a_name_that_changes_its_answer_between_two_hops_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    real, asked = socket.getaddrinfo, []

    def rebinding(host: str, *arguments: Any, **options: Any) -> Any:
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 else "127.0.0.2", *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    rules = OutboundRules(frozenset({"http"}), None, allowed=(IPv4Network("127.0.0.1/32"),))

    def behave(connection: socket.socket, path: str) -> None:
        connection.sendall(head("302 Found", Location="/again", Content_Length="0"))

    with serving(behave) as server, raises_kind(ADDRESS_REFUSED):
        GuardedHttp(rules).fetch(f"http://two.example:{server.port}/", FetchLimits(100, 5))
    assert len(asked) == 2
    assert server.paths == ["/"]
