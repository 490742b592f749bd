"""Decide from chain answers whether an account holds a token.

There are three verdicts. NOT_OWNED needs a valid answer at a known block of the right chain; every failure is UNKNOWN,
and the age limit of pictures bounds how long that may last.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from nft.core.errors import InvalidIdentifier
from nft.core.evm.address import ADDRESS_BYTES, ZERO, to_checksum
from nft.core.evm.token import TokenStandard
from profiles.sentences import gettext as _


class Verdict(enum.StrEnum):
    """The outcomes of an ownership check."""

    OWNED = "owned"
    NOT_OWNED = "not_owned"
    UNKNOWN = "unknown"


class Reason(enum.StrEnum):
    """Why a verdict was reached. The values are stored, and stable for history, metrics and translations."""

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
    NOT_PROVED = "not_proved"


@dataclass(frozen=True, slots=True)
class BlockRef:
    """The block at which state was read."""

    number: int
    hash: bytes


class RestsOn(enum.StrEnum):
    """Whose word it is that the block of a proof is the chain's. The state itself is proved against the block."""

    SEVERAL_NODES = "several_nodes"
    LIGHT_CLIENT = "light_client"
    ONE_NODE = "one_node"


@dataclass(frozen=True, slots=True)
class OwnerIs:
    """The answer of `ownerOf`."""

    owner: bytes


@dataclass(frozen=True, slots=True)
class BalanceIs:
    """The answer of `balanceOf` for the holder."""

    amount: int


@dataclass(frozen=True, slots=True)
class Reverted:
    """The contract reverted with `data`."""

    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Garbage:
    """An answer of another shape than the call returns."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Timeout, refused connection, rate limit or node error: nothing is known."""

    detail: str = ""


OwnershipAnswer = OwnerIs | BalanceIs | Reverted | Garbage | NoAnswer


@dataclass(frozen=True, slots=True)
class Delegation:
    """Answers about a vault that may hold the token on behalf of the account (delegate.xyz v2).

    `answer` is to the question of `ChainFacts.answer`, asked for the vault. `is_given`: whether the registry lets the
    holder act for the vault's token; None if its answer makes no sense.
    """

    vault: bytes
    answer: OwnershipAnswer
    is_given: bool | None


