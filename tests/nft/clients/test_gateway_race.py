"""The order of gateways, when the next one starts, and that no slow, broken or false one delays a fetch."""

from __future__ import annotations

import random
import socket
import threading
from contextlib import suppress
from typing import Any

import pytest
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache

from nft.clients.ipfs.gateways import Gateways, get_gateways
from nft.clients.ipfs.reading import IpfsLimits, IpfsUnavailable
from nft.clients.ipfs.scores import GatewayScores
from nft.core.ipfs.car import build_car
from nft.core.ipfs.dag import DagLimits
from nft.core.ipfs.errors import NOT_A_FILE, PATH_NOT_FOUND
from nft.core.ipfs.unixfs import build_directory, build_file
from tests.kit.errors import raises_kind
from tests.kit.hostile_server import Behavior, HostileServer, head, serving
from tests.servers.redis import RedisServer

LIMITS = IpfsLimits(DagLimits(), seconds=20)
FILE = build_file(random.Random(3).randbytes(700_000))
CONTENT = random.Random(3).randbytes(700_000)
ARCHIVE = build_car(FILE.root, FILE.blocks)
AT_ONCE, NEVER = 0.0, 1000.0


def car(content: bytes) -> Behavior:
    kind = "application/vnd.ipld.car"
    return lambda connection, _: connection.sendall(head(Content_Type=kind, Content_Length=str(len(content))) + content)


def broken(connection: socket.socket, path: str) -> None:
    connection.sendall(head("500 Down", Content_Length="0"))


def gateways(*servers: HostileServer, delay: float = AT_ONCE, scores: GatewayScores | None = None) -> Gateways:
    urls = [server.url("", host="127.0.0.1") for server in servers]
    return Gateways(urls, own=lambda _: None, scores=scores, race_delay=delay)


class Silent:
    """A gateway that reads the request and never answers, until the client closes the connection."""

    def __init__(self) -> None:
        self.was_asked, self.was_left = threading.Event(), threading.Event()

    def __call__(self, connection: socket.socket, path: str) -> None:
        with suppress(ConnectionResetError):
            while connection.recv(1024):
                self.was_asked.set()
        self.was_left.set()

    def is_overtaken_by(self, other: Behavior) -> Behavior:
        """Return what the other gateway does, but once this one was asked."""

        def behave(connection: socket.socket, path: str) -> None:
            self.was_asked.wait(10)
            other(connection, path)

        return behave


# --- the race ----------------------------------------------------------------------------------------------------


def test_a_slow_gateway_is_overtaken_and_its_connection_closed() -> None:
    silent = Silent()
    with serving(silent) as slow, serving(silent.is_overtaken_by(car(ARCHIVE))) as fast:
        assert gateways(slow, fast).fetch_verified(FILE.root, "", LIMITS).data == CONTENT
        assert silent.was_left.wait(10)


def test_the_next_gateway_starts_at_once_where_the_first_fails() -> None:
    with serving(broken) as dead, serving(car(ARCHIVE)) as good:
        assert gateways(dead, good, delay=NEVER).fetch_verified(FILE.root, "", LIMITS).data == CONTENT


def test_no_other_gateway_is_asked_while_one_is_quick_enough() -> None:
    with serving(car(ARCHIVE)) as first, serving(car(ARCHIVE)) as second:
        assert gateways(first, second, delay=NEVER).fetch_verified(FILE.root, "", LIMITS).data == CONTENT
        assert second.paths == []


