"""Many tokens checked together get the verdicts each would get alone, whatever contracts and nodes do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from web3.contract import Contract

from localstack.processes import free_port
from nft.clients.evm.chain import ChainClient
from nft.clients.evm.errors import ChainUnavailable
from nft.core.evm.address import parse_address
from nft.core.evm.token import Token, TokenStandard
from nft.core.tokens.verdict import Reason, Verdict
from nft.testing.chain import Chain
from nft.testing.fake_node import relaying_node
from nft.testing.genesis import CHAIN_ID
from nft.tokens.facts import Question
from nft.tokens.ownership import BatchCheck, check_many, check_ownership
from tests.kit.world import deploy_avatar_token, put_multicall

ODD = (
    "OddReverts",
    "OddSilent",
    "OddZeroOwner",
    "OddBurnsGas",
    "OddHugeAnswer",
    "OddShortAnswer",
    "OddDirtyOwner",
    "OddMirror",
    "OddLiar",
    "OddBothStandards",
)
COUNT = 40


@pytest.fixture(params=["multicall", "json-rpc"])
def client(chain: Chain, request: pytest.FixtureRequest) -> ChainClient:
    if request.param == "multicall":
        put_multicall(chain)
    return ChainClient(CHAIN_ID, [chain.url], "finalized")


@pytest.fixture
def contract(chain: Chain) -> Contract:
    """With COUNT tokens: the odd ones of account 1, the even ones of account 2."""
    contract = deploy_avatar_token(chain)
    chain.rpc("evm_setAutomine", False)
    for number in range(COUNT):
        data = contract.encode_abi("mint", [chain.accounts[1 + number % 2], "ipfs://x"])
        sent = {"from": chain.accounts[0], "to": contract.address, "data": data, "gas": hex(300_000)}
        chain.rpc("eth_sendTransaction", sent)
    chain.mine()
    chain.rpc("evm_setAutomine", True)
    chain.finalize()
    return contract


def question(contract: Contract | str, token_id: int, *holders: str, standard: str = "erc721") -> Question:
    address = contract if isinstance(contract, str) else contract.address
    token = Token(parse_address(address), token_id, TokenStandard(standard))
    return Question(token, tuple(parse_address(holder) for holder in holders))


def all_of(chain: Chain, contract: Contract) -> list[Question]:
    return [question(contract, number, chain.accounts[1]) for number in range(1, COUNT + 1)]


def verdicts(batch: BatchCheck) -> Sequence[Verdict | None]:
    return [None if check is None else check.decision.verdict for check in batch.checks]


HALF: list[Verdict | None] = [Verdict.OWNED, Verdict.NOT_OWNED] * (COUNT // 2)


def test_each_token_gets_the_verdict_it_would_get_alone(chain: Chain, client: ChainClient, contract: Contract) -> None:
    editions = chain.deploy("DemoEditions", "ipfs://x")
    chain.send(editions.functions.mint(chain.accounts[3], 5, 2))
    chain.finalize()
    both = (chain.accounts[2], chain.accounts[3])
    asked = [
        *all_of(chain, contract)[:4],
        question(contract, 2, *both),
        question(contract, 999, *both),
        question(editions, 5, *both, standard="erc1155"),
        question(editions, 6, *both, standard="erc1155"),
        question(chain.accounts[9], 1, *both),
    ]
    found = check_many(client, asked)
    alone = [check_ownership(client, one.token, one.holders, look_at_head=False) for one in asked]
    clear = [check.decision.reason not in {Reason.NO_SUCH_TOKEN, Reason.NO_CONTRACT} for check in alone]
    assert found.checks == [check if is_clear else None for check, is_clear in zip(alone, clear, strict=True)]
    assert clear.count(False) == 2


@pytest.mark.parametrize("name", ODD)
def test_an_odd_contract_affects_only_its_own_answer(
    chain: Chain, client: ChainClient, contract: Contract, name: str
) -> None:
    odd = chain.deploy(name)
    chain.finalize()
    asked = all_of(chain, contract)
    asked.insert(COUNT // 3, question(odd, 1, chain.accounts[1]))
    found = check_many(client, asked)
    answer = found.checks.pop(COUNT // 3)
    assert verdicts(found) == HALF
    assert answer is None or answer.decision.verdict is Verdict.NOT_OWNED
    assert found.alone <= {COUNT // 3}


def test_calls_that_burn_gas_or_answer_without_end_are_singled_out(chain: Chain, contract: Contract) -> None:
    put_multicall(chain)
    odd = [chain.deploy(name) for name in ("OddBurnsGas", "OddHugeAnswer")]
    chain.finalize()
    asked = [*all_of(chain, contract), *(question(one, 1, chain.accounts[1]) for one in odd)]
    found = check_many(ChainClient(CHAIN_ID, [chain.url], "finalized"), asked)
    assert (verdicts(found)[:COUNT], found.alone) == (HALF, frozenset({COUNT, COUNT + 1}))


def test_a_whole_page_costs_few_requests(chain: Chain, contract: Contract) -> None:
    put_multicall(chain)
    with relaying_node(chain) as (url, seen):
        client = ChainClient(CHAIN_ID, [url], "finalized")
        assert verdicts(check_many(client, all_of(chain, contract))) == HALF
        seen.clear()
        check_many(client, all_of(chain, contract))
    methods = [asked["method"] for asked in seen]
    assert methods == ["eth_getBlockByNumber", "eth_call", "eth_getBlockByNumber"]


def test_a_node_that_takes_only_small_batches_gets_small_ones(chain: Chain, contract: Contract) -> None:
    too_many = lambda asked: isinstance(asked, list) and len(asked) > 20  # noqa: E731
    with relaying_node(chain, refuse=too_many) as (url, seen):
        client = ChainClient(CHAIN_ID, [url], "finalized")
        assert verdicts(check_many(client, all_of(chain, contract))) == HALF
        seen.clear()
        assert verdicts(check_many(client, all_of(chain, contract))) == HALF
    assert [len(asked) for asked in seen if isinstance(asked, list)] == [20, 20]


def test_no_node_is_an_outage_and_never_a_no(chain: Chain, contract: Contract) -> None:
    dead = ChainClient(CHAIN_ID, [f"http://127.0.0.1:{free_port()}"], "finalized")
    with pytest.raises(ChainUnavailable):
        check_many(dead, all_of(chain, contract))


def test_a_block_replaced_during_the_reading_decides_nothing(chain: Chain, contract: Contract) -> None:
    put_multicall(chain)
    chain.send(contract.functions.setApprovalForAll(chain.accounts[5], True))  # or the new block equals the old one
    replaced: list[Any] = []

    def reorg_after_the_call(asked: Any) -> bool:
        if isinstance(asked, dict) and asked["method"] == "eth_call" and not replaced:
            replaced.append(asked)
            chain.reorg(1)
        return False

    with relaying_node(chain, refuse=reorg_after_the_call) as (url, _):
        with pytest.raises(ChainUnavailable, match="no longer part"):
            check_many(ChainClient(CHAIN_ID, [url], 0), all_of(chain, contract))
        assert verdicts(check_many(ChainClient(CHAIN_ID, [url], 0), all_of(chain, contract))) == HALF


def test_nodes_that_must_agree_decide_only_what_they_agree_on(chain: Chain, contract: Contract) -> None:
    put_multicall(chain)
    moved = contract.functions.transferFrom(chain.accounts[1], chain.accounts[2], 1)
    chain.send(moved, sender=chain.accounts[1])
    chain.finalize()
    stale = chain.head - 3

    def of_the_past(asked: Any) -> bool:
        if isinstance(asked, dict) and asked["method"] == "eth_call":
            asked["params"][1] = hex(stale)
        return False

    with relaying_node(chain, refuse=of_the_past) as (url, _):
        both = ChainClient(CHAIN_ID, [chain.url, url], "finalized", agree=True)
        found = verdicts(check_many(both, all_of(chain, contract)))
    assert found == [None, *HALF[1:]]


def test_new_claims_of_unknown_standards_get_the_verdicts_each_would_get_alone(
    client: ChainClient, chain: Chain, contract: Contract
) -> None:
    editions = chain.deploy("DemoEditions", "ipfs://x")
    chain.send(editions.functions.mint(chain.accounts[1], 1, 1))
    chain.finalize()
    young = chain.send(contract.functions.mint(chain.accounts[1], "ipfs://x"), sender=chain.accounts[1])
    assert young["status"] == 1  # in a block that is not final
    contracts = [contract.address] * 3 + [editions.address, str(chain.accounts[5])]
    holder = parse_address(chain.accounts[1])
    tokens = [
        Token(parse_address(address), token_id)
        for address, token_id in zip(contracts, (1, 2, COUNT + 1, 1, 1), strict=True)
    ]
    batch = check_many(client, [Question(token, (holder,), is_new=True) for token in tokens])
    alone = [check_ownership(client, token, [holder]) for token in tokens]
    for check, single in zip(batch.checks, alone, strict=True):
        assert check is None or check == single
    assert [check is None for check in batch.checks[:2]] == [False, False]
