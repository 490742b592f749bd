"""One decision from what a chain answered: does this account hold this token?

Three outcomes, never two. NOT_OWNED needs a good answer at a known block of the right chain; everything that merely
went wrong is UNKNOWN, and the picture's age limit takes it from there.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from nft.core.evm.address import ADDRESS_BYTES, ZERO, to_checksum
from nft.core.evm.errors import InvalidAddress
from nft.core.tokens.token import TokenStandard


class Verdict(enum.StrEnum):
    """The three outcomes of a check."""

    OWNED = "owned"
    NOT_OWNED = "not_owned"
    UNKNOWN = "unknown"


class Reason(enum.StrEnum):
    """Why; stable names for history, metrics and translations."""

    HELD = "held"
    HELD_BY_DELEGATION = "held_by_delegation"
    HELD_BY_OTHER = "held_by_other"
    NONE_HELD = "none_held"
    NO_SUCH_TOKEN = "no_such_token"  # noqa: S105 - a reason, not a secret
    BURNED = "burned"
    NO_CONTRACT = "no_contract"
    CONTRACT_REFUSED = "contract_refused"
    NOT_YET_CONFIRMED = "not_yet_confirmed"
    CHAIN_UNREACHABLE = "chain_unreachable"
    WRONG_CHAIN = "wrong_chain"
    NO_BLOCK = "no_block"
    STALE_BLOCK = "stale_block"
    BLOCK_REPLACED = "block_replaced"
    NO_ANSWER = "no_answer"
    GARBAGE_ANSWER = "garbage_answer"
    NODES_DISAGREE = "nodes_disagree"


@dataclass(frozen=True, slots=True)
class BlockRef:
    """The block a read was made at."""

    number: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class OwnerIs:
    """`ownerOf` answered."""

    owner: bytes


@dataclass(frozen=True, slots=True)
class BalanceIs:
    """`balanceOf` answered for the holder asked about."""

    amount: int


@dataclass(frozen=True, slots=True)
class Reverted:
    """The contract ran and refused; `data` is what it said."""

    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Garbage:
    """An answer came, but not of the shape the call returns."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Timeout, refused connection, rate limit, node error: nothing was learnt."""

    detail: str = ""


Answer = OwnerIs | BalanceIs | Reverted | Garbage | NoAnswer


@dataclass(frozen=True, slots=True)
class Delegation:
    """What the chain says of a vault that may hold the token for the account (delegate.xyz v2).

    `answer` is about the vault what `ChainFacts.answer` is about the holder. `is_given`: the registry says that the
    holder may act for the vault's token; None where the registry's answer makes no sense.
    """

    vault: bytes
    answer: Answer
    is_given: bool | None


