"""Whatever a chain's node answers is that node's failure: the next one is asked, and nothing unexpected is raised."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from websockets.sync.server import ServerConnection
from websockets.sync.server import serve as ws_serve

from nft.clients.evm.batch_calls import call_many
from nft.clients.evm.chain import HEAD, ChainClient
from nft.clients.evm.errors import CallFailed, ChainUnavailable
from nft.clients.evm.fees import fetch_cost, fetch_fees, fetch_nonce
from nft.clients.evm.heads import subscribe_new_heads
from nft.core.evm.abi.multicall import Call
from nft.core.evm.abi.transfer_events import TRANSFER_TOPICS
from nft.core.tokens.verdict import BlockRef
from nft.testing.genesis import CHAIN_ID
from nft.tokens.transactions import estimate_gas
from tests.kit.findings import Findings
from tests.kit.hostile_answers import Shape, answering, json_texts, ok, variants, wire_shapes

ADDRESS, WORD, HASH = bytes(19) + b"\7", "0x" + f"{7:064x}", "0x" + "ab" * 32
TOPICS = [TRANSFER_TOPICS[0], WORD, WORD, WORD]
LOG: dict[str, Any] = {
    "address": "0x" + ADDRESS.hex(),
    "topics": TOPICS,
    "data": "0x",
    "blockNumber": "0x7",
    "blockHash": HASH,
}
LOG |= {"transactionHash": HASH, "logIndex": "0x0", "removed": False}
BLOCK = {"number": "0x7", "hash": HASH, "timestamp": hex(int(time.time())), "baseFeePerGas": "0x9"}
RESULTS: dict[str, Any] = {
    "eth_chainId": hex(CHAIN_ID),
    "eth_blockNumber": "0x7",
    "eth_getBlockByNumber": BLOCK,
    "eth_call": WORD,
    "eth_getCode": "0x",
    "eth_getTransactionReceipt": {
        "blockNumber": "0x7",
        "blockHash": HASH,
        "status": "0x1",
        "logs": [LOG],
        "gasUsed": "0x5208",
        "effectiveGasPrice": "0x9",
    },
    "eth_getTransactionByHash": {"from": "0x" + "01" * 20, "to": None, "input": "0x", "blockNumber": "0x7"},
    "eth_estimateGas": "0x5208",
    "eth_getLogs": [LOG],
    "eth_sendRawTransaction": HASH,
    "eth_getTransactionCount": "0x3",
    "eth_maxPriorityFeePerGas": "0x2",
}
Use = Callable[[ChainClient], object]
CALLS = [Call(ADDRESS, bytes([number])) for number in range(3)]
USES: dict[str, tuple[str, Use]] = {
    "head": ("eth_getBlockByNumber", lambda client: client.head()),
    "confirmed block": ("eth_getBlockByNumber", lambda client: client.confirmed_block()),
    "block": ("eth_getBlockByNumber", lambda client: client.has_block(BlockRef(7, bytes.fromhex("ab" * 32)))),
    "call": ("eth_call", lambda client: client.call(ADDRESS, b"", HEAD)),
    "code": ("eth_getCode", lambda client: client.code_at(ADDRESS, HEAD)),
    "receipt": ("eth_getTransactionReceipt", lambda client: client.receipt(HASH)),
    "cost": ("eth_getTransactionReceipt", lambda client: fetch_cost(client, HASH)),
    "transaction": ("eth_getTransactionByHash", lambda client: client.transaction(HASH)),
    "gas": ("eth_estimateGas", lambda client: estimate_gas(client, ADDRESS, ADDRESS, b"")),
    "logs": ("eth_getLogs", lambda client: client.logs([ADDRESS], TRANSFER_TOPICS, 1, 7)),
    "sending": ("eth_sendRawTransaction", lambda client: client.send_raw(b"\1")),
    "nonce": ("eth_getTransactionCount", lambda client: fetch_nonce(client, ADDRESS)),
    "fees": ("eth_getBlockByNumber", fetch_fees),
    "tip": ("eth_maxPriorityFeePerGas", fetch_fees),
    "chain id": ("eth_chainId", lambda client: client.head()),
}


def enveloped(result: bytes) -> bytes:
    return b'{"jsonrpc": "2.0", "id": 1, "result": ' + result + b"}"


def shapes_of(method: str) -> Iterator[Shape]:
    whole = json.dumps({"jsonrpc": "2.0", "id": 1, "result": RESULTS[method]}).encode()
    yield from wire_shapes(whole, "application/json")
    yield from (Shape(name, ok(text)) for name, text in json_texts())
    yield from (Shape(f"result {name}", ok(enveloped(text))) for name, text in variants(RESULTS[method]))
    error = {"error": {"code": -32000, "message": "execution reverted", "data": "0x"}}
    yield from (Shape(f"error {name}", ok(text)) for name, text in variants(error))


def batch_shapes() -> Iterator[Shape]:
    """Yield answers to a JSON-RPC batch of three calls: members that are none, and ids that are wrong."""
    whole = [{"jsonrpc": "2.0", "id": number, "result": WORD} for number in range(3)]
    yield from wire_shapes(json.dumps(whole).encode(), "application/json")
    yield from (Shape(name, ok(text)) for name, text in [*json_texts(), *variants(whole)])
    for name, members in {"twice": whole * 2, "fewer": whole[:2], "another order": whole[::-1]}.items():
        yield Shape(f"batch {name}", ok(json.dumps(members).encode()))


class Hostile:
    """A node that answers `method`, and every batch, with `sent`, and everything else as it should."""

    def __init__(self, method: str) -> None:
        self.sent, self.method = b"", method

    def reply(self, path: str, body: bytes) -> bytes:
        asked = json.loads(body)
        is_wrong = isinstance(asked, list) or asked["method"] == self.method
        return self.sent if is_wrong else honest(path, body)


def honest(path: str, body: bytes) -> bytes:
    asked = json.loads(body)
    several = asked if isinstance(asked, list) else [asked]
    answers = [{"jsonrpc": "2.0", "id": one["id"], "result": RESULTS[one["method"]]} for one in several]
    return ok(json.dumps(answers if isinstance(asked, list) else answers[0]).encode())


def client(*urls: str) -> ChainClient:
    return ChainClient(CHAIN_ID, urls, "finalized", max_block_age=3600.0)


def use_all(name: str, shapes: Iterator[Shape], share: float) -> None:
    """Check that a failing node leads to the next, and that nothing unexpected is raised."""
    method, use = USES[name]
    found, random, node = Findings(), Random(20261129), Hostile(method)
    with answering(node.reply) as bad, answering(honest) as good:
        right = use(client(good))
        for shape in shapes:
            if random.random() > share:
                continue
            node.sent = shape.sent
            alone = found.run(shape.name, use, client(bad))
            together = found.run(shape.name, use, client(bad, good))
            if isinstance(alone, ChainUnavailable) and together != right:
                found.add(f"the next node does not count: {together!r}"[:90], shape.name)
    assert found.tried, "no shape was tried"
    found.check()


@pytest.mark.parametrize("name", USES)
def test_whatever_a_node_answers_is_its_own_failure(name: str) -> None:
    use_all(name, shapes_of(USES[name][0]), 0.12)


@pytest.mark.long
@pytest.mark.parametrize("name", USES)
def test_whatever_else_a_node_answers_is_its_own_failure(name: str) -> None:
    use_all(name, shapes_of(USES[name][0]), 1)


def read_batch(reader: ChainClient) -> object:
    """Return what a batch of calls without Multicall3 finds, or each error that stands in an answer's place."""
    view = reader.single_node_clients()[0]
    return [answer if isinstance(answer, bytes) else type(answer) for answer in call_many(view, CALLS, HEAD).answers]


