"""Metadata documents: how many one worker for pictures reads while a tenth of them is slow to come."""

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
from bench.lanes import Lane, Peer, Place, python_peer, site_settings
from bench.report import Goal, Table
from nft.core.ipfs.car import build_car
from nft.core.ipfs.cid import Cid
from nft.core.ipfs.unixfs import build_file
from tests.servers.postgres import start_postgres
from tests.servers.redis import start_redis

SLOW_SECONDS, SLOW_EACH = 3.0, 10
AT_ONCE = 200
"""Documents of one call, so that the slow ones at its end don't decide."""
HOSTS = 61  # no multiple of ten: each host has slow and fast documents
DOCUMENTS = 40_000
PROCESSES, FEWER = 8, 4
"""As README and docs/deploy.md start the worker of the queue `ipfs`, and half of it."""
MOST_SECONDS = 60.0
_NOTE = (
    "Each document is fetched, proved where it has a CID, kept and parsed, by processes that share PostgreSQL and "
    f"Redis; every tenth answers after {SLOW_SECONDS:g} s. “One of two gateways”: the other has all at hand; it "
    "is asked beside the slow one after a second, and first once that is known to be slow. Strangers' hosts are "
    f"{HOSTS}, each asked once a second at most, without TLS."
)


def run(place: Place) -> Iterator[Table]:
    database = start_postgres(place.folder / "pg", place.folder / "postgres.log")
    place.closing.callback(database.stop)
    redis = start_redis(place.folder / "redis.sock", place.folder / "redis", place.folder / "redis.log")
    place.closing.callback(redis.running.stop)
    environment = site_settings(place.folder / "data") | {
        "DATABASE_URL": f"postgresql://app@/avatarsite?host={place.folder / 'pg'}",
        "REDIS_URL": redis.url,
        "LOG_LEVEL": "ERROR",
    }
    lanes: list[Contestant] = [Lane(peer, place) for peer in _peers(place, environment)]
    results = contest(lanes, Pace(10 * place.haste, 60 * place.haste))
    limit = next(iter(results))
    yield Table(
        "Metadata with a slow tenth", list(results.values()), limit, "document", _goals(results), [_rates(results)]
    )


def document_of(number: int) -> bytes:
    """Of about the size that collections have."""
    traits = [{"trait_type": f"Trait {trait}", "value": f"{number * trait % 97}"} for trait in range(8)]
    facts = {"name": f"Creature {number}", "description": "One of many. " * 12, "image": f"ipfs://unset/{number}"}
    return json.dumps(facts | {"attributes": traits}).encode()


def archive_of(number: int) -> tuple[Cid, bytes]:
    built = build_file(document_of(number))
    return built.root, build_car(built.root, built.blocks)


def _peers(place: Place, environment: Mapping[str, str]) -> Iterator[Peer]:
    names = {str(archive_of(number)[0]): number for number in range(DOCUMENTS)}
    slow, fast = (_serve(place, "127.0.0.1", names, is_slow=is_slow) for is_slow in (True, False))
    hosts = [_serve(place, f"127.0.1.{number}", names, is_slow=True) for number in range(1, HOSTS + 1)]
    both = [slow, _serve(place, "127.0.0.1", names, is_slow=True)]
    cases: list[tuple[str, int, list[str]]] = [
        ("one of two gateways is slow", PROCESSES, ["ipfs", slow, fast]),
        ("both gateways are slow", PROCESSES, ["ipfs", *both]),
        ("both gateways are slow", FEWER, ["ipfs", *both]),
        ("strangers' hosts", PROCESSES, ["http", *hosts]),
    ]
    for place_of, (title, processes, where) in enumerate(cases):
        arguments = [str(processes), str(place_of * DOCUMENTS // len(cases)), *where]
        name = f"{title}, {processes} processes"
        yield python_peer(name, "media", *arguments, unit=AT_ONCE, environment=environment)


def _goals(results: Mapping[str, Result]) -> list[Goal]:
    return [
        Goal(f"1,000 documents, {name}", 1000 * _seconds(result), MOST_SECONDS, " s")
        for name, result in results.items()
        if name.endswith(f", {PROCESSES} processes")
    ]


def _rates(results: Mapping[str, Result]) -> str:
    rates = ", ".join(f"{60 / _seconds(result):,.0f} ({name})" for name, result in results.items())
    return f"{_NOTE} Documents a minute: {rates}."


def _seconds(result: Result) -> float:
    return median(each.wall for each in result.rounds)


def _serve(place: Place, host: str, names: Mapping[str, int], *, is_slow: bool) -> str:
    """A host in threads of ours that has every document, by its CID as a gateway and by its number."""
    server = ThreadingHTTPServer((host, 0), partial(_Documents, names, is_slow))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    place.closing.callback(threading.Thread(target=_close, args=(server,)).start)  # it takes each up to half a second
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
        with suppress(ConnectionError):  # the other gateway was faster
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *_values: object) -> None:
        """Silence."""
