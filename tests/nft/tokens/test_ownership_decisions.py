"""What several holders' and several nodes' answers mean together, without a chain."""

from __future__ import annotations

import pytest

from nft.clients.evm.errors import NODES_BEHIND, STALE_NODE, ChainUnavailable, WrongChain
from nft.core.evm.token import TokenStandard
from nft.core.tokens.verdict import (
    BalanceIs,
    BlockRef,
    Delegation,
    NoAnswer,
    OwnerIs,
    OwnershipAnswer,
    Reason,
    Verdict,
)
from nft.tokens.facts import Check, Reading, agree, decide_outage, decide_ownership

ALICE, BOB, CAROL = (bytes([number]) * 20 for number in (1, 2, 3))
BLOCK = BlockRef(100, b"\x01" * 32)


def check_of(
    *answers: OwnershipAnswer, block: BlockRef = BLOCK, standard: TokenStandard = TokenStandard.ERC1155
) -> Check:
    holders = (ALICE, BOB)[: len(answers)]
    return decide_ownership(1, holders, block, Reading(standard, answers), hash_after=block.hash)


def owned_by(owner: bytes, block: BlockRef = BLOCK) -> Check:
    return check_of(OwnerIs(owner), block=block, standard=TokenStandard.ERC721)


@pytest.mark.parametrize(
    ("answers", "verdict", "holder"),
    [
        ((BalanceIs(0), BalanceIs(2)), Verdict.OWNED, BOB),
        ((BalanceIs(1), NoAnswer()), Verdict.OWNED, ALICE),
        ((BalanceIs(0), NoAnswer()), Verdict.UNKNOWN, None),
        ((BalanceIs(0), BalanceIs(0)), Verdict.NOT_OWNED, None),
    ],
)
def test_one_holder_is_enough_and_an_open_question_is_no_refusal(
    answers: tuple[OwnershipAnswer, ...], verdict: Verdict, holder: bytes | None
) -> None:
    check = check_of(*answers)
    assert (check.decision.verdict, check.holder) == (verdict, holder)


def test_the_vault_of_the_holder_it_delegates_to_is_named() -> None:
    reading = Reading(
        TokenStandard.ERC721,
        (OwnerIs(CAROL), OwnerIs(CAROL)),
        (Delegation(CAROL, OwnerIs(CAROL), is_given=False), Delegation(CAROL, OwnerIs(CAROL), is_given=True)),
    )
    check = decide_ownership(1, (ALICE, BOB), BLOCK, reading, hash_after=BLOCK.hash)
    assert (check.decision.reason, check.holder, check.vault) == (Reason.HELD_BY_DELEGATION, BOB, CAROL)


def test_nodes_that_agree_are_believed() -> None:
    assert agree([owned_by(ALICE), owned_by(ALICE)]).decision.verdict is Verdict.OWNED
    assert agree([owned_by(CAROL), owned_by(CAROL)]).decision.reason is Reason.HELD_BY_OTHER


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (owned_by(CAROL), Reason.NODES_DISAGREE),
        (owned_by(ALICE, BlockRef(100, b"\x02" * 32)), Reason.NODES_DISAGREE),
        (check_of(NoAnswer(), standard=TokenStandard.ERC721), Reason.NO_ANSWER),
        (decide_outage(1, ALICE, ChainUnavailable("It is down.")), Reason.CHAIN_UNREACHABLE),
    ],
)
def test_nodes_that_do_not_agree_leave_it_unknown(second: Check, reason: Reason) -> None:
    for checks in ([owned_by(ALICE), second], [second, owned_by(ALICE)]):
        decision = agree(checks).decision
        assert (decision.verdict, decision.reason) == (Verdict.UNKNOWN, reason)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ChainUnavailable("It is down."), Reason.CHAIN_UNREACHABLE),
        (WrongChain(1, 5), Reason.WRONG_CHAIN),
        (ChainUnavailable("It is stuck.", STALE_NODE), Reason.STALE_BLOCK),
        (ChainUnavailable("It is behind.", NODES_BEHIND), Reason.NO_ANSWER),
    ],
)
def test_an_outage_says_which_one_it_is_and_decides_nothing(error: ChainUnavailable, reason: Reason) -> None:
    decision = decide_outage(1, ALICE, error).decision
    assert (decision.verdict, decision.reason) == (Verdict.UNKNOWN, reason)