@dataclass(frozen=True, slots=True)
class ChainFacts:
    """All that one check saw. None where nothing was learnt.

    `block` is the confirmed block of the read, `block_hash_after` its hash asked again after the read.
    `has_code` is whether the contract has code at that block. `answer_at_head` is the same question at the newest
    block, worth asking when the confirmed answer is a no: a fresh mint is not confirmed yet. `delegation` and
    `delegation_at_head` are of the same two blocks, for the vault that may hold the token instead. `is_stale`: the
    newest confirmed block that the node knows is older than it may be, so that the node may be stuck.
    """

    standard: TokenStandard
    holder: bytes
    expected_chain_id: int
    answered_chain_id: int | None
    block: BlockRef | None
    answer: Answer
    block_hash_after: bytes | None = None
    has_code: bool | None = None
    answer_at_head: Answer | None = None
    delegation: Delegation | None = None
    delegation_at_head: Delegation | None = None
    is_stale: bool = False

    def __post_init__(self) -> None:
        if len(self.holder) != ADDRESS_BYTES or self.holder == ZERO:
            raise InvalidAddress("Ownership is checked for one real account, not for the zero address.")


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict, why, and a sentence a person can read."""

    verdict: Verdict
    reason: Reason
    sentence: str


def decide(facts: ChainFacts) -> Decision:
    """The verdict on one check."""
    doubt = _doubt_the_chain(facts)
    if doubt is not None:
        return doubt
    decision = _no_contract() if facts.has_code is False else _judge_both(facts, facts.answer, facts.delegation)
    if decision.verdict is not Verdict.NOT_OWNED or facts.answer_at_head is None:
        return decision
    if _judge_both(facts, facts.answer_at_head, facts.delegation_at_head).verdict is Verdict.OWNED:
        return _unknown(Reason.NOT_YET_CONFIRMED, "The token is yours in the newest block, which is not confirmed yet.")
    return decision


def decide_all(checks: Sequence[ChainFacts]) -> Decision:
    """The verdict of several nodes asked the same: they must agree on it and on the block, or nobody knows."""
    if not checks:
        return _unknown(Reason.CHAIN_UNREACHABLE, "No node of this chain was asked.")
    decisions = [decide(facts) for facts in checks]
    first = decisions[0]
    if len({facts.block for facts in checks}) == 1 and all(one == first for one in decisions):
        return first
    open_question = next((one for one in decisions if one.verdict is Verdict.UNKNOWN), None)
    return open_question or _unknown(Reason.NODES_DISAGREE, "The chain's nodes do not agree with each other.")


def _doubt_the_chain(facts: ChainFacts) -> Decision | None:
    """Why the answer may not be used at all."""
    if facts.answered_chain_id is None:
        return _unknown(Reason.CHAIN_UNREACHABLE, "The chain cannot be reached at the moment.")
    if facts.answered_chain_id != facts.expected_chain_id:
        return _unknown(
            Reason.WRONG_CHAIN,
            f"The node answers for chain {facts.answered_chain_id}, not for {facts.expected_chain_id}.",
        )
    if facts.is_stale:
        return _unknown(Reason.STALE_BLOCK, "The node knows no recent confirmed block of this chain: it may be stuck.")
    if facts.block is None:
        return _unknown(Reason.NO_BLOCK, "The node named no confirmed block.")
    if facts.block_hash_after not in (None, facts.block.hash):
        return _unknown(Reason.BLOCK_REPLACED, f"Block {facts.block.number:,} was replaced during the check.")
    return None


def _judge_both(facts: ChainFacts, answer: Answer, delegation: Delegation | None) -> Decision:
    """The holder's own token, else that of a vault which delegates to the holder."""
    own = _judge(facts.standard, facts.holder, answer)
    if delegation is None or own.reason not in {Reason.HELD_BY_OTHER, Reason.NONE_HELD}:
        return own
    of_vault = _judge(facts.standard, delegation.vault, delegation.answer)
    if of_vault.verdict is Verdict.UNKNOWN:
        return of_vault
    if of_vault.verdict is Verdict.NOT_OWNED or delegation.is_given is False:
        return own
    if delegation.is_given is None:
        return _unknown(Reason.GARBAGE_ANSWER, "The delegation registry's answer makes no sense.")
    return Decision(Verdict.OWNED, Reason.HELD_BY_DELEGATION, "A vault holds this token and delegates to the account.")


def _judge(standard: TokenStandard, holder: bytes, answer: Answer) -> Decision:
    match answer:
        case OwnerIs(owner) if standard is TokenStandard.ERC721:
            return _judge_owner(holder, owner)
        case BalanceIs(amount) if standard is TokenStandard.ERC1155:
            return _judge_balance(amount)
        case Reverted() if standard is TokenStandard.ERC721:
            return _not_owned(Reason.NO_SUCH_TOKEN, "The contract knows no token with this id.")
        case Reverted():
            return _not_owned(Reason.CONTRACT_REFUSED, "The contract refuses to say who holds this token.")
        case NoAnswer():
            return _unknown(Reason.NO_ANSWER, "The chain gave no answer at the moment.")
        case _:
            return _unknown(Reason.GARBAGE_ANSWER, "The contract's answer makes no sense.")


def _judge_owner(holder: bytes, owner: bytes) -> Decision:
    if len(owner) != ADDRESS_BYTES:
        return _unknown(Reason.GARBAGE_ANSWER, "The contract's answer makes no sense.")
    if owner == ZERO:
        return _not_owned(Reason.BURNED, "The token was burned: it belongs to nobody.")
    if owner == holder:
        return Decision(Verdict.OWNED, Reason.HELD, "The account holds this token.")
    return _not_owned(Reason.HELD_BY_OTHER, f"The token belongs to {to_checksum(owner)}.")


def _judge_balance(amount: int) -> Decision:
    if amount < 0:
        return _unknown(Reason.GARBAGE_ANSWER, "The contract's answer makes no sense.")
    if amount == 0:
        return _not_owned(Reason.NONE_HELD, "The account holds none of this token.")
    return Decision(Verdict.OWNED, Reason.HELD, "The account holds this token.")


def _no_contract() -> Decision:
    return _not_owned(Reason.NO_CONTRACT, "There is no contract at this address.")


def _not_owned(reason: Reason, sentence: str) -> Decision:
    return Decision(Verdict.NOT_OWNED, reason, sentence)


def _unknown(reason: Reason, sentence: str) -> Decision:
    return Decision(Verdict.UNKNOWN, reason, sentence)
