"""Facts about who holds a token, and the pure step from them to a verdict: the same for one token and for thousands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from nft.clients.evm.errors import (
    ANSWER_TOO_LARGE,
    NODES_BEHIND,
    STALE_NODE,
    CallFailed,
    ChainError,
    ChainUnavailable,
    WrongChain,
)
from nft.core.evm.abi.token_calls import parse_balance_of, parse_owner_of
from nft.core.evm.errors import BadAnswer
from nft.core.evm.token import Token, TokenStandard
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
    RestsOn,
    Reverted,
    Verdict,
    decide,
)
from profiles.sentences import gettext as _

DISAGREE = Decision(Verdict.UNKNOWN, Reason.NODES_DISAGREE, _("The chain's nodes do not agree with each other."))
_RANK = {Verdict.OWNED: 0, Verdict.UNKNOWN: 1, Verdict.NOT_OWNED: 2}


@dataclass(frozen=True, slots=True)
class Question:
    """Does one of `holders` have the token, or act for the vault that has it?

    is_new: if not, ask the newest block, too, since a new token is not confirmed yet.
    """

    token: Token
    holders: tuple[bytes, ...]
    is_new: bool = False


@dataclass(frozen=True)
class Reading:
    """What a contract answered at one block, by the standard it answers to: an answer for each holder.

    `delegations`: for each holder the vault that may hold the token for it; empty if none was asked about.
    """

    standard: TokenStandard
    answers: tuple[OwnershipAnswer, ...]
    delegations: tuple[Delegation | None, ...] = ()

    @property
    def is_answer(self) -> bool:
        return any(isinstance(answer, OwnerIs | BalanceIs) for answer in self.answers)


@dataclass(frozen=True)
class ProvenAnswer:
    """That the answer was computed from the proved state of a block. `document` is as `build_document` returns it."""

    block: BlockRef
    rests_on: RestsOn
    document: bytes


@dataclass(frozen=True)
class Check:
    """The verdict for all holders together. `holder` has the token if OWNED, or acts for the `vault` that has it.

    proof: of this very verdict, if it was proved. alarm: what a node was found to have lied in, though the check holds.
    """

    decision: Decision
    block: BlockRef | None = None
    standard: TokenStandard | None = None
    holder: bytes | None = None
    vault: bytes | None = None
    proof: ProvenAnswer | None = field(default=None, compare=False, repr=False)
    alarm: str = field(default="", compare=False)


def parse_answer(standard: TokenStandard, answer: bytes | ChainError) -> OwnershipAnswer:
    """Parse what a call of `ownerOf` (ERC-721) or `balanceOf` (ERC-1155) returned or raised."""
    match answer:
        case CallFailed() if not answer.is_a(ANSWER_TOO_LARGE):
            return Reverted(answer.data)
        case ChainUnavailable():
            return NoAnswer(str(answer))
        case ChainError():
            return Garbage(str(answer))
    try:
        if standard is TokenStandard.ERC721:
            return OwnerIs(parse_owner_of(answer))
        return BalanceIs(parse_balance_of(answer))
    except BadAnswer as error:
        return Garbage(str(error))


def decide_ownership(
    chain_id: int,
    holders: Sequence[bytes],
    block: BlockRef,
    reading: Reading,
    *,
    hash_after: bytes,
    has_code: bool | None = None,
    head: Reading | None = None,
) -> Check:
    """Decide for all holders together: OWNED if one has the token, else UNKNOWN if one's case is open, else NOT_OWNED.

    hash_after: the hash that the block's number has after the reading. has_code: whether the contract has code at that
    block, if known. head: the same reading at the newest block.
    """
    first = reading.answers[0]
    places: Sequence[int] = range(len(holders))
    if isinstance(first, OwnerIs) and first.owner in holders:
        places = [holders.index(first.owner)]
    facts = [
        ChainFacts(
            standard=reading.standard,
            holder=holders[place],
            expected_chain_id=chain_id,
            answered_chain_id=chain_id,  # the client refuses to read from any other
            block=block,
            answer=reading.answers[place],
            block_hash_after=hash_after,
            has_code=has_code,
            delegation=reading.delegations[place] if reading.delegations else None,
            answer_at_head=head.answers[place] if head else None,
            delegation_at_head=head.delegations[place] if head and head.delegations else None,
        )
        for place in places
    ]
    decision, found = min(((decide(fact), fact) for fact in facts), key=lambda pair: _RANK[pair[0].verdict])
    is_delegated = decision.reason is Reason.HELD_BY_DELEGATION and found.delegation is not None
    return Check(
        decision,
        block,
        reading.standard,
        holder=found.holder if decision.verdict is Verdict.OWNED else None,
        vault=found.delegation.vault if found.delegation and is_delegated else None,
    )


def decide_outage(chain_id: int, holder: bytes, error: ChainUnavailable) -> Check:
    """Return the UNKNOWN check of a chain that no node could be asked about, with the reason."""
    is_stale, is_behind = error.is_a(STALE_NODE), error.is_a(NODES_BEHIND)
    answered_chain_id = chain_id if is_stale or is_behind else None
    if isinstance(error, WrongChain):
        answered_chain_id = error.got
    facts = ChainFacts(
        standard=TokenStandard.ERC721,
        holder=holder,
        expected_chain_id=chain_id,
        answered_chain_id=answered_chain_id,
        block=BlockRef(0, b"") if is_behind else None,  # it has one, only not the one wanted
        answer=NoAnswer(str(error)),
        is_stale=is_stale,
    )
    return Check(decide(facts))


def agree(checks: Sequence[Check]) -> Check:
    """Return what all nodes found. If they differ, nobody knows: an UNKNOWN one of them, or the disagreement."""
    if all(check == checks[0] for check in checks):
        return checks[0]
    unclear = next((check for check in checks if check.decision.verdict is Verdict.UNKNOWN), None)
    return unclear or Check(DISAGREE, checks[0].block)
