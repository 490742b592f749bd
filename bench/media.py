"""Metadata documents: how many the worker of the queue `ipfs` reads while a tenth of them arrives slowly."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median

from bench.harness import Contestant, Pace, Result, contest
from bench.lanes import Lane, Peer, Workspace, python_peer, site_settings
from bench.tables import Goal, Table
from nft.core.ipfs.car import build_car
from nft.core.ipfs.cid import Cid
from nft.core.ipfs.unixfs import build_file
from tests.servers.postgres import start_postgres
from tests.servers.redis import start_redis

SLOW_SECONDS, SLOW_EACH = 3.0, 10
# Documents of one call: so many that the slow ones at its end do not dominate.
AT_ONCE = 200
# No multiple of ten, so that each host has slow and fast documents.
HOSTS = 61
DOCUMENTS = 40_000
# As the unit for the queue `ipfs` starts it, and half of that.
PROCESSES, FEWER = 8, 4
MAX_SECONDS = 60.0
_NOTE = (
    "Processes that share PostgreSQL and Redis fetch each document, verify it if it has a CID, store it and parse it. "
    f"Every tenth document arrives after {SLOW_SECONDS:g} s. “One of two gateways”: the other gateway answers at once. "
    "It is asked a second after the slow one, and first as soon as the slow one is known to be slow. There are "
    f"{HOSTS} foreign hosts, each asked at most once a second, without TLS."
)


def run(workspace: Workspace) -> Iterator[Table]:
    database = start_postgres(workspace.folder / "pg", workspace.folder / "postgres.log")
    workspace.closing.callback(database.stop)
    redis = start_redis(workspace.folder / "redis.sock", workspace.folder / "redis", workspace.folder / "redis.log")
    workspace.closing.callback(redis.running.stop)
    environment = site_settings(workspace.folder / "data") | {
        "DATABASE_URL": f"postgresql://app@/avatarsite?host={workspace.folder / 'pg'}",
        "REDIS_URL": redis.url,
        "LOG_LEVEL": "ERROR",
    }
    lanes: list[Contestant] = [Lane(peer, workspace) for peer in _peers(workspace, environment)]
    results = contest(lanes, Pace(10 * workspace.haste, 60 * workspace.haste))
    limit = next(iter(results))
    yield Table(
        "Metadata with a slow tenth", list(results.values()), limit, "document", _goals(results), [_rates(results)]
    )


def document_of(number: int) -> bytes:
    """Return a document of about the size that real collections have."""
    traits = [{"trait_type": f"Trait {trait}", "value": f"{number * trait % 97}"} for trait in range(8)]
    facts = {"name": f"Creature {number}", "description": "One of many. " * 12, "image": f"ipfs://unset/{number}"}
    return json.dumps(facts | {"attributes": traits}).encode()


def archive_of(number: int) -> tuple[Cid, bytes]:
    built = build_file(document_of(number))
    return built.root, build_car(built.root, built.blocks)


def _peers(workspace: Workspace, environment: Mapping[str, str]) -> Iterator[Peer]:
    names = {str(archive_of(number)[0]): number for number in range(DOCUMENTS)}
    slow, fast = (_serve(workspace, "127.0.0.1", names, is_slow=is_slow) for is_slow in (True, False))
    hosts = [_serve(workspace, f"127.0.1.{number}", names, is_slow=True) for number in range(1, HOSTS + 1)]
    both = [slow, _serve(workspace, "127.0.0.1", names, is_slow=True)]
    cases: list[tuple[str, int, list[str]]] = [
        ("one of two gateways is slow", PROCESSES, ["ipfs", slow, fast]),
        ("both gateways are slow", PROCESSES, ["ipfs", *both]),
        ("both gateways are slow", FEWER, ["ipfs", *both]),
        ("foreign hosts", PROCESSES, ["http", *hosts]),
    ]
    for position, (title, processes, where) in enumerate(cases):
        arguments = [str(processes), str(position * DOCUMENTS // len(cases)), *where]
        name = f"{title}, {processes} processes"
        yield python_peer(name, "media", *arguments, unit=AT_ONCE, environment=environment)


def _goals(results: Mapping[str, Result]) -> list[Goal]:
    return [
        Goal(f"1,000 documents, {name}", 1000 * _seconds(result), MAX_SECONDS, " s")
        for name, result in results.items()
        if name.endswith(f", {PROCESSES} processes")
    ]


def _rates(results: Mapping[str, Result]) -> str:
    rates = ", ".join(f"{60 / _seconds(result):,.0f} ({name})" for name, result in results.items())
    return f"{_NOTE} Documents a minute: {rates}."


def _seconds(result: Result) -> float:
    return median(each.wall for each in result.rounds)


def _serve(workspace: Workspace, host: str, names: Mapping[str, int], *, is_slow: bool) -> str:
    """Start a host with every document, by CID (as a gateway) and by number, in threads here. Return its URL."""
    server = ThreadingHTTPServer((host, 0), partial(_Documents, names, is_slow))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # Each server takes up to half a second to close.
    workspace.closing.callback(threading.Thread(target=_close, args=(server,)).start)
    return f"http://{host}:{server.server_port}"


def _close(server: ThreadingHTTPServer) -> None:
    server.shutdown()
    server.server_close()


class _Documents(BaseHTTPRequestHandler):
    def __init__(self, names: Mapping[str, int], is_slow: bool, *details: object) -> None:
        self._names = names
        self._is_slow = is_slow
        super().__init__(*details)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2].partition("?")[0]
        number = self._names[name] if name in self._names else int(name)
        kind, content = "application/json", document_of(number)
        if name in self._names:
            kind, content = "application/vnd.ipld.car", archive_of(number)[1]
        if self._is_slow and number % SLOW_EACH == SLOW_EACH - 1:
            time.sleep(SLOW_SECONDS)
        # The client hangs up when another gateway was faster.
        with suppress(ConnectionError):
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *_values: object) -> None:
        """Log nothing."""
