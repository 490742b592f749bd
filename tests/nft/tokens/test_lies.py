"""Whatever a node makes up, it neither gives a mark nor takes one. Nodes in memory tell thousands of generated lies.

python -m pytest --long -s tests/nft/tokens/test_lies.py    10,000 lies, and the table of what came of them
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from nft.core.evm.address import parse_address
from nft.core.evm.token import Token
from nft.core.tokens.verdict import Reason, Verdict
from nft.testing.chain import Chain
from nft.tokens.facts import Check
from nft.tokens.ownership import check_ownership
from tests.kit.layouts import Layout, deploy_layouts
from tests.kit.lying_nodes import HonestAnswers, Lie, MemoryNode, client_of, honestly, random_lie, word

ALICE, MALLORY = 1, 2
BRIEF, LONG = 500, 10_000
ONE = "0x" + "0" * 63 + "1"
Row = tuple[str, str]
"""A kind of lie, or the name of a layout, and what came of it."""


@dataclass(frozen=True)
class Told:
    """The answers of a chain on which Alice has a token of each layout, and Mallory none.

    `others`: true answers about other blocks, accounts and slots, by method.
    """

    honest: HonestAnswers
    layouts: dict[str, Layout]
    given_at: int
    others: dict[str, list[Any]]


@pytest.fixture
def told(chain: Chain) -> Told:
    layouts, honest = deploy_layouts(chain), HonestAnswers(chain)
    return Told(honest, layouts, chain.head - 2, other_answers(chain, honest, layouts))


def other_answers(chain: Chain, honest: HonestAnswers, layouts: dict[str, Layout]) -> dict[str, list[Any]]:
    head, block = chain.head, hex(chain.head - 2)
    addresses = [*(layout.address for layout in layouts.values()), chain.accounts[ALICE], "0x" + "77" * 20]
    slots = ["0x" + f"{number:064x}" for number in range(3)]
    call = {"to": layouts["scan"].address, "data": f"0x6352211e{3:064x}"}
    asked: dict[str, list[list[Any]]] = {
        "eth_getBlockByNumber": [[hex(number), False] for number in range(head - 4, head + 1)],
        "eth_getProof": [[who, slots, at] for who in addresses for at in (block, hex(head), hex(head - 3))],
        "eth_getCode": [[address, block] for address in addresses],
        "eth_createAccessList": [[call, block]],
    }
    others = {
        method: [found["result"] for params in lists if "result" in (found := honest.get(method, params))]
        for method, lists in asked.items()
    }
    assert all(others.values())
    return others


def found_with(told: Told, lie: Lie, layout: Layout, holder: str, known_block: int = 0) -> Check:
    token = Token(parse_address(layout.address), layout.token_id)
    client, holders = client_of(MemoryNode(told.honest, lie)), [parse_address(holder)]
    return check_ownership(client, token, holders, known_block=known_block, wants_proof=lambda _: True)


def tell_lies(chain: Chain, told: Told, seed: str, count: int) -> Counter[Row]:
    """Tell lies about who holds Alice's tokens. Return what came of each kind of lie; no verdict may be false.

    A mark that stands knows its block: a node can't take it by an older one, at which nobody had the token yet.
    """
    random, rows = Random(seed), Counter[Row]()
    for number in range(count):
        is_alice, name = random.random() < 0.5, random.choice(list(told.layouts))
        holder, other = [chain.accounts[place] for place in ((ALICE, MALLORY) if is_alice else (MALLORY, ALICE))]
        is_balance = name in {"editions", "names"}
        answer = "0x" + "0" * 64 if is_alice else ONE
        lie = random_lie(
            random,
            answer if is_balance else word(other if is_alice else holder),
            lambda method: random.choice(told.others[method]),
        )
        found = found_with(told, lie.tell, told.layouts[name], holder, told.given_at if number % 2 else 0)
        decision = found.decision
        is_older = found.block is not None and found.block.number < told.given_at
        truth = Verdict.OWNED if is_alice and not is_older else Verdict.NOT_OWNED
        assert decision.verdict in {truth, Verdict.UNKNOWN}, (seed, number, name, lie.kind, lie.changed)
        outcome = "not proved" if decision.reason is Reason.NOT_PROVED else str(decision.verdict)
        rows.update([(lie.kind, outcome), (name, outcome)])
    return rows


def show(rows: Counter[Row]) -> None:
    outcomes = sorted({outcome for _, outcome in rows})
    lines = [["kind of lie, or layout", *outcomes]]
    lines += [[kind, *(str(rows[kind, each]) for each in outcomes)] for kind in sorted({kind for kind, _ in rows})]
    sys.stdout.writelines(f"{''.join(cell.ljust(14) for cell in [name.ljust(46), *cells])}\n" for name, *cells in lines)


def test_no_generated_lie_gives_or_takes_a_mark(chain: Chain, told: Told) -> None:
    rows = tell_lies(chain, told, "brief", BRIEF)
    for name in told.layouts:
        assert rows[name, "not proved"], name
    assert rows["nothing", "owned"] + rows["the answer alone", "owned"] > 0, "some lies are none"
    for name, layout in told.layouts.items():
        for holder, verdict in ((ALICE, Verdict.OWNED), (MALLORY, Verdict.NOT_OWNED)):
            found = found_with(told, honestly, layout, chain.accounts[holder])
            assert (found.decision.verdict, found.proof is not None) == (verdict, True), name


@pytest.mark.long
def test_no_one_of_ten_thousand_does(chain: Chain, told: Told) -> None:
    show(tell_lies(chain, told, "long", LONG))
