"""Ownership checks on a real chain: standard, odd and new contracts, and nodes that fail or lie."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from web3.contract import Contract

from localstack.processes import free_port
from nft.clients.evm.chain import ChainClient
from nft.clients.evm.errors import BLOCK_GONE, ChainUnavailable
from nft.core.evm.address import parse_address
from nft.core.evm.token import Token, TokenStandard
from nft.core.tokens.verdict import Reason, Verdict
from nft.settings.chains import Proofs
from nft.testing.chain import Chain
from nft.testing.fake_node import relaying_node
from nft.testing.genesis import CHAIN_ID
from nft.tokens.facts import Check
from nft.tokens.ownership import check_ownership
from tests.kit.errors import raises_kind
from tests.kit.hostile_server import body, head, serving
from tests.kit.world import deploy_avatar_token, mint


@pytest.fixture
def client(chain: Chain) -> ChainClient:
    return ChainClient(CHAIN_ID, [chain.url], "finalized")


def check(client: ChainClient, contract: Contract | str, token_id: int, *holders: str, **rest: Any) -> Check:
    address = contract if isinstance(contract, str) else contract.address
    token = Token(parse_address(address), token_id)
    return check_ownership(client, token, [parse_address(holder) for holder in holders], **rest)


def test_the_holder_of_a_confirmed_token_owns_it(chain: Chain, client: ChainClient) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[1], "ipfs://x")
    found = check(client, contract, token_id, chain.accounts[5], chain.accounts[1])
    assert found.decision.verdict is Verdict.OWNED
    assert found.holder == parse_address(chain.accounts[1])
    assert found.standard is TokenStandard.ERC721
    assert found.block is not None
    assert found.block.number == chain.head - 2


def test_somebody_else_does_not(chain: Chain, client: ChainClient) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[1], "ipfs://x")
    found = check(client, contract, token_id, chain.accounts[2])
    assert (found.decision.verdict, found.decision.reason) == (Verdict.NOT_OWNED, Reason.HELD_BY_OTHER)
    assert chain.accounts[1] in found.decision.sentence


def test_a_token_nobody_minted_is_not_owned(chain: Chain, client: ChainClient) -> None:
    contract = deploy_avatar_token(chain)
    chain.finalize()
    found = check(client, contract, 77, chain.accounts[1])
    assert (found.decision.verdict, found.decision.reason) == (Verdict.NOT_OWNED, Reason.NO_SUCH_TOKEN)


def test_an_address_without_a_contract_is_not_owned(chain: Chain, client: ChainClient) -> None:
    chain.mine(3)  # of blocks before the last revert the node may hold no state
    found = check(client, chain.accounts[7], 1, chain.accounts[1])
    assert (found.decision.verdict, found.decision.reason) == (Verdict.NOT_OWNED, Reason.NO_CONTRACT)


def test_copies_of_an_erc1155_token_count_for_each_holder(chain: Chain, client: ChainClient) -> None:
    editions = chain.deploy("DemoEditions", "ipfs://x/{id}.json")
    chain.send(editions.functions.mint(chain.accounts[1], 5, 3))
    chain.finalize()
    found = check(client, editions, 5, chain.accounts[2], chain.accounts[1])
    assert (found.decision.verdict, found.standard) == (Verdict.OWNED, TokenStandard.ERC1155)
    assert check(client, editions, 5, chain.accounts[2]).decision.reason is Reason.NONE_HELD


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("OddReverts", Verdict.NOT_OWNED),
        ("OddSilent", Verdict.NOT_OWNED),
        ("OddZeroOwner", Verdict.NOT_OWNED),
        ("OddBurnsGas", Verdict.NOT_OWNED),
        ("OddHugeAnswer", Verdict.UNKNOWN),
        ("OddShortAnswer", Verdict.UNKNOWN),
        ("OddDirtyOwner", Verdict.UNKNOWN),
        ("OddMirror", Verdict.NOT_OWNED),
        ("OddLiar", Verdict.NOT_OWNED),
        ("OddBothStandards", Verdict.NOT_OWNED),
    ],
)
@pytest.mark.parametrize("token_id", [0, 1, 2**256 - 1])
def test_an_odd_contract_never_gives_a_mark(
    chain: Chain, client: ChainClient, name: str, verdict: Verdict, token_id: int
) -> None:
    contract = chain.deploy(name)
    chain.finalize()
    assert check(client, contract, token_id, chain.accounts[0]).decision.verdict is verdict


def test_a_new_token_is_unknown_until_it_is_confirmed(chain: Chain, client: ChainClient) -> None:
    contract = deploy_avatar_token(chain)
    chain.finalize()
    chain.send(contract.functions.mint(chain.accounts[1], "ipfs://x"), sender=chain.accounts[1])
    found = check(client, contract, 1, chain.accounts[1])
    assert (found.decision.verdict, found.decision.reason) == (Verdict.UNKNOWN, Reason.NOT_YET_CONFIRMED)


@pytest.mark.parametrize("holder", [1, 2])
def test_a_contract_younger_than_the_confirmed_block_proves_nothing(
    chain: Chain, client: ChainClient, holder: int
) -> None:
    contract = deploy_avatar_token(chain)
    chain.send(contract.functions.mint(chain.accounts[1], "ipfs://x"), sender=chain.accounts[1])
    assert check(client, contract, 1, chain.accounts[holder]).decision.verdict is Verdict.UNKNOWN


def test_a_node_behind_what_was_seen_confirmed_decides_nothing(chain: Chain, client: ChainClient) -> None:
    contract = deploy_avatar_token(chain)
    chain.finalize()
    found = check(client, contract, 1, chain.accounts[1], known_block=chain.head + 1000)
    assert found.decision.verdict is Verdict.UNKNOWN


def test_no_node_means_unknown(chain: Chain) -> None:
    dead = ChainClient(CHAIN_ID, [f"http://127.0.0.1:{free_port()}"], "finalized")
    found = check(dead, chain.accounts[9], 1, chain.accounts[1])
    assert (found.decision.verdict, found.decision.reason) == (Verdict.UNKNOWN, Reason.CHAIN_UNREACHABLE)


def test_a_node_of_another_chain_means_unknown_and_says_so(chain: Chain) -> None:
    confused = ChainClient(1, [chain.url], "finalized")
    found = check(confused, chain.accounts[9], 1, chain.accounts[1])
    assert (found.decision.verdict, found.decision.reason) == (Verdict.UNKNOWN, Reason.WRONG_CHAIN)


def test_an_unreachable_node_is_skipped(chain: Chain) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[1], "ipfs://x")
    client = ChainClient(CHAIN_ID, [f"http://127.0.0.1:{free_port()}", chain.url], "finalized")
    assert check(client, contract, token_id, chain.accounts[1]).decision.verdict is Verdict.OWNED


RUDE_ANSWERS = [
    b"",
    b"not JSON",
    b"[]",
    b"{}",
    b'{"jsonrpc":"2.0","id":1}',
    b'{"jsonrpc":"2.0","id":1,"result":null}',
    b'{"jsonrpc":"2.0","id":1,"result":"0xzz"}',
    b'{"jsonrpc":"2.0","id":1,"result":{"number":"0x1"}}',
    b'{"jsonrpc":"2.0","id":1,"error":{"code":-32005,"message":"limit exceeded"}}',
    b'{"jsonrpc":"2.0","id":1,"error":"no"}',
    b"[" * 100_000,
]


@pytest.mark.parametrize("answer", RUDE_ANSWERS, ids=range(len(RUDE_ANSWERS)))
def test_a_node_that_answers_nonsense_is_an_outage(answer: bytes) -> None:
    with serving(body(answer, Content_Type="application/json")) as server:
        client = ChainClient(CHAIN_ID, [server.url()], "finalized")
        with pytest.raises(ChainUnavailable):
            client.head()


@pytest.mark.parametrize("status", ["429 Too Many Requests", "502 Bad Gateway"])
def test_a_busy_node_is_an_outage(status: str) -> None:
    with serving(lambda connection, _: connection.sendall(head(status, Content_Length="0"))) as server:
        client = ChainClient(CHAIN_ID, [server.url()], "finalized")
        with pytest.raises(ChainUnavailable):
            client.head()


def test_a_block_that_was_replaced_is_noticed(chain: Chain, client: ChainClient) -> None:
    deploy_avatar_token(chain)
    block = client.head()
    client.check_block(block)
    chain.reorg(1)
    with raises_kind(BLOCK_GONE):
        client.check_block(block)


def test_confirmations_count_from_the_head_and_never_below_the_first_block(chain: Chain) -> None:
    assert ChainClient(CHAIN_ID, [chain.url], 1).confirmed_block().number == chain.head - 1
    assert ChainClient(CHAIN_ID, [chain.url], 10**9).confirmed_block().number == 0


# --- several nodes -----------------------------------------------------------------------------------------------


def lie_about_the_owner(to: str) -> Callable[[dict[str, Any], Any], Any]:
    word = "0x" + to[2:].lower().rjust(64, "0")
    return lambda question, result: word if question["method"] == "eth_call" and len(result) == 66 else result


def test_nodes_that_agree_decide(chain: Chain) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[1], "ipfs://x")
    with relaying_node(chain) as (url, _):
        client = ChainClient(CHAIN_ID, [chain.url, url], "finalized", agree=True)
        assert check(client, contract, token_id, chain.accounts[1]).decision.verdict is Verdict.OWNED
        assert check(client, contract, token_id, chain.accounts[2]).decision.verdict is Verdict.NOT_OWNED


@pytest.mark.parametrize("asked", [1, 2], ids=["the holder", "somebody else"])
def test_one_lying_node_neither_gives_nor_takes_a_mark(
    chain: Chain, asked: int, caplog: pytest.LogCaptureFixture
) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[1], "ipfs://x")
    with relaying_node(chain, change=lie_about_the_owner(chain.accounts[2])) as (url, _):
        client = ChainClient(CHAIN_ID, [chain.url, url], "finalized", agree=True)
        found = check(client, contract, token_id, chain.accounts[asked])
        unproved = ChainClient(CHAIN_ID, [chain.url, url], "finalized", agree=True, proofs=Proofs.OFF)
        doubtful = check(unproved, contract, token_id, chain.accounts[asked])
    assert found.decision.verdict is (Verdict.OWNED if asked == 1 else Verdict.NOT_OWNED), "the other proved its answer"
    assert "do not agree" in found.alarm
    assert (doubtful.decision.verdict, doubtful.decision.reason) == (Verdict.UNKNOWN, Reason.NODES_DISAGREE)
    assert "disagree" in caplog.text
    assert not [account for account in chain.accounts if account[2:].lower() in caplog.text.lower()]


def test_a_node_without_a_confirmed_block_leaves_it_unknown(chain: Chain) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[1], "ipfs://x")
    with relaying_node(
        chain, change=lambda question, result: None if question["params"][:1] == ["finalized"] else result
    ) as (url, _):
        client = ChainClient(CHAIN_ID, [chain.url, url], "finalized", agree=True)
        assert check(client, contract, token_id, chain.accounts[1]).decision.verdict is Verdict.UNKNOWN
