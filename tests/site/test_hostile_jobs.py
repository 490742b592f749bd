"""Whatever servers answer to a job of any kind, its row ends as expected: no answer counts as a crash."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from nft.testing.wallets import chains_at
from profiles.leases import Leased, fresh
from tests.kit.any_job import CHAIN_ID, KINDS, Queue, find_starters, make
from tests.kit.findings import Findings
from tests.kit.hostile_answers import Shape, answering, json_texts, ok, variants, wire_shapes

pytestmark = pytest.mark.django_db
BLOCK = {"number": "0x7", "hash": "0x" + "ab" * 32, "timestamp": "0x1"}
OURS = ("nft", "profiles", "users")


class Hostile:
    """A server that stands for all: nodes, gateways, pinners, indexers. As a node it knows its chain and blocks."""

    def __init__(self) -> None:
        self.sent = b""

    def reply(self, path: str, body: bytes) -> bytes:
        try:
            asked = json.loads(body)
            method = asked["method"]
        except (ValueError, TypeError, KeyError):
            return self.sent
        known = {"eth_chainId": hex(CHAIN_ID), "eth_blockNumber": "0x7", "eth_getBlockByNumber": BLOCK}
        if method not in known:
            return self.sent
        return ok(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": known[method]}).encode())


def shapes() -> Iterator[Shape]:
    yield from wire_shapes(b'{"jsonrpc": "2.0", "id": 1, "result": "0x"}', "application/json")
    yield from (Shape(name, ok(text)) for name, text in json_texts())
    answer = {"jsonrpc": "2.0", "id": 1, "result": [BLOCK], "error": {"code": 3, "message": "reverted", "data": "0x"}}
    yield from (Shape(name, ok(text)) for name, text in variants(answer))
    yield from (
        Shape(f"result {name}", ok(text)) for name, text in variants({"jsonrpc": "2.0", "id": 1, "result": "0x"})
    )


@pytest.fixture
def hostile(settings: Any) -> Iterator[Hostile]:
    server = Hostile()
    with answering(server.reply) as url:
        registry = {"ens_registry": "0x" + "01" * 20, "max_block_age": None}
        settings.NFT_CHAINS = {key: {**chain, **registry} for key, chain in chains_at(url).items()}
        settings.NFT_PINNERS = [{"name": "ours", "kind": "service", "url": url, "token": ""}]
        settings.NFT_IPFS_GATEWAYS = [url]
        settings.NFT_CHAIN_REQUESTS_PER_MINUTE = 100_000
        yield server


@pytest.fixture
def queue(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any, hostile: Hostile, redis_server: object
) -> Queue:
    return Queue(monkeypatch, django_capture_on_commit_callbacks)


def work_against(kind: type[Leased], queue: Queue, hostile: Hostile, tried: list[Shape], log: Any) -> None:
    found = Findings()
    make(kind, **fresh(queue.now))
    hostile.sent = ok(b"{}")
    starters = find_starters(queue)[kind]
    for shape in tried:
        hostile.sent = shape.sent
        kind._base_manager.all().delete()
        make(kind, **fresh(queue.now))
        log.clear()
        for starter in starters:
            found.run(shape.name, queue.run, starter)
        crashed = kind._base_manager.filter(crashes__gt=0)
        if crashed.exists():
            found.add(f"a crash: {crashed[0].last_error}", shape.name)
        alarms = [record.getMessage() for record in log.records if record.exc_info and record.name.startswith(OURS)]
        if alarms:
            found.add(f"an alarm: {alarms[0]}"[:200], shape.name)
    found.check()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind._meta.label_lower)
def test_no_answer_makes_a_job_crash(kind: type[Leased], queue: Queue, hostile: Hostile, caplog: Any) -> None:
    tried = Random(kind._meta.label).sample(list(shapes()), 12)
    work_against(kind, queue, hostile, tried, caplog)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind._meta.label_lower)
def test_no_answer_of_many_makes_a_job_crash(kind: type[Leased], queue: Queue, hostile: Hostile, caplog: Any) -> None:
    work_against(kind, queue, hostile, list(shapes()), caplog)
