"""Whatever a chain's node answers is that node's failure: the next one is asked, and nothing unexpected is raised."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from nft.clients.evm.batch_calls import call_many
from nft.clients.evm.chain import HEAD, ChainClient
from nft.clients.evm.errors import ChainError, ChainUnavailable
from nft.clients.evm.fees import fetch_cost, fetch_fees, fetch_nonce
from nft.core.evm.abi.multicall import Call
from nft.core.evm.abi.transfer_events import TRANSFER_TOPICS
from nft.core.tokens.verdict import BlockRef
from nft.tokens.transactions import estimate_gas
from tests.kit.hostile_answers import VALUES, Shape, answering, json_texts, ok, variants, wire_shapes
from tests.servers.chain import CHAIN_ID

ADDRESS, WORD, HASH = bytes(19) + b"\7", "0x" + f"{7:064x}", "0x" + "ab" * 32
TOPICS = [TRANSFER_TOPICS[0], WORD, WORD, WORD]
LOG = {"address": "0x" + ADDRESS.hex(), "topics": TOPICS, "data": "0x", "blockNumber": "0x7", "blockHash": HASH}
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
    "block number": ("eth_blockNumber", lambda client: _behind(client).confirmed_block()),
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
    "fees": ("eth_getBlockByNumber", lambda client: fetch_fees(client)),
    "tip": ("eth_maxPriorityFeePerGas", lambda client: fetch_fees(client)),
    "chain id": ("eth_chainId", lambda client: client.head()),
}


def _behind(client: ChainClient) -> ChainClient:
    client._confirmed = 2
    return client


def enveloped(result: bytes) -> bytes:
    return b'{"jsonrpc": "2.0", "id": 1, "result": ' + result + b"}"


def shapes_of(method: str) -> Iterator[Shape]:
    whole = json.dumps({"jsonrpc": "2.0", "id": 1, "result": RESULTS[method]}).encode()
    yield from wire_shapes(whole, "application/json")
    yield from (Shape(name, ok(text)) for name, text in json_texts())
    yield from (Shape(f"result {name}", ok(enveloped(text))) for name, text in variants(RESULTS[method]))
    error = {"error": {"code": -32000, "message": "execution reverted", "data": "0x"}}
    yield from (Shape(f"error {name}", ok(text)) for name, text in variants(error))


class Hostile:
    """A node that knows its chain, and answers every other method with `shape`."""

    def __init__(self) -> None:
        self.shape, self.method = b"", ""

    def reply(self, path: str, body: bytes) -> bytes:
        asked = json.loads(body)
        if isinstance(asked, list) or asked["method"] == self.method:
            return self.shape
        return honest(path, body)


def honest(path: str, body: bytes) -> bytes:
    asked = json.loads(body)
    several = asked if isinstance(asked, list) else [asked]
    answers = [{"jsonrpc": "2.0", "id": one["id"], "result": RESULTS[one["method"]]} for one in several]
    return ok(json.dumps(answers if isinstance(asked, list) else answers[0]).encode())


def run(use: Use, client: ChainClient) -> object:
    try:
        return use(client)
    except Exception as error:
        if isinstance(error, ExpectedError):
            return error
        raise


from profiles.errors import ExpectedError  # noqa: E402


class Findings:
    def __init__(self) -> None:
        self.asked = 0
        self.unexpected: Counter[str] = Counter()
        self.examples: dict[str, str] = {}
        self.not_passed_on: Counter[str] = Counter()

    def note(self, error: Exception, where: str) -> None:
        trace = error.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        place = f"{type(error).__name__} at {trace.tb_frame.f_code.co_filename.split('site-packages/')[-1].split('strangers/')[-1]}:{trace.tb_lineno}" if trace else ""
        self.unexpected[place] += 1
        self.examples.setdefault(place, f"{where}: {str(error)[:80]}")


@pytest.mark.parametrize("name", USES)
def test_probe(name: str) -> None:
    import os
    method, use = USES[name]
    found = Findings()
    node = Hostile()
    node.method = method
    share = float(os.environ.get("SHARE", "0.2"))
    random = Random(1)
    with answering(node.reply) as bad, answering(honest) as good:
        right = run(use, ChainClient(CHAIN_ID, [good], "finalized", max_block_age=3600.0))
        for shape in shapes_of(method):
            if random.random() > share:
                continue
            node.shape = shape.sent
            found.asked += 1
            try:
                alone = run(use, ChainClient(CHAIN_ID, [bad], "finalized", max_block_age=3600.0))
                both = run(use, ChainClient(CHAIN_ID, [bad, good], "finalized", max_block_age=3600.0))
            except Exception as error:
                found.note(error, f"{name}: {shape.name}")
                continue
            if isinstance(alone, ChainUnavailable) and both != right:
                found.not_passed_on[f"{name}: {both!r}"[:100]] += 1
                found.examples.setdefault("P" + name, shape.name)
    with open("/tmp/strangers/out.txt", "a") as file:
        print(name, found.asked, dict(found.unexpected), dict(found.not_passed_on), found.examples, file=file)