@dataclass(frozen=True, slots=True)
class ChainFacts:
    """The answers of one check. None means not known.

    `block` is the confirmed block of the read; `block_hash_after` is its hash, asked again after the read. `has_code`
    tells whether the contract has code at that block. `answer_at_head` is the answer at the newest block, asked if the
    confirmed answer is a no: a new mint may not be confirmed yet. `delegation` and `delegation_at_head` are about the
    vault that may hold the token instead, at the same two blocks. `is_stale`: the newest confirmed block of the node is
    too old, so the node may be stuck.
    """

    standard: TokenStandard
    holder: bytes
    expected_chain_id: int
    answered_chain_id: int | None
    block: BlockRef | None
    answer: OwnershipAnswer
    block_hash_after: bytes | None = None
    has_code: bool | None = None
    answer_at_head: OwnershipAnswer | None = None
    delegation: Delegation | None = None
    delegation_at_head: Delegation | None = None
    is_stale: bool = False

    def __post_init__(self) -> None:
        if len(self.holder) != ADDRESS_BYTES or self.holder == ZERO:
            raise InvalidIdentifier(_("Ownership is checked for one real account, not for the zero address."))


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict, its reason, and a sentence for people. `owner`: who holds the token instead, where that is known."""

    verdict: Verdict
    reason: Reason
    sentence: str
    owner: bytes | None = None


def decide(facts: ChainFacts) -> Decision:
    """Return the verdict on one check."""
    problem = _find_chain_problem(facts)
    if problem is not None:
        return problem
    if facts.has_code is False:
        decision = _not_owned(Reason.NO_CONTRACT, _("There is no contract at this address."))
    else:
        decision = _decide_with_vault(facts, facts.answer, facts.delegation)
    if decision.verdict is not Verdict.NOT_OWNED or facts.answer_at_head is None:
        return decision
    if _decide_with_vault(facts, facts.answer_at_head, facts.delegation_at_head).verdict is Verdict.OWNED:
        return _unknown(
            Reason.NOT_YET_CONFIRMED, _("The token is yours in the newest block, which is not confirmed yet.")
        )
    return decision


def _find_chain_problem(facts: ChainFacts) -> Decision | None:
    """Return why the answers must not be used, or None."""
    if facts.answered_chain_id is None:
        return _unknown(Reason.CHAIN_UNREACHABLE, _("The chain cannot be reached at the moment."))
    if facts.answered_chain_id != facts.expected_chain_id:
        return _unknown(
            Reason.WRONG_CHAIN,
            _(
                "The node answers for chain %(answered_chain_id)s, not for %(expected_chain_id)s.",
                answered_chain_id=str(facts.answered_chain_id),
                expected_chain_id=str(facts.expected_chain_id),
            ),
        )
    if facts.is_stale:
        return _unknown(
            Reason.STALE_BLOCK, _("The node knows no recent confirmed block of this chain: it may be stuck.")
        )
    if facts.block is None:
        return _unknown(Reason.NO_BLOCK, _("The node named no confirmed block."))
    if facts.block_hash_after not in (None, facts.block.hash):
        return _unknown(
            Reason.BLOCK_REPLACED, _("Block %(number)s was replaced during the check.", number=facts.block.number)
        )
    return None


def _decide_with_vault(facts: ChainFacts, answer: OwnershipAnswer, delegation: Delegation | None) -> Decision:
    """Decide by the holder's own answer, else by that of a vault that delegates to the holder."""
    own = _decide_one(facts.standard, facts.holder, answer)
    if delegation is None or own.reason not in {Reason.HELD_BY_OTHER, Reason.NONE_HELD}:
        return own
    of_vault = _decide_one(facts.standard, delegation.vault, delegation.answer)
    if of_vault.verdict is Verdict.UNKNOWN:
        return of_vault
    if of_vault.verdict is Verdict.NOT_OWNED or delegation.is_given is False:
        return own
    if delegation.is_given is None:
        return _unknown(Reason.GARBAGE_ANSWER, _("The delegation registry's answer makes no sense."))
    return Decision(
        Verdict.OWNED, Reason.HELD_BY_DELEGATION, _("A vault holds this token and delegates to the account.")
    )


def _decide_one(standard: TokenStandard, holder: bytes, answer: OwnershipAnswer) -> Decision:
    match answer:
        case OwnerIs(owner) if standard is TokenStandard.ERC721:
            return _decide_by_owner(holder, owner)
        case BalanceIs(amount) if standard is TokenStandard.ERC1155 and amount > 0:
            return Decision(Verdict.OWNED, Reason.HELD, _("The account holds this token."))
        case BalanceIs(0) if standard is TokenStandard.ERC1155:
            return _not_owned(Reason.NONE_HELD, _("The account holds none of this token."))
        case Reverted() if standard is TokenStandard.ERC721:
            return _not_owned(Reason.NO_SUCH_TOKEN, _("The contract knows no token with this id."))
        case Reverted():
            return _not_owned(Reason.CONTRACT_REFUSED, _("The contract refuses to say who holds this token."))
        case NoAnswer():
            return _unknown(Reason.NO_ANSWER, _("The chain gave no answer at the moment."))
        case _:
            return _unknown(Reason.GARBAGE_ANSWER, _("The contract's answer makes no sense."))


def _decide_by_owner(holder: bytes, owner: bytes) -> Decision:
    if len(owner) != ADDRESS_BYTES:
        return _unknown(Reason.GARBAGE_ANSWER, _("The contract's answer makes no sense."))
    if owner == ZERO:
        return _not_owned(Reason.BURNED, _("The token was burned: it belongs to nobody."))
    if owner == holder:
        return Decision(Verdict.OWNED, Reason.HELD, _("The account holds this token."))
    return _not_owned(Reason.HELD_BY_OTHER, _("The token belongs to %(owner)s.", owner=to_checksum(owner)), owner)


def _not_owned(reason: Reason, sentence: str, owner: bytes | None = None) -> Decision:
    return Decision(Verdict.NOT_OWNED, reason, sentence, owner)


def _unknown(reason: Reason, sentence: str) -> Decision:
    return Decision(Verdict.UNKNOWN, reason, sentence)
