"""Nodes that change, are on different branches, or never finish an answer."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest

from nft.clients.evm import node as evm_node
from nft.clients.evm.chain import ChainClient
from nft.clients.evm.errors import BLOCK_GONE, ChainUnavailable, WrongChain
from nft.clients.evm.node import within
from nft.core.evm.address import parse_address
from nft.core.evm.token import Token
from nft.core.tokens.verdict import Reason, Verdict
from nft.testing.chain import Chain
from nft.testing.fake_node import fake_node
from nft.testing.genesis import CHAIN_ID
from nft.tokens.ownership import check_ownership
from tests.kit.errors import raises_kind
from tests.kit.hostile_server import head, serving
from tests.kit.world import deploy_avatar_token, mint

HOLDER = bytes(19) + b"\1"
CONTRACT = bytes(19) + b"\2"
LONG_AGO = 1_500_000_000


def block(number: int, digest: str, timestamp: int = LONG_AGO) -> dict[str, str]:
    return {"number": hex(number), "hash": "0x" + digest * 32, "timestamp": hex(timestamp)}


def test_a_block_is_never_cached() -> None:
    digest = "aa"

    def answer(method: str, params: list[Any]) -> Any:
        return hex(CHAIN_ID) if method == "eth_chainId" else block(7, digest)

    with fake_node(answer) as node:
        client = ChainClient(CHAIN_ID, [node.url], "finalized")
        seen = client.confirmed_block()
        client.check_block(seen)
        digest = "bb"  # a reorg
        with raises_kind(BLOCK_GONE):
            client.check_block(seen)


def test_a_check_sends_no_hidden_requests() -> None:
    with fake_node(lambda method, _: hex(CHAIN_ID) if method == "eth_chainId" else block(7, "aa")) as node:
        client = ChainClient(CHAIN_ID, [node.url], "finalized")
        client.check_block(client.confirmed_block())
        assert node.asked == ["eth_chainId", "eth_getBlockByNumber", "eth_getBlockByNumber"]


def test_a_node_that_becomes_another_chain_is_detected(monkeypatch: pytest.MonkeyPatch) -> None:
    chain_id = CHAIN_ID
    with fake_node(lambda method, _: hex(chain_id) if method == "eth_chainId" else block(7, "aa")) as node:
        client = ChainClient(CHAIN_ID, [node.url], "finalized")
        client.confirmed_block()
        chain_id = 1
        client.confirmed_block()  # accepted for a while
        monkeypatch.setattr(evm_node, "CHAIN_ID_SECONDS", 0.0)
        with pytest.raises(WrongChain):
            client.confirmed_block()


def drip(connection: socket.socket, path: str) -> None:
    connection.sendall(head(Content_Type="application/json", Content_Length="100000"))
    for _ in range(200):
        connection.sendall(b" ")
        time.sleep(0.1)


def drip_headers(connection: socket.socket, path: str) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(200):
        connection.sendall(b"X: y\r\n")
        time.sleep(0.2)


@pytest.mark.parametrize("behavior", [drip, drip_headers])
def test_a_dripping_answer_is_cut_at_the_deadline(monkeypatch: pytest.MonkeyPatch, behavior: Any) -> None:
    monkeypatch.setattr(evm_node, "READ_SECONDS", 1.0)
    with serving(behavior) as server:
        client = ChainClient(CHAIN_ID, [server.url()], "finalized")
        began = time.monotonic()
        with pytest.raises(ChainUnavailable):
            client.confirmed_block()
        assert time.monotonic() - began < 3


def test_a_time_limit_is_shared_between_nodes_and_ends_with_its_block(chain: Chain) -> None:
    with serving(drip) as slow:
        stuck = ChainClient(CHAIN_ID, [slow.url(), slow.url()], "finalized")
        began = time.monotonic()
        with within(0.5):
            for _ in range(3):
                with pytest.raises(ChainUnavailable):
                    stuck.confirmed_block()
        assert time.monotonic() - began < 4  # seconds; a single answer would take 20
        with within(8):
            assert ChainClient(CHAIN_ID, [slow.url(), chain.url], "finalized").confirmed_block().number > 0
    assert ChainClient(CHAIN_ID, [chain.url], "finalized").confirmed_block().number > 0


def a_node_at(digest: str, owner: bytes | Exception) -> Any:
    """Return a node of a chain whose confirmed block 7 has this hash, and where `owner` owns every token."""

    def answer(method: str, params: list[Any]) -> Any:
        if method == "eth_call":
            return owner if isinstance(owner, Exception) else "0x" + owner.rjust(32, b"\0").hex()
        return {"eth_chainId": hex(CHAIN_ID), "eth_getCode": "0x60"}.get(method) or block(7, digest)

    return fake_node(answer)


def test_the_block_of_one_node_is_never_recorded_with_the_answer_of_another() -> None:
    busy = RuntimeError("request rate limited")
    with a_node_at("aa", busy) as canonical, a_node_at("bb", HOLDER) as forked:
        client = ChainClient(CHAIN_ID, [canonical.url, forked.url], "finalized")
        found = check_ownership(client, Token(CONTRACT, 1), [HOLDER])
    assert found.decision.verdict is Verdict.OWNED
    assert found.block is not None
    assert found.block.hash.hex() == "bb" * 32


def test_a_check_falls_back_to_the_next_node_whatever_the_first_fails_at(chain: Chain) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[1], "ipfs://x")
    with a_node_at("cc", RuntimeError("request rate limited")) as node:
        client = ChainClient(CHAIN_ID, [node.url, chain.url], "finalized")
        token = Token(parse_address(contract.address), token_id)
        found = check_ownership(client, token, [parse_address(chain.accounts[1])])
    assert found.decision.verdict is Verdict.OWNED


def test_a_node_that_is_behind_a_known_block_is_skipped(chain: Chain) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[1], "ipfs://x")
    confirmed = chain.mine(10) - 2
    with a_node_at("cc", HOLDER) as behind:
        client = ChainClient(CHAIN_ID, [behind.url, chain.url], "finalized")
        token = Token(parse_address(contract.address), token_id)
        found = check_ownership(client, token, [parse_address(chain.accounts[1])], known_block=confirmed)
    assert found.decision.verdict is Verdict.OWNED


def test_nodes_that_are_all_down_decide_nothing() -> None:
    client = ChainClient(CHAIN_ID, ["http://127.0.0.1:9", "http://127.0.0.1:9"], "finalized")
    found = check_ownership(client, Token(CONTRACT, 1), [HOLDER])
    assert (found.decision.verdict, found.decision.reason) == (Verdict.UNKNOWN, Reason.CHAIN_UNREACHABLE)


def test_a_stuck_node_decides_nothing_and_raises_an_alarm(chain: Chain, caplog: pytest.LogCaptureFixture) -> None:
    contract = deploy_avatar_token(chain)
    token = Token(parse_address(contract.address), mint(chain, contract, chain.accounts[1], "ipfs://x"))
    holder = parse_address(chain.accounts[1])
    late = ChainClient(CHAIN_ID, [chain.url], "finalized", max_block_age=3600, clock=lambda: time.time() + 7200)
    found = check_ownership(late, token, [holder])
    assert (found.decision.verdict, found.decision.reason) == (Verdict.UNKNOWN, Reason.STALE_BLOCK)
    assert "may be stuck" in caplog.text
    fresh = ChainClient(CHAIN_ID, [chain.url], "finalized", max_block_age=3600)
    assert check_ownership(fresh, token, [holder]).decision.verdict is Verdict.OWNED


def test_a_node_whose_blocks_are_of_the_future_decides_nothing(chain: Chain, caplog: pytest.LogCaptureFixture) -> None:
    contract = deploy_avatar_token(chain)
    token = Token(parse_address(contract.address), mint(chain, contract, chain.accounts[1], "ipfs://x"))
    early = ChainClient(CHAIN_ID, [chain.url], "finalized", max_block_age=3600, clock=lambda: time.time() - 7200)
    found = check_ownership(early, token, [parse_address(chain.accounts[1])])
    assert (found.decision.verdict, found.decision.reason) == (Verdict.UNKNOWN, Reason.STALE_BLOCK)
    assert "ahead of our clock" in caplog.text


def test_the_next_node_is_the_fallback_for_a_stuck_one(chain: Chain) -> None:
    contract = deploy_avatar_token(chain)
    token = Token(parse_address(contract.address), mint(chain, contract, chain.accounts[1], "ipfs://x"))
    with a_node_at("cc", HOLDER) as stuck:
        client = ChainClient(CHAIN_ID, [stuck.url, chain.url], "finalized", max_block_age=3600)
        found = check_ownership(client, token, [parse_address(chain.accounts[1])])
    assert found.decision.verdict is Verdict.OWNED
