"""Decide ownership: an outage is never a no, and a malformed answer is never a yes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nft.core.errors import InvalidIdentifier
from nft.core.evm.address import ZERO
from nft.core.evm.token import TokenStandard
from nft.core.tokens.verdict import (
    BalanceIs,
    BlockRef,
    ChainFacts,
    Decision,
    Delegation,
    Garbage,
    NoAnswer,
    OwnerIs,
    OwnershipAnswer,
    Reason,
    Reverted,
    Verdict,
    decide,
)

ALICE, BOB = b"\xa1" * 20, b"\xb0" * 20
BLOCK = BlockRef(100, b"\x01" * 32)
GOOD_721 = ChainFacts(TokenStandard.ERC721, ALICE, 1, 1, BLOCK, OwnerIs(ALICE))
GOOD_1155 = replace(GOOD_721, standard=TokenStandard.ERC1155, answer=BalanceIs(1))

ANSWERS = st.one_of(
    st.builds(OwnerIs, st.sampled_from([ALICE, BOB, ZERO, b""])),
    st.builds(BalanceIs, st.integers(-1, 3)),
    st.just(Reverted()),
    st.just(Garbage()),
    st.just(NoAnswer()),
)
FACTS = st.builds(
    ChainFacts,
    st.sampled_from(TokenStandard),
    st.just(ALICE),
    st.just(1),
    st.sampled_from([None, 1, 2]),
    st.sampled_from([None, BLOCK]),
    ANSWERS,
    st.sampled_from([None, BLOCK.hash, b"\x02" * 32]),
    st.sampled_from([None, True, False]),
    st.none() | ANSWERS,
    st.none() | st.builds(Delegation, st.sampled_from([BOB, ALICE]), ANSWERS, st.sampled_from([True, False, None])),
    st.none() | st.builds(Delegation, st.just(BOB), ANSWERS, st.sampled_from([True, False, None])),
)


BOB_HAS_IT = replace(GOOD_721, answer=OwnerIs(BOB))
BOB_HAS_COPIES = replace(GOOD_1155, answer=BalanceIs(0))


def verdict_of(decision: Decision) -> tuple[Verdict, Reason]:
    return decision.verdict, decision.reason


@pytest.mark.parametrize("facts", [GOOD_721, GOOD_1155, replace(GOOD_1155, answer=BalanceIs(2**256 - 1))])
def test_alice_holds_her_token(facts: ChainFacts) -> None:
    assert verdict_of(decide(facts)) == (Verdict.OWNED, Reason.HELD)
    assert decide(replace(facts, block_hash_after=BLOCK.hash, has_code=True)).verdict is Verdict.OWNED


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (replace(GOOD_721, answer=OwnerIs(BOB)), Reason.HELD_BY_OTHER),
        (replace(GOOD_721, answer=OwnerIs(ZERO)), Reason.BURNED),
        (replace(GOOD_721, answer=Reverted(b"\x7e\x27\x32\x89")), Reason.NO_SUCH_TOKEN),
        (replace(GOOD_721, answer=Garbage(), has_code=False), Reason.NO_CONTRACT),
        (replace(GOOD_1155, answer=BalanceIs(0)), Reason.NONE_HELD),
        (replace(GOOD_1155, answer=Reverted()), Reason.CONTRACT_REFUSED),
    ],
)
def test_a_good_answer_that_says_no_is_a_no(facts: ChainFacts, reason: Reason) -> None:
    assert verdict_of(decide(facts)) == (Verdict.NOT_OWNED, reason)


@pytest.mark.parametrize("answer", [OwnerIs(ALICE), OwnerIs(BOB), OwnerIs(ZERO), Reverted(), Garbage(), NoAnswer()])
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"answered_chain_id": None}, Reason.CHAIN_UNREACHABLE),
        ({"answered_chain_id": 5}, Reason.WRONG_CHAIN),
        ({"block": None}, Reason.NO_BLOCK),
        ({"block_hash_after": b"\x02" * 32}, Reason.BLOCK_REPLACED),
    ],
)
def test_no_answer_counts_from_a_chain_in_doubt(
    answer: OwnershipAnswer, change: dict[str, object], reason: Reason
) -> None:
    facts = replace(GOOD_721, answer=answer, **change)  # type: ignore[arg-type]
    assert verdict_of(decide(facts)) == (Verdict.UNKNOWN, reason)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (replace(GOOD_721, answer=NoAnswer("timeout")), Reason.NO_ANSWER),
        (replace(GOOD_721, answer=Garbage()), Reason.GARBAGE_ANSWER),
        (replace(GOOD_721, answer=OwnerIs(ALICE[:19])), Reason.GARBAGE_ANSWER),
        (replace(GOOD_721, answer=BalanceIs(1)), Reason.GARBAGE_ANSWER),
        (replace(GOOD_1155, answer=OwnerIs(ALICE)), Reason.GARBAGE_ANSWER),
        (replace(GOOD_1155, answer=BalanceIs(-1)), Reason.GARBAGE_ANSWER),
    ],
)
def test_what_makes_no_sense_is_unknown(facts: ChainFacts, reason: Reason) -> None:
    assert verdict_of(decide(facts)) == (Verdict.UNKNOWN, reason)


def test_a_fresh_mint_is_unknown_until_its_block_is_confirmed() -> None:
    minted = replace(GOOD_721, answer=Reverted(), answer_at_head=OwnerIs(ALICE))
    assert verdict_of(decide(minted)) == (Verdict.UNKNOWN, Reason.NOT_YET_CONFIRMED)


def test_a_fresh_contract_is_unknown_until_its_block_is_confirmed() -> None:
    deployed = replace(GOOD_721, answer=Garbage(), has_code=False, answer_at_head=OwnerIs(ALICE))
    assert verdict_of(decide(deployed)) == (Verdict.UNKNOWN, Reason.NOT_YET_CONFIRMED)


def test_the_head_cannot_make_a_picture_owned() -> None:
    for head in (OwnerIs(ALICE), OwnerIs(BOB), NoAnswer()):
        assert decide(replace(GOOD_721, answer=OwnerIs(BOB), answer_at_head=head)).verdict is not Verdict.OWNED


@given(FACTS)
def test_owned_means_the_right_answer_at_a_known_block_of_the_right_chain(facts: ChainFacts) -> None:
    decision = decide(facts)
    assert decision.sentence.endswith(".")
    trusted = facts.answered_chain_id == 1 and facts.block and facts.block_hash_after in (None, BLOCK.hash)
    if decision.verdict is Verdict.OWNED:
        assert trusted
        assert facts.answer in (OwnerIs(ALICE), BalanceIs(1), BalanceIs(2), BalanceIs(3))
    if decision.verdict is Verdict.NOT_OWNED:
        assert trusted
        assert not isinstance(facts.answer, NoAnswer) or facts.has_code is False


def test_nobody_checks_for_the_zero_address() -> None:
    for holder in (ZERO, b"", ALICE + b"\0"):
        with pytest.raises(InvalidIdentifier):
            replace(GOOD_721, holder=holder)


# --- vaults --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("facts", "answer"), [(BOB_HAS_IT, OwnerIs(BOB)), (BOB_HAS_COPIES, BalanceIs(1))])
@pytest.mark.parametrize(
    ("is_given", "verdict"), [(True, Verdict.OWNED), (False, Verdict.NOT_OWNED), (None, Verdict.UNKNOWN)]
)
def test_a_vault_counts_as_far_as_the_registry_says_so(
    facts: ChainFacts, answer: OwnershipAnswer, is_given: bool | None, verdict: Verdict
) -> None:
    decision = decide(replace(facts, delegation=Delegation(BOB, answer, is_given)))
    assert decision.verdict is verdict
    assert (decision.reason is Reason.HELD_BY_DELEGATION) == (is_given is True)


@pytest.mark.parametrize(
    "answer", [OwnerIs(ALICE), OwnerIs(ZERO), BalanceIs(1), Reverted(), Garbage(), NoAnswer()], ids=repr
)
def test_a_vault_without_the_token_gives_nothing(answer: OwnershipAnswer) -> None:
    facts = replace(BOB_HAS_IT, delegation=Delegation(BOB, answer, is_given=True))
    assert decide(facts).verdict is not Verdict.OWNED


def test_a_delegation_at_the_head_is_not_confirmed_yet() -> None:
    there = Delegation(BOB, OwnerIs(BOB), is_given=True)
    facts = replace(
        BOB_HAS_IT, delegation=replace(there, is_given=False), answer_at_head=OwnerIs(BOB), delegation_at_head=there
    )
    assert verdict_of(decide(facts)) == (Verdict.UNKNOWN, Reason.NOT_YET_CONFIRMED)
