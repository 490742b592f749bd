"""Which gateway is asked first, when the next one starts, and that a slow, dead or lying one holds nobody up."""

from __future__ import annotations

import random
import socket
import threading
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
from tests.kit.hostile_server import Behaviour, HostileServer, head, serving
from tests.servers.redis import RedisServer

LIMITS = IpfsLimits(DagLimits(), seconds=20)
FILE = build_file(random.Random(3).randbytes(700_000))
CONTENT = random.Random(3).randbytes(700_000)
ARCHIVE = build_car(FILE.root, FILE.blocks)
AT_ONCE, NEVER = 0.0, 1000.0


def car(content: bytes) -> Behaviour:
    kind = "application/vnd.ipld.car"
    return lambda connection, _: connection.sendall(head(Content_Type=kind, Content_Length=str(len(content))) + content)


def broken(connection: socket.socket, path: str) -> None:
    connection.sendall(head("500 Down", Content_Length="0"))


def gateways(*servers: HostileServer, delay: float = AT_ONCE, scores: GatewayScores | None = None) -> Gateways:
    urls = [server.url("", host="127.0.0.1") for server in servers]
    return Gateways(urls, own=lambda _: None, scores=scores, race_delay=delay)


class Silent:
    """A gateway that takes the question and never answers, until it is left."""

    def __init__(self) -> None:
        self.was_left = threading.Event()

    def __call__(self, connection: socket.socket, path: str) -> None:
        while connection.recv(1024):
            pass
        self.was_left.set()


# --- the race ----------------------------------------------------------------------------------------------------


def test_a_slow_gateway_is_overtaken_and_its_connection_closed() -> None:
    silent = Silent()
    with serving(silent) as slow, serving(car(ARCHIVE)) as fast:
        assert gateways(slow, fast).fetch_verified(FILE.root, "", LIMITS).data == CONTENT
        assert silent.was_left.wait(10)


def test_the_next_gateway_starts_at_once_where_the_first_fails() -> None:
    with serving(broken) as dead, serving(car(ARCHIVE)) as good:
        assert gateways(dead, good, delay=NEVER).fetch_verified(FILE.root, "", LIMITS).data == CONTENT


def test_a_gateway_that_is_quick_enough_stays_alone() -> None:
    with serving(car(ARCHIVE)) as first, serving(car(ARCHIVE)) as second:
        assert gateways(first, second, delay=NEVER).fetch_verified(FILE.root, "", LIMITS).data == CONTENT
        assert second.paths == []


def test_two_halves_from_two_gateways_make_one_file() -> None:
    """The first breaks off half way; what it proved is kept, and the second is only asked for the rest."""
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


def test_all_silent_gateways_together_take_no_longer_than_the_limit() -> None:
    with serving(Silent()) as one, serving(Silent()) as two, pytest.raises(IpfsUnavailable, match=r"within 0\.5 sec"):
        gateways(one, two).fetch_verified(FILE.root, "", IpfsLimits(DagLimits(), 0.5))


def test_what_the_proved_blocks_say_ends_the_race() -> None:
    folder = build_directory({"a": (FILE.root, FILE.size)})
    lone = build_car(folder.root, folder.blocks)
    with serving(Silent()) as slow, serving(car(lone)) as fast, raises_kind(NOT_A_FILE):
        gateways(slow, fast).fetch_verified(folder.root, "", LIMITS)


def test_a_proved_no_ends_the_race_though_the_gateway_breaks_off() -> None:
    folder = build_directory({"a": (FILE.root, FILE.size)})
    cut = build_car(folder.root, folder.blocks) + b"\x40"
    with serving(car(cut)) as first, serving(Silent()) as second, raises_kind(PATH_NOT_FOUND):
        gateways(first, second, delay=NEVER).fetch_verified(folder.root, "b", LIMITS)


def test_a_gateway_that_sends_much_that_was_not_asked_for_is_not_kept_in_memory() -> None:
    other = build_file(random.Random(4).randbytes(5_000_000))
    with serving(car(build_car(other.root, other.blocks))) as first, serving(car(ARCHIVE)) as second:
        found = gateways(first, second, delay=NEVER).fetch_verified(FILE.root, "", LIMITS)
    assert set(found.blocks) == set(FILE.blocks)


# --- the scores --------------------------------------------------------------------------------------------------


def test_lies_weigh_more_than_failures_and_these_more_than_slowness() -> None:
    scores = GatewayScores()
    scores.record_lie("https://liar.example")
    for _ in range(3):
        scores.record_failure("https://down.example")
    scores.record_speed("https://slow.example", 9.0)
    scores.record_speed("https://fast.example", 0.3)
    urls = [f"https://{name}.example" for name in ("liar", "down", "slow", "fast", "new")]
    assert scores.in_order(urls) == [f"https://{name}.example" for name in ("new", "fast", "slow", "down", "liar")]


def test_equals_keep_the_order_they_were_configured_in() -> None:
    scores = GatewayScores()
    scores.record_speed("https://b.example", 0.01)
    assert scores.in_order(["https://a.example", "https://b.example"]) == ["https://a.example", "https://b.example"]


def test_who_was_overtaken_counts_as_slow_and_who_lied_as_a_liar() -> None:
    scores = GatewayScores()
    damaged = ARCHIVE[:5000] + bytes([ARCHIVE[5000] ^ 1]) + ARCHIVE[5001:]
    with serving(car(damaged)) as liar, serving(broken) as dead, serving(car(ARCHIVE)) as good:
        three = gateways(liar, dead, good, delay=NEVER, scores=scores)
        assert three.fetch_verified(FILE.root, "", LIMITS).data == CONTENT
        read = scores.read(three.urls)
        assert [(read[url].lies, read[url].failures) for url in three.urls] == [(1, 0), (0, 1), (0, 0)]
        assert read[three.urls[2]].seconds > 0
        assert scores.in_order(three.urls) == three.urls[::-1]


def test_one_worker_s_experience_is_known_to_all_of_them(redis_server: RedisServer, settings: Any) -> None:
    settings.NFT_IPFS_GATEWAYS = ["https://one.example", "https://two.example"]
    get_gateways().scores.record_failure("https://one.example")
    assert GatewayScores(caches["default"]).in_order(get_gateways().urls) == get_gateways().urls[::-1]
    caches["default"].clear()


class DeadMemory(LocMemCache):
    def get_many(self, *_: Any, **__: Any) -> Any:
        raise ConnectionError

    add = incr = set = get_many


def test_without_the_cache_files_still_come() -> None:
    scores = GatewayScores(DeadMemory("dead", {}))
    with serving(broken) as dead, serving(car(ARCHIVE)) as good:
        found = gateways(dead, good, delay=NEVER, scores=scores).fetch_verified(FILE.root, "", LIMITS)
    assert found.data == CONTENT
