"""The sockets under our HTTP client: each address is checked at the moment of connecting, and one deadline cuts name
look-up, connecting, TLS, headers and body, over all redirects of a fetch."""

from __future__ import annotations

import functools
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from queue import Empty, SimpleQueue
from typing import Any

import certifi
from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from nft.clients.web.addresses import OutboundRules, parse_address
from nft.clients.web.errors import AddressRefused, FetchTimeout, HostUnreachable
from nft.clients.web.urls import is_ip_literal

CONNECT_SECONDS = 5.0
RECEIVE_BUFFER = 1024 * 1024
"""Bytes the kernel may hold for us. With its own choice, reading costs it half as much again in acknowledgements."""


class Wire:
    """The sockets of one fetch. After `seconds` they are shut, so that no read, however it drips, outlives them."""

    def __init__(self, rules: OutboundRules, seconds: float) -> None:
        self.rules = rules
        self.seconds = seconds
        self._ends_at = time.monotonic() + seconds
        self._sockets: list[socket.socket] = []
        self._connections: list[HTTPConnection] = []
        self._is_cut = False
        self._timer = threading.Timer(seconds, self.cut)
        self._timer.daemon = True
        self._timer.start()

    def remaining(self, host: str) -> float:
        """Seconds left; raises FetchTimeout when there are none."""
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise FetchTimeout(host, self.seconds)
        if self._is_cut:
            raise HostUnreachable(f"{host} is no longer needed.")
        return left

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._ends_at

    def watch(self, connection: HTTPConnection, sock: socket.socket) -> None:
        self._connections.append(connection)
        self._sockets.append(sock)
        if self.is_over or self._is_cut:
            self.cut()

    def close(self) -> None:
        self._timer.cancel()
        for connection in self._connections:
            connection.close()

    def cut(self) -> None:
        """Ends whatever still reads or connects, from any thread."""
        self._is_cut = True
        for sock in self._sockets:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:  # already closed, or never connected
                continue


class Cancellation:
    """Cuts the wires of fetches whose answers nobody waits for any more."""

    def __init__(self) -> None:
        self.is_cancelled = False
        self._wires: list[Wire] = []
        self._lock = threading.Lock()

    def watch(self, wire: Wire) -> None:
        with self._lock:
            self._wires.append(wire)
        if self.is_cancelled:
            wire.cut()

    def cancel(self) -> None:
        with self._lock:
            self.is_cancelled = True
            wires = list(self._wires)
        for wire in wires:
            wire.cut()


def open_socket(wire: Wire, host: str, port: int) -> socket.socket:
    """A connected socket whose far end the rules let in. One address that they refuse refuses the host: a name that
    points to both a public and a private address is an attack."""
    addresses = _resolve(host, port, wire.remaining(host))
    for _, sockaddr in addresses:
        _check_address(wire.rules, host, sockaddr[0])
    failure: OSError | None = None
    for family, sockaddr in addresses:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            sock.settimeout(min(CONNECT_SECONDS, wire.remaining(host)))
            sock.connect(sockaddr)
            _check_address(wire.rules, host, sock.getpeername()[0])
            sock.settimeout(wire.remaining(host))
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise HostUnreachable(f"{host} can't be reached.") from failure


def _check_address(rules: OutboundRules, host: str, text: str) -> None:
    if not rules.lets_in(parse_address(text)):
        raise AddressRefused(f"{host} is not on the public internet.")


def _resolve(host: str, port: int, seconds: float) -> list[tuple[int, Any]]:
    """getaddrinfo has no time limit of its own, so a thread waits for it and we stop waiting for the thread."""
    answers: SimpleQueue[list[tuple[int, Any]] | OSError | UnicodeError] = SimpleQueue()
    if is_ip_literal(host):  # nothing to look up, nothing to wait for
        _look_up(host, port, answers)
    else:
        threading.Thread(target=_look_up, args=(host, port, answers), daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        raise FetchTimeout(host, seconds) from None
    if isinstance(answer, Exception) or not answer:
        raise HostUnreachable(f"There is no host named {host}.")
    return answer


def _look_up(host: str, port: int, answers: SimpleQueue[Any]) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        answers.put(error)
    else:
        answers.put([(family, sockaddr) for family, _, _, _, sockaddr in found])


class _Checked(HTTPConnection):
    wire: Wire

    def _new_conn(self) -> socket.socket:
        return open_socket(self.wire, self._dns_host, self.port)

    def connect(self) -> None:
        super().connect()
        self.wire.watch(self, self.sock)


class _CheckedTls(HTTPSConnection):
    wire: Wire

    def _new_conn(self) -> socket.socket:
        return open_socket(self.wire, self._dns_host, self.port)

    def connect(self) -> None:
        super().connect()
        self.wire.watch(self, self.sock)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Checked
    wire: Wire

    def _new_conn(self) -> Any:
        connection: Any = super()._new_conn()
        connection.wire = self.wire
        return connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _CheckedTls
    wire: Wire

    def _new_conn(self) -> Any:
        connection: Any = super()._new_conn()
        connection.wire = self.wire
        return connection


class CheckedAdapter(HTTPAdapter):
    """A requests transport over one Wire. No proxies, no retries, no reuse between fetches."""

    def __init__(self, wire: Wire, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(max_retries=0, pool_connections=1, pool_maxsize=1)
        self._wire = wire
        self._tls = tls

    def get_connection_with_tls_context(
        self, request: PreparedRequest, verify: Any, proxies: Mapping[str, str] | None = None, cert: Any = None
    ) -> Any:
        del verify, proxies, cert
        host, _ = self.build_connection_pool_key_attributes(request, True)
        pool: _Pool | _TlsPool
        if host["scheme"] == "https":
            pool = _TlsPool(host["host"], host["port"], maxsize=1, ssl_context=self._tls or default_tls())
        else:
            pool = _Pool(host["host"], host["port"], maxsize=1)
        pool.wire = self._wire
        return pool

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Left out: the context already demands a certificate from the known authorities."""


@functools.cache
def default_tls() -> ssl.SSLContext:
    """Certificates checked against certifi's authorities; loaded once, as loading costs more than a handshake."""
    return ssl.create_default_context(cafile=certifi.where())
