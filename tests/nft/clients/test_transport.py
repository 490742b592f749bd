"""The connections and deadlines of all requests: to nodes, to pinners and to strangers' hosts."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from nft.clients.evm import node as evm_node
from nft.clients.evm.chain import ChainClient
from nft.clients.evm.errors import ChainUnavailable
from nft.clients.ipfs import pinners
from nft.clients.ipfs.pinners import PINNER_UNAVAILABLE, KuboPinner
from nft.clients.transport.connections import Transport, accept_any, open_socket
from nft.clients.transport.deadline import Deadline
from nft.clients.transport.errors import TIMED_OUT
from nft.core.ipfs.cid import parse_cid
from nft.testing.genesis import CHAIN_ID
from tests.kit.errors import raises_kind
from tests.kit.hostile_server import head, serving

ROOT = parse_cid("bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e")


class CountingServer:
    """Answers the requests on a connection with the given answers, one after the other."""

    def __init__(self, *answers: bytes) -> None:
        self.connections = 0
        self._answers = iter(answers)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            while connection.recv(65536):
                connection.sendall(next(self._answers))


@contextmanager
def answering(*answers: bytes) -> Iterator[CountingServer]:
    server = CountingServer(*answers)
    try:
        yield server
    finally:
        server.close()


def get(transport: Transport, url: str, seconds: float) -> bytes:
    with Deadline(seconds) as deadline:
        response = transport.send(requests.Request("GET", url), deadline)
        try:
            return b"".join(response.body(1000))
        finally:
            response.close()


def test_a_connection_is_kept_for_the_next_request() -> None:
    transport = Transport()
    with answering(*[head(Content_Length="2") + b"ok"] * 3) as server:
        assert [get(transport, server.url, 5) for _ in range(3)] == [b"ok"] * 3
        assert server.connections == 1


def test_a_request_in_two_packets_does_not_wait_for_the_first_to_be_acknowledged() -> None:
    """Otherwise every call to a node takes 40 ms more."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        Deadline(5) as deadline,
        open_socket("127.0.0.1", listener.getsockname()[1], deadline, accept_any) as sock,
    ):
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_kept_connection_has_the_deadline_of_its_next_request() -> None:
    transport = Transport()
    with answering(head(Content_Length="2") + b"ok", head(Content_Length="20") + b"half") as server:
        get(transport, server.url, 0.3)
        time.sleep(0.5)  # the first deadline has passed; it must not end the second request
        began = time.monotonic()
        with raises_kind(TIMED_OUT):
            get(transport, server.url, 1.0)
        assert 0.9 < time.monotonic() - began < 3
        assert server.connections == 1


def drip_tls(connection: socket.socket) -> None:
    """Send a handshake record of 16 KiB byte by byte."""
    connection.sendall(b"\x16\x03\x03\x40\x00")
    while True:
        time.sleep(0.05)
        connection.sendall(b"\2")


def test_a_handshake_that_drips_is_cut_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                try:
                    drip_tls(connection)
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        began = time.monotonic()
        with raises_kind(TIMED_OUT):
            get(Transport(), f"https://127.0.0.1:{listener.getsockname()[1]}/", 0.6)
        assert time.monotonic() - began < 2.6


def test_a_node_whose_last_answer_drips_is_cut_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """After "Connection: close" urllib3 no longer holds the socket while the body arrives."""
    monkeypatch.setattr(evm_node, "READ_SECONDS", 0.6)

    def drip(connection: socket.socket, path: str) -> None:
        connection.sendall(head(Connection="close"))
        while True:
            time.sleep(0.05)
            connection.sendall(b" ")

    with serving(drip) as server:
        began = time.monotonic()
        with pytest.raises(ChainUnavailable):
            ChainClient(CHAIN_ID, [server.url()], "finalized").head()
        assert time.monotonic() - began < 2.6


def test_a_node_whose_name_look_up_never_ends_is_abandoned_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evm_node, "READ_SECONDS", 0.3)

    def slow(*_: object, **__: object) -> list[object]:
        time.sleep(2)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    began = time.monotonic()
    with pytest.raises(ChainUnavailable):
        ChainClient(CHAIN_ID, ["http://slow.example/"], "finalized").head()
    assert time.monotonic() - began < 1.5


def test_a_pinner_that_drips_is_cut_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinners, "SECONDS", 0.6)

    def drip(connection: socket.socket, path: str) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            time.sleep(0.05)
            connection.sendall(b"X: y\r\n")

    with serving(drip) as server:
        began = time.monotonic()
        with raises_kind(PINNER_UNAVAILABLE):
            KuboPinner("slow", server.url("")).check(ROOT, "")
        assert time.monotonic() - began < 2.6
