"""Prove a verdict: compute the same answers from the state root of the block they were read at.

A node is believed about nothing but the hash of the block. What is computed must equal what the node answered: a node
that contradicts itself, or whose proof fails, leads to UNKNOWN and an alarm. If a node offers no proofs, or a contract
can't be computed, the answer stays as it is: not proved, and never NOT_OWNED.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from nft.clients.evm.chain import CALL_GAS, MAX_ANSWER, READER, At, ChainClient
from nft.clients.evm.errors import ANSWER_TOO_LARGE, BLOCK_GONE, CallFailed, ChainUnavailable
from nft.clients.evm.proofs import (
    ProofsNotOffered,
    Reads,
    fetch_authority,
    fetch_evidence,
    fetch_opening,
)
from nft.core.evm.errors import NotProvable, NotProved
from nft.core.evm.proofs.document import ComputedCall, build_document
from nft.core.evm.proofs.execution import MAX_SECONDS, ProvedCall, execute, prepare
from nft.core.evm.proofs.header import Header
from nft.core.evm.proofs.specification import limit_time, shorten_time
from nft.core.evm.proofs.state import MAX_PROOF, Evidence, ProvedState, ReadUnproved
from nft.core.evm.token import TokenStandard
from nft.core.tokens.verdict import BlockRef, Decision, Reason, RestsOn, Reverted, Verdict
from nft.settings.chains import Proofs
from nft.tokens.facts import Check, ProvenAnswer, Question, Reading, decide_ownership
from nft.tokens.reading import build_first_call, read_token
from profiles.errors import ExpectedError
from profiles.sentences import gettext

#: Answers that are proved together, with evidence of at most so many bytes: below what a node's answer may have.
TOGETHER, MAX_EVIDENCE = 50, 12 * 1024 * 1024
#: Rounds of computing and fetching what was found to be missing, and parts of the state that one round may fetch.
MAX_ROUNDS, MAX_READS = 8, 1024
#: Seconds of CPU after which no more answers of those that are proved together are computed.
SECONDS_TOGETHER = 5.0
#: Seconds of CPU for the rest of a run that misses something, which only finds what else it misses.
SECONDS_GUESSING = 0.2


@dataclass(frozen=True)
class Answer:
    """What the node of `view` was asked at a block, and what that was decided to mean."""

    view: ChainClient
    block: BlockRef
    question: Question
    check: Check

    @property
    def is_clear(self) -> bool:
        return self.check.decision.verdict is not Verdict.UNKNOWN


def prove_answer(client: ChainClient, answer: Answer) -> Check:
    """Like `prove_answers`, for one. Raise ChainUnavailable."""
    check = prove_answers(client, [answer])[0]
    if check is None:
        raise ChainUnavailable(gettext("There was no time to prove the answer."))
    return check


def prove_answers(client: ChainClient, answers: Sequence[Answer]) -> list[Check | None]:
    """Prove at most TOGETHER answers that one node gave at one block.

    Return each check with its proof, unchanged if it can't be proved, UNKNOWN if it is contradicted, or None if there
    was no time for it, as others took it all. A check that is UNKNOWN needs no proof. `client` has all nodes of the
    chain. Raise ChainUnavailable.
    """
    clear = [answer for answer in answers if answer.is_clear]
    if client.proofs is Proofs.OFF or not clear:
        return [answer.check for answer in answers]
    outcomes = iter(_try_to_prove(client, clear))
    return [
        answer.check
        if answer.check.decision.verdict is Verdict.UNKNOWN
        else _apply(answer.check, next(outcomes), client)
        for answer in answers
    ]


Outcome = Check | ExpectedError | None


def _try_to_prove(client: ChainClient, answers: Sequence[Answer]) -> Sequence[Outcome]:
    try:
        return _prove(client, answers)
    except (NotProvable, NotProved, ProofsNotOffered) as error:
        return [error] * len(answers)
    except ChainUnavailable as error:
        if not error.is_a(BLOCK_GONE):
            raise
        gone = Decision(Verdict.UNKNOWN, Reason.BLOCK_REPLACED, error.sentence)
        return [Check(gone, answers[0].block)] * len(answers)


def _apply(check: Check, outcome: Outcome, client: ChainClient) -> Check | None:
    if outcome is None or isinstance(outcome, Check):
        return outcome
    if isinstance(outcome, NotProved) or client.proofs is Proofs.REQUIRED:
        return Check(Decision(Verdict.UNKNOWN, Reason.NOT_PROVED, outcome.sentence), check.block)
    return check


def _prove(client: ChainClient, answers: Sequence[Answer]) -> list[Outcome]:
    view, block = answers[0].view, answers[0].block
    calls = [_first_call(answer) for answer in answers]
    opening = fetch_opening(view, block, calls)
    prepare()
    evidence = Evidence(most=min(MAX_EVIDENCE, len(answers) * MAX_PROOF))
    work = _Work(opening.header, [_Task(answer) for answer in answers], evidence)
    reads = Reads()
    for call, hint in zip(calls, opening.hints, strict=True):
        reads.add(call.to, code=True)
        for address, slots in (hint.slots if hint is not None else {}).items():
            reads.add(address, slots, code=True)
    work.fetch(reads)
    work.run(has_hints=None not in opening.hints)
    if not any(isinstance(task.outcome, _Computed) for task in work.tasks):
        return [_compare(task, RestsOn.ONE_NODE) for task in work.tasks]
    rests_on = fetch_authority(client, view, block)
    return [_compare(task, rests_on) for task in work.tasks]


def _first_call(answer: Answer) -> ProvedCall:
    question, check = answer.question, answer.check
    token = replace(question.token, standard=check.standard or question.token.standard)
    call = build_first_call(answer.view.chain_id, token, check.vault or check.holder or question.holders[0])
    return ProvedCall(call.target, call.data, READER, CALL_GAS)


@dataclass(frozen=True)
class _Computed:
    check: Check
    document: bytes


@dataclass
class _Task:
    """`outcome` is None until the answer is computed, or found not to be proved. `seconds` of CPU are left for it."""

    answer: Answer
    outcome: _Computed | ExpectedError | None = None
    rounds: int = 0
    seconds: float = field(default_factory=lambda: MAX_SECONDS)


def _compare(task: _Task, rests_on: RestsOn) -> Outcome:
    answer, outcome = task.answer, task.outcome
    if not isinstance(outcome, _Computed):
        return outcome
    if outcome.check != answer.check:
        return NotProved(gettext("A node's answer is not what the state that it proves says."))
    return replace(answer.check, proof=ProvenAnswer(answer.block, rests_on, outcome.document))


@dataclass
class _Work:
    """Tasks at one block, with evidence that they share: claims of a collection need its account once."""

    header: Header
    tasks: Sequence[_Task]
    evidence: Evidence
    seconds: float = field(default_factory=lambda: SECONDS_TOGETHER)
    _fetched: set[tuple[bytes, bytes | None, bool]] = field(default_factory=set)

    def run(self, *, has_hints: bool) -> None:
        """Compute and fetch in turns. A task without an outcome afterwards had no turn: the others took the time."""
        for _ in range(MAX_ROUNDS):
            reads = Reads()
            for task in self.tasks:
                if task.outcome is None and self.seconds > 0 and len(reads) < MAX_READS:
                    self._compute(task, reads)
            if not len(reads):
                return
            self.fetch(reads)
        sentence = gettext("The contract's reads were not proved in %(rounds)s rounds.", rounds=MAX_ROUNDS)
        for task in self.tasks:
            if task.outcome is None and task.rounds == MAX_ROUNDS:  # an honest node with access lists needs three
                task.outcome = NotProved(sentence) if has_hints else NotProvable(sentence)

    def fetch(self, reads: Reads) -> None:
        for address, slots in reads.slots.items():
            self._fetched |= {(address, None, False)} | {(address, slot, False) for slot in slots}
        self._fetched |= {(address, None, True) for address in reads.codes}
        answer = self.tasks[0].answer
        fetch_evidence(answer.view, answer.block, reads, self.evidence)

    def _compute(self, task: _Task, reads: Reads) -> None:
        """Set the task's outcome, or add to `reads` all that was found to be missing for it."""
        missing: list[ReadUnproved] = []

        def on_missing(error: ReadUnproved) -> None:
            missing.append(error)
            shorten_time(SECONDS_GUESSING)

        begun_at = time.thread_time()
        limit_time(task.seconds)
        try:
            outcome: _Computed | ExpectedError = _compute(
                task.answer, ProvedState(self.header, self.evidence, on_missing)
            )
        except (NotProved, NotProvable) as error:
            outcome = error
        used = time.thread_time() - begun_at
        task.rounds, task.seconds, self.seconds = task.rounds + 1, task.seconds - used, self.seconds - used
        if not missing:
            task.outcome = outcome
        elif any((error.address, error.slot, error.is_code) in self._fetched for error in missing):
            task.outcome = NotProved(gettext("A node's proof leaves out what it was asked to prove."))
        else:
            self._want(missing, reads)

    def _want(self, missing: Sequence[ReadUnproved], reads: Reads) -> None:
        for error in missing:
            is_new = (error.address, None, True) not in self._fetched
            reads.add(error.address, [] if error.slot is None else [error.slot], code=is_new)


