"""From what a chain answered to a verdict: the same for one token and for a thousand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nft.clients.evm.errors import ANSWER_TOO_LARGE, CallFailed, ChainError, ChainUnavailable
from nft.core.evm.abi.token_calls import parse_balance_of, parse_owner_of
from nft.core.evm.errors import BadAnswer
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

DISAGREE = Decision(Verdict.UNKNOWN, Reason.NODES_DISAGREE, "The chain's nodes do not agree with each other.")
_RANK = {Verdict.OWNED: 0, Verdict.UNKNOWN: 1, Verdict.NOT_OWNED: 2}


@dataclass(frozen=True)
class Check:
    """The outcome for several accounts together: OWNED where one of them holds the token (`holder`), or may act for a
    `vault` that does."""

    decision: Decision
    block: BlockRef | None = None
    standard: TokenStandard | None = None
    holder: bytes | None = None
    vault: bytes | None = None


@dataclass(frozen=True)
class Reading:
    """What one look at a token gave: for each account an answer, by the standard the contract answers to, and the
    vault that may hold the token for it."""

    standard: TokenStandard
    answers: tuple[OwnershipAnswer, ...]
    delegations: tuple[Delegation | None, ...] = ()

    @property
    def is_answer(self) -> bool:
        return any(isinstance(answer, OwnerIs | BalanceIs) for answer in self.answers)

    def of_vaults(self) -> tuple[Delegation | None, ...]:
        return self.delegations or (None,) * len(self.answers)


def answer_of(standard: TokenStandard, found: bytes | ChainError) -> OwnershipAnswer:
    """What `ownerOf` or `balanceOf` said."""
    match found:
        case CallFailed() if not found.is_a(ANSWER_TOO_LARGE):
            return Reverted(found.data)
        case ChainUnavailable():
            return NoAnswer(str(found))
        case ChainError():
            return Garbage(str(found))
    try:
        return (
            OwnerIs(parse_owner_of(found)) if standard is TokenStandard.ERC721 else BalanceIs(parse_balance_of(found))
        )
    except BadAnswer as error:
        return Garbage(str(error))


def facts_of(
    chain_id: int,
    holders: Sequence[bytes],
    block: BlockRef,
    reading: Reading,
    *,
    hash_after: bytes,
    has_code: bool | None = None,
) -> list[ChainFacts]:
    """One for each holder. `hash_after` is the hash that the block's number has after the reading."""
    return [
        ChainFacts(
            standard=reading.standard,
            holder=holder,
            expected_chain_id=chain_id,
            answered_chain_id=chain_id,  # the client refuses to read from any other
            block=block,
            answer=answer,
            block_hash_after=hash_after,
            has_code=has_code,
            delegation=delegation,
        )
        for holder, answer, delegation in zip(holders, reading.answers, reading.of_vaults(), strict=True)
    ]


def with_head(facts: Sequence[ChainFacts], head: Reading) -> list[ChainFacts]:
    """The same, and what the newest block says."""
    seen = zip(facts, head.answers, head.of_vaults(), strict=True)
    return [replace(fact, answer_at_head=answer, delegation_at_head=vault) for fact, answer, vault in seen]


def judge(facts: Sequence[ChainFacts], standard: TokenStandard) -> Check:
    """OWNED if any account holds it; else UNKNOWN if that is open for any; else NOT_OWNED."""
    decisions = [decide(fact) for fact in facts]
    index = min(range(len(decisions)), key=lambda position: _RANK[decisions[position].verdict])
    best, fact = decisions[index], facts[index]
    holder = fact.holder if best.verdict is Verdict.OWNED else None
    delegation = fact.delegation if best.reason is Reason.HELD_BY_DELEGATION else None
    return Check(best, fact.block, standard, holder, delegation.vault if delegation else None)


def outage(chain_id: int, holders: Sequence[bytes], answered: int | None = None, *, is_stale: bool = False) -> Check:
    """No node could be asked; `answered` is the id of another chain that one serves. `is_stale`: one is stuck."""
    facts = ChainFacts(
        standard=TokenStandard.ERC721,
        holder=holders[0],
        expected_chain_id=chain_id,
        answered_chain_id=chain_id if is_stale else answered,
        block=None,
        answer=NoAnswer(),
        is_stale=is_stale,
    )
    return Check(decide(facts))
