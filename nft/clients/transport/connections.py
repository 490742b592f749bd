"""HTTP requests under a deadline, and the connections they use.

The address is checked at the moment of connecting, by the caller's rules. No proxies, redirects, retries or cookies.
"""

from __future__ import annotations

import functools
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from typing import TypeVar
from urllib.parse import urlsplit

import certifi
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from nft.clients.transport.body import MAX_GZIP_RATIO, Body
from nft.clients.transport.deadline import Deadline
from nft.clients.transport.errors import UNREACHABLE, FetchError
from nft.clients.transport.guard import blaming
from profiles.sentences import gettext

CONNECT_SECONDS = 5.0
RECEIVE_BUFFER = 1024 * 1024
"""Bytes the kernel may hold for us. With its own choice, reading costs half as much again in acknowledgements."""

T = TypeVar("T")
CheckAddress = Callable[[str, str], None]
"""Gets a host and an address it resolves to. Raises FetchError if that address must not be connected to."""
Addresses = list[tuple[int, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]]
"""Address family and socket address, as `socket.connect` takes it."""


def accept_any(host: str, address: str) -> None:
    """Check nothing: for hosts that the operator configured."""


class Response:
    """A response whose body has not been read yet. It holds a connection until it is read to its end or closed."""

    def __init__(self, response: requests.Response, deadline: Deadline, host: str) -> None:
        self._response, self._deadline, self._host = response, deadline, host
        self.status = response.status_code
        self.headers = {name.lower(): value for name, value in response.headers.items()}

    def body(self, limit: int, *, max_gzip_ratio: float = MAX_GZIP_RATIO) -> Body:
        return Body(self._read, self.headers, limit, max_gzip_ratio=max_gzip_ratio)

    def close(self) -> None:
        self._response.close()

    def _read(self, size: int) -> bytes:
        # raw.read, not raw.stream: http.client bounds the length of a chunk's header line, the other reader does not.
        read = functools.partial(self._response.raw.read, size, decode_content=False)
        piece: bytes = _translate(read, self._deadline, self._host)
        self._deadline.remaining(self._host)  # a body without a length, cut by the deadline, looks like its end
        return piece


class Transport:
    """Sends requests. Connections stay open for the next request to their host, unless a side asks to close them.

    Safe for use by several threads.
    """

    def __init__(self, check: CheckAddress = accept_any, tls: ssl.SSLContext | None = None) -> None:
        self._check, self._adapter = check, _Adapter(tls)

    def send(self, request: requests.Request, deadline: Deadline) -> Response:
        """Return the response, its body unread. Raises FetchError."""
        host = urlsplit(request.url).hostname or ""
        left = deadline.remaining(host)
        _sending.deadline, _sending.check = deadline, self._check
        send = functools.partial(self._adapter.send, stream=True, timeout=(min(CONNECT_SECONDS, left), left))
        return Response(_translate(lambda: send(request.prepare()), deadline, host), deadline, host)


class _Sending(threading.local):
    """What applies to the request that this thread sends: urllib3 has no way to hand it to a connection."""

    deadline: Deadline
    check: CheckAddress


_sending = _Sending()


def _translate(action: Callable[[], T], deadline: Deadline, host: str) -> T:
    """Raise library errors as FetchError. Which of them a cut socket raises varies, so the clock is asked first."""

    def failure() -> FetchError:
        if deadline.is_over:
            return deadline.timeout_of(host)
        return FetchError(gettext("%(host)s broke off or answered with what is no HTTP.", host=host), UNREACHABLE)

    with blaming(failure):
        return action()


def open_socket(host: str, port: int, deadline: Deadline, check: CheckAddress) -> socket.socket:
    """Return a connected socket whose far end passes `check`. Raises FetchError.

    One refused address refuses the host: a name that points to both a public and a private address is an attack.
    """
    addresses = _resolve(host, port, deadline)
    for _, address in addresses:
        check(host, str(address[0]))
    failure: OSError | None = None
    for family, address in addresses:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            # http.client sends head and body apart: with Nagle's algorithm each request would wait 40 ms for an ACK.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(min(CONNECT_SECONDS, deadline.remaining(host)))
            deadline.watch(sock)
            sock.connect(address)
            check(host, sock.getpeername()[0])
            sock.settimeout(deadline.remaining(host))
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise FetchError(gettext("%(host)s can't be reached.", host=host), UNREACHABLE) from failure


def is_ip_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _resolve(host: str, port: int, deadline: Deadline) -> Addresses:
    """Look a host up. getaddrinfo has no time limit, so it runs in a thread that is waited for until the deadline."""
    answers: SimpleQueue[Addresses | Exception] = SimpleQueue()
    if is_ip_literal(host):  # nothing to look up, nothing to wait for
        _look_up(host, port, answers)
    else:
        threading.Thread(target=_look_up, args=(host, port, answers), daemon=True).start()
    try:
        answer = answers.get(timeout=deadline.remaining(host))
    except Empty:
        raise deadline.timeout_of(host) from None
    if isinstance(answer, Exception) or not answer:
        raise FetchError(gettext("There is no host named %(host)s.", host=host), UNREACHABLE)
    return answer


def _look_up(host: str, port: int, answers: SimpleQueue[Addresses | Exception]) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        answers.put(error)
    else:
        answers.put([(family, address) for family, _, _, _, address in found])


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return open_socket(self._dns_host, self.port, _sending.deadline, _sending.check)

    def putrequest(self, method: str, url: str, skip_host: bool = False, skip_accept_encoding: bool = False) -> None:
        if self.sock is not None:  # left open by an earlier request
            _sending.deadline.watch(self.sock)
        super().putrequest(method, url, skip_host, skip_accept_encoding)


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Adapter(HTTPAdapter):
    """A requests transport with our pools, one for each host."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        super().__init__()
        self._tls = tls
        self._pools: dict[tuple[str, str, int | None], HTTPConnectionPool] = {}

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: object,
        proxies: Mapping[str, str] | None = None,
        cert: object = None,
    ) -> HTTPConnectionPool:
        del verify, proxies, cert
        host, _ = self.build_connection_pool_key_attributes(request, True)
        key = (host["scheme"], host["host"], host["port"])
        return self._pools.get(key) or self._pools.setdefault(key, self._open_pool(*key))

    def _open_pool(self, scheme: str, host: str, port: int | None) -> HTTPConnectionPool:
        if scheme == "https":
            return _TlsPool(host, port, maxsize=10, ssl_context=self._tls or default_tls())
        return _Pool(host, port, maxsize=10)

    def cert_verify(self, conn: object, url: str, verify: object, cert: object) -> None:
        """Do nothing: the TLS context already demands a certificate from a known authority."""


@functools.cache
def default_tls() -> ssl.SSLContext:
    """Return a context that trusts certifi's authorities; loaded once, as loading costs more than a handshake."""
    return ssl.create_default_context(cafile=certifi.where())