class _ProvedReader:
    """Answers calls from proved state, and remembers them. The part of `ChainClient` that the verdict's reads use."""

    def __init__(self, view: ChainClient, state: ProvedState) -> None:
        self.chain_id, self.delegate_registry = view.chain_id, view.delegate_registry
        self.calls: list[ComputedCall] = []
        self._state = state

    def call(self, to: bytes, data: bytes, block: At, *, gas: int = CALL_GAS, max_bytes: int = MAX_ANSWER) -> bytes:
        del block
        call = ProvedCall(to, data, READER, gas)
        result = execute(self._state, self.chain_id, call)
        self.calls.append(ComputedCall(call, result))
        if not result.succeeded:
            raise CallFailed(gettext("The contract refused the call."), data=result.data)
        if len(result.data) > max_bytes:
            raise CallFailed(
                gettext("The contract answered with more than %(bytes)s bytes.", bytes=max_bytes), ANSWER_TOO_LARGE
            )
        return result.data


def _compute(answer: Answer, state: ProvedState) -> _Computed:
    """Read and decide as the check did, on proved state. Raise `ReadUnproved`, `NotProved` or `NotProvable`.

    That the token is held is computed for its holder alone. The document may be published, and must not name the
    person's other accounts, which the node was asked about, too (V7).
    """
    check, block, token = answer.check, answer.block, answer.question.token
    holders = answer.question.holders if check.holder is None else (check.holder,)
    vault = check.vault if check.holder is not None else token.vault
    token = replace(token, standard=check.standard, vault=vault)
    reader = _ProvedReader(answer.view, state)
    has_code = bool(state.code(token.contract))
    if has_code:
        reading = read_token(reader, token, holders, block)
    else:
        reading = Reading(check.standard or TokenStandard.ERC721, tuple(Reverted() for _ in holders))
    found = decide_ownership(reader.chain_id, holders, block, reading, hash_after=block.hash, has_code=has_code)
    return _Computed(found, build_document(reader.chain_id, state, reader.calls))