def test_whatever_a_node_answers_to_a_batch_the_calls_are_made_one_by_one() -> None:
    """Here the answers to single calls are right."""
    found, random, node = Findings(), Random(20261129), Hostile("")
    with answering(node.reply) as bad:
        for shape in batch_shapes():
            if random.random() > 0.3:
                continue
            node.sent = shape.sent
            answers = found.run(shape.name, read_batch, client(bad))
            if not isinstance(answers, list) or any(answer is ChainUnavailable for answer in answers):
                found.add(f"a batch that was not asked again: {answers!r}"[:90], shape.name)
    found.check()


def test_a_node_that_failed_is_asked_after_the_others() -> None:
    asked: list[str] = []

    def broken(path: str, body: bytes) -> bytes:
        asked.append("broken")
        return b""

    with answering(broken) as bad, answering(honest) as good:
        both = client(bad, good)
        for _ in range(3):
            assert both.head().number == 7
        assert asked == ["broken"]
        view, _ = both.first_working_view()
        assert view.code_at(ADDRESS, HEAD) == b""
        assert asked == ["broken"]


def test_what_a_contract_makes_a_node_say_is_no_failure_of_the_node() -> None:
    """Nodes quote a contract's reason in their message, whatever it holds."""
    error = {"code": 3, "message": "execution reverted: \0\ud800\u202e", "data": "0x01"}
    node = Hostile("eth_call")
    node.sent = ok(json.dumps({"jsonrpc": "2.0", "id": 1, "error": error}).encode())
    with answering(node.reply) as url, pytest.raises(CallFailed) as failed:
        client(url).call(ADDRESS, b"", HEAD)
    assert failed.value.data == b"\1"


SAID = [
    b"",
    b"null",
    b"[]",
    b"{",
    b"\xff",
    b"[" * 100_000,
    b'{"error": {}}',
    b'{"error": "\\ud800"}',
    b"1e999",
    b"9" * 5000,
]


@pytest.mark.parametrize("said", SAID, ids=ascii)
def test_whatever_a_websocket_says_ends_as_an_outage(said: bytes) -> None:
    def speak(connection: ServerConnection) -> None:
        connection.send(said, text=False)
        connection.send(said, text=False)

    with ws_serve(speak, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(ChainUnavailable):
            list(subscribe_new_heads(f"ws://127.0.0.1:{server.socket.getsockname()[1]}"))
        server.shutdown()


def test_whatever_stands_for_a_websocket_ends_as_an_outage() -> None:
    found, sent = Findings(), b""
    with answering(lambda path, body: sent) as url:
        for shape in wire_shapes(b"{}", "application/json"):
            sent = shape.sent
            answer = found.run(shape.name, lambda: list(subscribe_new_heads(url.replace("http", "ws"))))
            assert isinstance(answer, ChainUnavailable) or found.found, shape.name
    found.check()
