"""Who holds a token? Choose a node, read at one of its blocks, decide.

Facts are read at one confirmed block whose hash is asked again afterwards. One token is read as carefully as can be;
many are read together, and those that need more care are left to `check_ownership`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from nft.clients.evm.chain import HEAD, ChainClient
from nft.clients.evm.errors import BLOCK_GONE, NODES_BEHIND, ChainUnavailable
from nft.core.evm.token import Token, TokenStandard
from nft.core.tokens.verdict import BlockRef, Reason, Reverted, Verdict
from nft.tokens.facts import DISAGREE, Check, Question, Reading, agree, decide_outage, decide_ownership
from nft.tokens.proving import TOGETHER, Answer, prove_answer, prove_answers
from nft.tokens.reading import fetch_standards, read_many, read_token
from profiles.sentences import gettext

log = logging.getLogger(__name__)
#: Seconds for proving what a page of tokens needs. The rest of it is asked about again, so that runs stay short.
SECONDS_PROVING = 5.0
T = TypeVar("T")
Ask = Callable[[ChainClient, BlockRef], T]
WantsProof = Callable[[Check], bool]


def never(check: Check) -> bool:
    """Want no proof."""
    del check
    return False


@dataclass(frozen=True)
class BatchCheck:
    """A check for each question, or None if it must be asked by itself; `alone` as in ManyReadings.

    late: the places of questions that there was no time to prove. They must be asked again.
    """

    checks: list[Check | None]
    block: BlockRef
    alone: frozenset[int]
    late: frozenset[int] = frozenset()


def check_ownership(
    client: ChainClient,
    token: Token,
    holders: Sequence[bytes],
    *,
    known_block: int = 0,
    look_at_head: bool = True,
    wants_proof: WantsProof = never,
) -> Check:
    """Return whether one of `holders` has the token at the confirmed block.

    known_block: a block already seen confirmed; a node that is behind it decides nothing. look_at_head: ask the newest
    block, too, if the answer is no, since a new token is not confirmed yet. wants_proof: which verdicts to prove.
    """
    question = Question(token, tuple(holders))

    def ask(view: ChainClient, block: BlockRef) -> Answer:
        return Answer(view, block, question, _check_one(view, question, block, look_at_head=look_at_head))

    try:
        if client.must_agree:
            return _agree(client, _ask_all_nodes(client, known_block, ask), wants_proof)
        return _ask_until_proved(client, known_block, ask, wants_proof)
    except ChainUnavailable as error:
        return decide_outage(client.chain_id, holders[0], error)


def _ask_until_proved(client: ChainClient, known_block: int, ask: Ask[Answer], wants_proof: WantsProof) -> Check:
    """Ask the first node that answers. If its answer is contradicted by its own proof, only a proof by another counts.

    Raise ChainUnavailable.
    """
    doubtful: Check | None = None

    def ask_and_prove(view: ChainClient, block: BlockRef) -> Check:
        nonlocal doubtful
        answer = ask(view, block)
        if doubtful is None and not wants_proof(answer.check):
            return answer.check
        check = prove_answer(client, answer)
        if check.decision.reason is Reason.NOT_PROVED:
            doubtful = doubtful or check
            raise ChainUnavailable(check.decision.sentence)
        if doubtful is not None and check.proof is None:
            raise ChainUnavailable(doubtful.decision.sentence)
        return check

    try:
        check = _ask_first_node(client, known_block, ask_and_prove)
    except ChainUnavailable:
        if doubtful is None:
            raise
        return doubtful
    return check if doubtful is None else replace(check, alarm=doubtful.decision.sentence)


def _agree(client: ChainClient, answers: Sequence[Answer], wants_proof: WantsProof) -> Check:
    """Return what all nodes found, with its proof, or what one proves where they differ. Raise ChainUnavailable."""
    checks = [answer.check for answer in answers]
    if len(set(checks)) == 1:
        return prove_answer(client, answers[0]) if wants_proof(checks[0]) else checks[0]
    reasons = ", ".join(check.decision.reason for check in checks)  # a decision's sentence names the holder
    log.error("The nodes of chain %s disagree: %s.", client.chain_id, reasons)
    if len({answer.block for answer in answers}) == 1:
        for answer in answers:
            with suppress(ChainUnavailable):
                proved = prove_answer(client, answer)
                if proved.proof is not None:
                    return replace(proved, alarm=DISAGREE.sentence)
    return agree(checks)


def check_many(
    client: ChainClient,
    questions: Sequence[Question],
    *,
    known_block: int = 0,
    wants_proof: Callable[[int, Check], bool] = lambda _, check: never(check),
) -> BatchCheck:
    """Like `check_ownership`, for many tokens. What nodes don't agree on, or a proof contradicts, is None.

    wants_proof: by the question's place and its check, whether to prove it. Raise ChainUnavailable if no node could
    answer, of kind NODES_BEHIND if it is behind `known_block`.
    """

    def ask(view: ChainClient, block: BlockRef) -> tuple[ChainClient, BatchCheck]:
        return view, _check_batch(view, questions, block)

    if not client.must_agree:
        view, batch = _ask_first_node(client, known_block, ask)
    else:
        batches = _ask_all_nodes(client, known_block, ask)
        view, first = batches[0]
        found = zip(*(batch.checks for _, batch in batches), strict=True)
        batch = replace(first, checks=[checks[0] if len(set(checks)) == 1 else None for checks in found])
    return _prove_batch(client, view, questions, batch, wants_proof)


def _prove_batch(
    client: ChainClient,
    view: ChainClient,
    questions: Sequence[Question],
    batch: BatchCheck,
    wants_proof: Callable[[int, Check], bool],
) -> BatchCheck:
    """Prove what must be proved. What is contradicted becomes None, to be asked by itself. Raise ChainUnavailable."""
    wanted = [
        place
        for place, check in enumerate(batch.checks)
        if check is not None and check.decision.verdict is not Verdict.UNKNOWN and wants_proof(place, check)
    ]
    checks, late, ends_at = list(batch.checks), set[int](), time.monotonic() + SECONDS_PROVING
    for start in range(0, len(wanted), TOGETHER):
        if start and time.monotonic() > ends_at:
            late.update(wanted[start:])
            break
        places = wanted[start : start + TOGETHER]
        answers = [Answer(view, batch.block, questions[place], check) for place in places if (check := checks[place])]
        for place, proved in zip(places, prove_answers(client, answers), strict=True):
            if proved is None:
                late.add(place)
            checks[place] = None if proved is None or proved.decision.verdict is Verdict.UNKNOWN else proved
    return replace(
        batch, checks=[None if place in late else check for place, check in enumerate(checks)], late=frozenset(late)
    )


def _ask_all_nodes(client: ChainClient, known_block: int, ask: Ask[T]) -> list[T]:
    """Ask all nodes at the newest block that all have confirmed. Raise ChainUnavailable."""
    views = client.single_node_clients()
    number = min(view.confirmed_block().number for view in views)
    if number < known_block:
        raise _nodes_behind(known_block)
    return [ask(view, view.block(number)) for view in views]


def _ask_first_node(client: ChainClient, known_block: int, ask: Ask[T]) -> T:
    """Ask one node from beginning to end, as a block of one proves nothing about another's answer.

    A node that is down, behind, stuck or of another chain is passed over. Raise ChainUnavailable.
    """
    failure = ChainUnavailable(gettext("No node of this chain answers."))
    for view in client.single_node_clients():
        try:
            block = view.confirmed_block()
            if block.number >= known_block:
                return ask(view, block)
            failure = _nodes_behind(known_block)
        except ChainUnavailable as error:
            failure = error
    raise failure


def _nodes_behind(block_number: int) -> ChainUnavailable:
    sentence = gettext(
        "No node has confirmed block %(block_number)s, which was seen confirmed before.", block_number=str(block_number)
    )
    return ChainUnavailable(sentence, NODES_BEHIND)


def _check_one(view: ChainClient, question: Question, block: BlockRef, *, look_at_head: bool) -> Check:
    token, holders = question.token, question.holders
    if not view.code_at(token.contract, block):
        return _check_without_code(view, question, block)
    reading = read_token(view, token, holders, block)
    hash_after = _hash_now(view, block)
    check = decide_ownership(view.chain_id, holders, block, reading, hash_after=hash_after, has_code=True)
    if check.decision.verdict is not Verdict.NOT_OWNED or not look_at_head:
        return check
    head = read_token(view, replace(token, standard=reading.standard), holders, HEAD)
    return decide_ownership(view.chain_id, holders, block, reading, hash_after=hash_after, has_code=True, head=head)


def _check_without_code(view: ChainClient, question: Question, block: BlockRef) -> Check:
    """Check a token whose contract does not exist at the confirmed block.

    If it exists at the newest block (a young chain, or a node far behind), its absence proves nothing.
    """
    token, holders = question.token, question.holders
    head = read_token(view, token, holders, HEAD) if view.code_at(token.contract, HEAD) else None
    nothing = Reading(head.standard if head else TokenStandard.ERC721, tuple(Reverted() for _ in holders))
    check = decide_ownership(
        view.chain_id,
        holders,
        block,
        nothing,
        hash_after=_hash_now(view, block),
        has_code=None if head else False,
        head=head,
    )
    if head is not None and check.decision.verdict is Verdict.NOT_OWNED:
        raise _nodes_behind(block.number + 1)
    return check


def _check_batch(view: ChainClient, questions: Sequence[Question], block: BlockRef) -> BatchCheck:
    questions = _with_standards(view, questions, block)
    found = read_many(view, questions, block)
    view.check_block(block)
    checks = [
        None if reading is None else _decide_clear(view, question, reading, block)
        for question, reading in zip(questions, found.readings, strict=True)
    ]
    lost = [place for place, check in enumerate(checks) if questions[place].is_new and _is_lost(check)]
    heads = read_many(view, [questions[place] for place in lost], HEAD).readings if lost else []
    for place, head in zip(lost, heads, strict=True):
        reading = found.readings[place]
        if head is None or reading is None:
            checks[place] = None
        else:
            checks[place] = _decide_clear(view, questions[place], reading, block, head)
    return BatchCheck(checks, block, found.alone)


def _with_standards(view: ChainClient, questions: Sequence[Question], block: BlockRef) -> list[Question]:
    unknown = sorted({question.token.contract for question in questions if question.token.standard is None})
    standards = fetch_standards(view, unknown, block)
    return [
        question
        if question.token.standard is not None
        else replace(question, token=replace(question.token, standard=standards[question.token.contract]))
        for question in questions
    ]


def _is_lost(check: Check | None) -> bool:
    return check is not None and check.decision.verdict is Verdict.NOT_OWNED


def _decide_clear(
    view: ChainClient, question: Question, reading: Reading, block: BlockRef, head: Reading | None = None
) -> Check | None:
    """Decide, unless the copies may lie in a vault that is not known yet."""
    check = decide_ownership(view.chain_id, question.holders, block, reading, hash_after=block.hash, head=head)
    may_be_in_vault = reading.standard is TokenStandard.ERC1155 and view.delegate_registry is not None
    return None if may_be_in_vault and check.decision.verdict is not Verdict.OWNED else check


def _hash_now(view: ChainClient, block: BlockRef) -> bytes:
    try:
        view.check_block(block)
    except ChainUnavailable as error:
        if not error.is_a(BLOCK_GONE):
            raise
        return b"another"
    return block.hash
