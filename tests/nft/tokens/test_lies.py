"""Whatever a node makes up, it neither gives a mark nor takes one. Nodes in memory tell thousands of generated lies."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest
from web3.contract import Contract

from nft.core.evm.address import parse_address
from nft.core.evm.token import Token
from nft.core.tokens.verdict import Reason, Verdict
from nft.tokens.facts import Check
from nft.tokens.ownership import check_ownership
from tests.kit.lying_nodes import HonestAnswers, Lie, MemoryNode, client_of, honestly, random_lie
from tests.kit.world import deploy_avatar_token, mint
from tests.servers.chain import Chain

ALICE, MALLORY = 1, 2
BRIEF, LONG = 500, 10_000


@pytest.fixture
def told(chain: Chain) -> tuple[HonestAnswers, Contract, int]:
    """The answers of a chain on which Alice has one token, and Mallory another."""
    contract = deploy_avatar_token(chain)
    chain.send(contract.functions.mint(chain.accounts[MALLORY], "ipfs://y"), sender=chain.accounts[MALLORY])
    return HonestAnswers(chain), contract, mint(chain, contract, chain.accounts[ALICE], "ipfs://x")


def found_with(honest: HonestAnswers, lie: Lie, contract: Contract, token_id: int, holder: str) -> Check:
    token = Token(parse_address(contract.address), token_id)
    client = client_of(MemoryNode(honest, lie))
    return check_ownership(client, token, [parse_address(holder)], wants_proof=lambda _: True)


def tell_lies(chain: Chain, told: tuple[HonestAnswers, Contract, int], seed: str, count: int) -> Counter[str]:
    """Tell lies about who holds Alice's token. Return how often each reason was given; no verdict may be false."""
    honest, contract, token_id = told
    random, reasons = Random(seed), Counter[str]()
    others = other_answers(chain, honest, contract, token_id)
    for number in range(count):
        is_alice = random.random() < 0.5
        holder, other = [chain.accounts[place] for place in ((ALICE, MALLORY) if is_alice else (MALLORY, ALICE))]
        claimed = other if is_alice else holder
        state = random.getstate()
        lie = random_lie(random, claimed, lambda method: random.choice(others[method]))
        found = found_with(honest, lie, contract, token_id, holder)
        truth = Verdict.OWNED if is_alice else Verdict.NOT_OWNED
        assert found.decision.verdict in {truth, Verdict.UNKNOWN}, (seed, number, hash(state))
        reasons[found.decision.reason] += 1
    return reasons


def other_answers(chain: Chain, honest: HonestAnswers, contract: Contract, token_id: int) -> dict[str, list[Any]]:
    """Return true answers about other blocks, accounts and slots, by method."""
    head, block = chain.head, hex(chain.head - 2)
    addresses = [contract.address, chain.accounts[ALICE], "0x" + "77" * 20]
    slots = ["0x" + f"{number:064x}" for number in range(3)]
    call = {"to": contract.address, "data": "0x6352211e" + f"{token_id - 1:064x}"}
    asked: dict[str, list[list[Any]]] = {
        "eth_getBlockByNumber": [[hex(number), False] for number in range(head - 4, head + 1)],
        "eth_getProof": [[who, slots, at] for who in addresses for at in (block, hex(head), hex(head - 3))],
        "eth_getCode": [[address, block] for address in addresses],
        "eth_createAccessList": [[call, block]],
    }
    return {
        method: [found["result"] for params in lists if "result" in (found := honest.get(method, params))]
        for method, lists in asked.items()
    }


def test_no_generated_lie_gives_or_takes_a_mark(chain: Chain, told: tuple[HonestAnswers, Contract, int]) -> None:
    reasons = tell_lies(chain, told, "brief", BRIEF)
    assert reasons[Reason.NOT_PROVED] > BRIEF // 2
    assert reasons[Reason.HELD] > 0, "some lies are none"


@pytest.mark.long
@pytest.mark.parametrize("part", range(4))
def test_no_one_of_ten_thousand_does(chain: Chain, told: tuple[HonestAnswers, Contract, int], part: int) -> None:
    tell_lies(chain, told, f"long {part}", LONG // 4)


def test_an_honest_node_is_believed(chain: Chain, told: tuple[HonestAnswers, Contract, int]) -> None:
    honest, contract, token_id = told
    for holder, verdict in ((ALICE, Verdict.OWNED), (MALLORY, Verdict.NOT_OWNED)):
        found = found_with(honest, honestly, contract, token_id, chain.accounts[holder])
        assert (found.decision.verdict, found.proof is not None) == (verdict, True)
