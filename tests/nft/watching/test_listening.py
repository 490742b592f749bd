"""New blocks announced by a node's websocket: only a hint, from a node that may send anything."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Semaphore, Thread

import pytest
from django.core.exceptions import ImproperlyConfigured
from websockets.sync.server import ServerConnection, serve

from avatarsite.settings.chains import read_chains
from localstack.processes import free_port
from nft.clients.evm import heads
from nft.clients.evm.errors import ChainUnavailable
from nft.clients.evm.heads import subscribe_new_heads
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from nft.watching import listener as listening
from nft.watching.listener import listen
from nft.watching.watcher import watch_chain
from profiles.jobs import get_job

PATIENCE = 20.0


@contextmanager
def node(say: Callable[[ServerConnection], None], port: int = 0) -> Iterator[str]:
    """Run a websocket server whose connections `say` handles. Yield its URL."""
    with serve(say, "127.0.0.1", port) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()


@contextmanager
def listener(url: str) -> Iterator[Semaphore]:
    """Listen in a thread. Yield a semaphore that is released at each wake."""
    woken, stop = Semaphore(0), Event()
    thread = Thread(target=listen, args=(CHAIN_ID, url, woken.release, stop), daemon=True)
    thread.start()
    yield woken
    stop.set()
    assert thread.is_alive(), "whatever happens, it goes on listening"


def ws(chain: Chain) -> str:
    return chain.url.replace("http://", "ws://")


def test_each_new_block_wakes_the_watcher(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "PAUSE", 0.0)
    with listener(ws(chain)) as woken:
        assert woken.acquire(timeout=PATIENCE), "once it listens, as blocks may have come before"
        for _ in range(3):
            chain.mine()
            assert woken.acquire(timeout=PATIENCE)


def _hangs_up(connection: ServerConnection) -> None:
    connection.recv()


def _refuses(connection: ServerConnection) -> None:
    connection.recv()
    connection.send('{"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "no"}}')
    connection.recv()


def _talks_nonsense(connection: ServerConnection) -> None:
    connection.recv()
    connection.send(b"\xff\xfe nonsense")
    connection.recv()


def _nests_deeply(connection: ServerConnection) -> None:
    connection.recv()
    connection.send("[" * 100_000)
    connection.recv()


def _sends_too_much(connection: ServerConnection) -> None:
    connection.recv()
    connection.send('"' + "x" * heads.LARGEST_MESSAGE + '"')
    connection.recv()


def _is_silent(connection: ServerConnection) -> None:
    connection.recv()
    connection.recv()


@pytest.mark.parametrize(
    "say",
    [_hangs_up, _refuses, _talks_nonsense, _nests_deeply, _sends_too_much, _is_silent],
    ids=lambda say: say.__name__,
)
def test_a_bad_websocket_is_an_outage(say: Callable[[ServerConnection], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "SILENCE_SECONDS", 0.5)
    with node(say) as url, pytest.raises(ChainUnavailable) as outage:
        for _ in subscribe_new_heads(url + "/secret-key"):
            pass
    assert "secret-key" not in str(outage.value)


def test_a_node_that_starts_later_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "SHORTEST_WAIT", 0.05)
    monkeypatch.setattr(listening, "LONGEST_WAIT", 0.2)
    port = free_port()
    calls: list[int] = []

    def say(connection: ServerConnection) -> None:
        connection.recv()
        calls.append(1)
        if len(calls) > 2:
            connection.send('{"jsonrpc": "2.0", "id": 1, "result": "0x1"}')
            connection.recv()

    with listener(f"ws://127.0.0.1:{port}") as woken:
        assert not woken.acquire(timeout=0.3)
        with node(say, port):
            assert woken.acquire(timeout=PATIENCE)
    assert len(calls) == 3, "it hung up twice"


def test_many_messages_wake_no_more_often_than_once_a_pause() -> None:
    def say(connection: ServerConnection) -> None:
        while True:
            connection.send('{"jsonrpc": "2.0", "method": "eth_subscription", "params": {}}')

    began = time.monotonic()
    with node(say) as url, listener(url) as woken:
        wakes = 0
        while woken.acquire(timeout=max(0.0, began + 2.5 - time.monotonic())):
            wakes += 1
    assert 1 <= wakes <= 1 + (time.monotonic() - began) / listening.PAUSE


def test_an_address_that_is_no_websocket_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NFT_CHAINS", '{"1": {"name": "E", "rpc_urls": ["https://x"], "ws_url": "https://x"}}')
    with pytest.raises(ImproperlyConfigured, match="ws_url"):
        read_chains(None)


def test_the_listener_names_the_job_that_is_declared() -> None:
    job = get_job(watch_chain)
    assert (job.name, job.queue) == (listening.WATCH_CHAIN, listening.QUEUE)
