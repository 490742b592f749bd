"""A raw TCP server whose answers a test writes itself, byte by byte, however malformed."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

Behavior = Callable[[socket.socket, str], None]
"""Gets the connection and the path of the request."""


class HostileServer:
    def __init__(self, behave: Behavior, certificate: Path | None = None) -> None:
        self._behave = behave
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
        if self._tls and certificate:
            self._tls.load_cert_chain(certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        self.paths: list[str] = []
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def url(self, path: str = "/", host: str = "localhost", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def close(self) -> None:
        self._listener.close()
        for connection in self._connections:
            connection.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _opened(self, connection: socket.socket) -> socket.socket:
        return self._tls.wrap_socket(connection, server_side=True) if self._tls else connection

    def _answer(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), self._opened(connection) as connection:
            request = b""
            while b"\r\n\r\n" not in request:
                piece = connection.recv(4096)
                if not piece:
                    return
                request += piece
            path = request.split(b" ", 2)[1].decode()
            self.paths.append(path)
            self._behave(connection, path)


@contextlib.contextmanager
def serving(behave: Behavior, certificate: Path | None = None) -> Iterator[HostileServer]:
    server = HostileServer(behave, certificate)
    try:
        yield server
    finally:
        server.close()


def head(status: str = "200 OK", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def body(content: bytes, **headers: str) -> Behavior:
    """Return the behavior of a correct server."""

    def behave(connection: socket.socket, path: str) -> None:
        connection.sendall(head(Content_Length=str(len(content)), **headers) + content)

    return behave