def test_blocks_of_two_gateways_make_one_file() -> None:
    """The first breaks off half way; its verified blocks are kept, and the second is only asked for the rest."""
    half = ARCHIVE[: len(ARCHIVE) // 2]
    kept = build_car(FILE.root, {FILE.root: FILE.blocks[FILE.root]})

    def rest(connection: socket.socket, path: str) -> None:
        if "format=car" in path:
            return car(kept)(connection, path)
        name = path.removeprefix("/ipfs/").partition("?")[0]
        block = next(block for cid, block in FILE.blocks.items() if str(cid) == name)
        connection.sendall(head(Content_Type="application/vnd.ipld.raw", Content_Length=str(len(block))) + block)
        return None

    def breaks(connection: socket.socket, path: str) -> None:
        kind = "application/vnd.ipld.car"
        connection.sendall(head(Content_Type=kind, Content_Length=str(len(ARCHIVE))) + half)

    with serving(breaks) as first, serving(rest) as second:
        assert gateways(first, second, delay=NEVER).fetch_verified(FILE.root, "", LIMITS).data == CONTENT
        asked = [path for path in second.paths if "format=raw" in path]
        assert 0 < len(asked) < len(FILE.blocks) - 1


def test_gateways_that_never_answer_take_no_longer_than_the_limit_together() -> None:
    with serving(Silent()) as one, serving(Silent()) as two, pytest.raises(IpfsUnavailable, match=r"within 0\.5 sec"):
        gateways(one, two).fetch_verified(FILE.root, "", IpfsLimits(DagLimits(), 0.5))


def test_a_file_refused_by_its_verified_blocks_ends_the_race() -> None:
    folder = build_directory({"a": (FILE.root, FILE.size)})
    lone = build_car(folder.root, folder.blocks)
    with serving(Silent()) as slow, serving(car(lone)) as fast, raises_kind(NOT_A_FILE):
        gateways(slow, fast).fetch_verified(folder.root, "", LIMITS)


def test_a_verified_refusal_ends_the_race_though_the_gateway_breaks_off() -> None:
    folder = build_directory({"a": (FILE.root, FILE.size)})
    cut = build_car(folder.root, folder.blocks) + b"\x40"
    with serving(car(cut)) as first, serving(Silent()) as second, raises_kind(PATH_NOT_FOUND):
        gateways(first, second, delay=NEVER).fetch_verified(folder.root, "b", LIMITS)


def test_blocks_that_were_not_asked_for_are_not_kept_in_memory() -> None:
    other = build_file(random.Random(4).randbytes(5_000_000))
    with serving(car(build_car(other.root, other.blocks))) as first, serving(car(ARCHIVE)) as second:
        found = gateways(first, second, delay=NEVER).fetch_verified(FILE.root, "", LIMITS)
    assert set(found.blocks) == set(FILE.blocks)


# --- the scores --------------------------------------------------------------------------------------------------


def test_false_data_ranks_below_failures_and_these_below_slowness() -> None:
    scores = GatewayScores()
    scores.record_false_data("https://false.example")
    for _ in range(3):
        scores.record_failure("https://down.example")
    scores.record_speed("https://slow.example", 9.0)
    scores.record_speed("https://fast.example", 0.3)
    urls = [f"https://{name}.example" for name in ("false", "down", "slow", "fast", "new")]
    assert scores.in_order(urls) == [f"https://{name}.example" for name in ("new", "fast", "slow", "down", "false")]


def test_equal_gateways_keep_their_configured_order() -> None:
    scores = GatewayScores()
    scores.record_speed("https://b.example", 0.01)
    assert scores.in_order(["https://a.example", "https://b.example"]) == ["https://a.example", "https://b.example"]


def test_an_overtaken_gateway_counts_as_slow_and_false_data_is_recorded() -> None:
    scores = GatewayScores()
    damaged = ARCHIVE[:5000] + bytes([ARCHIVE[5000] ^ 1]) + ARCHIVE[5001:]
    with serving(car(damaged)) as false, serving(broken) as dead, serving(car(ARCHIVE)) as good:
        three = gateways(false, dead, good, delay=NEVER, scores=scores)
        assert three.fetch_verified(FILE.root, "", LIMITS).data == CONTENT
        read = scores.read(three.urls)
        assert [(read[url].false_data, read[url].failures) for url in three.urls] == [(1, 0), (0, 1), (0, 0)]
        assert read[three.urls[2]].seconds > 0
        assert scores.in_order(three.urls) == three.urls[::-1]


def test_scores_are_shared_by_all_workers(redis_server: RedisServer, settings: Any) -> None:
    settings.NFT_IPFS_GATEWAYS = ["https://one.example", "https://two.example"]
    get_gateways().scores.record_failure("https://one.example")
    assert GatewayScores(caches["default"]).in_order(get_gateways().urls) == get_gateways().urls[::-1]
    caches["default"].clear()


class DeadMemory(LocMemCache):
    def get_many(self, *_: Any, **__: Any) -> Any:
        raise ConnectionError

    add = incr = set = get_many


def test_files_are_fetched_without_the_cache() -> None:
    scores = GatewayScores(DeadMemory("dead", {}))
    with serving(broken) as dead, serving(car(ARCHIVE)) as good:
        found = gateways(dead, good, delay=NEVER, scores=scores).fetch_verified(FILE.root, "", LIMITS)
    assert found.data == CONTENT
