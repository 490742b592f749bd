"""Check leased claims of one chain together: ask about all in few requests, and record what was found.

Unchanged claims are renewed in bulk, and first verifications recorded in bulk; every other change goes through
`checking.record_check`.
"""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from nft.claims.checking import NOT_OWNED_PERIOD, checked_columns, latest, record_check, sweep_period, wants_proof
from nft.claims.first_answers import is_first_answer, record_first_answers
from nft.claims.history import record_gaps
from nft.claims.ownership_proofs import record_proofs
from nft.clients.bundle import Clients
from nft.clients.evm.chain import ChainClient
from nft.clients.evm.errors import NODES_BEHIND, ChainUnavailable
from nft.core.evm.token import Token, TokenStandard
from nft.core.tokens.verdict import BlockRef, Verdict
from nft.models import LinkedAccount, TokenClaim
from nft.models.accounts import accounts_at
from nft.tokens.facts import Check, Question
from nft.tokens.ownership import BatchCheck, check_many
from profiles.pictures.rights import attest_avatars

State = TokenClaim.State
OUTAGE_PAUSE = timedelta(seconds=30)
#: Seconds for recording the changes of a page one by one. The rest of it is asked about again, so that runs stay short.
SECONDS_RECORDING = 8.0
#: The columns of a claim that are read here.
NEEDED = (
    "user_id", "account_id", "chain_id", "contract", "token_id", "standard", "vault", "state", "reason", "due_at",
    "asked_at", "watch_until", "moved_at_block", "attempt", "tries", "crashes", "checked_at", "checked_block_number",
)  # fmt: skip


def check_together(chain_id: int, leased: Sequence[TokenClaim], now: datetime, clients: Clients) -> None:
    """Check claims that were leased together. Raise ChainUnavailable, with nothing recorded."""
    accounts = _get_accounts(chain_id, leased)
    questions = _build_questions(leased, accounts)
    asked = [place for place, question in enumerate(questions) if question.holders]
    addresses = {account.pk: account.address for account in accounts}
    asked_of = [leased[place] for place in asked]
    batch = _ask(clients.chain(chain_id), asked_of, [questions[place] for place in asked], addresses)
    checks: list[Check | None] = [None] * len(leased)
    for place, check in zip(asked, batch.checks, strict=True):
        checks[place] = check
    spoilers = [leased[asked[place]].pk for place in batch.alone]
    if spoilers:
        TokenClaim.objects.filter(pk__in=spoilers).update(is_checked_alone=True, spoils_batches=True)
    late = frozenset(asked[place] for place in batch.late)
    page = _Page(leased, questions, addresses, batch.block, late)
    _record(page, checks, now)


def build_questions(chain_id: int, leased: Sequence[TokenClaim]) -> list[Question]:
    """Build what to ask about each claim. Those of a person without an account on the chain have no `holders`."""
    return _build_questions(leased, _get_accounts(chain_id, leased))


def _get_accounts(chain_id: int, leased: Sequence[TokenClaim]) -> list[LinkedAccount]:
    """Return each person's accounts on the chain, in one query for the whole page."""
    theirs = LinkedAccount.objects.filter(accounts_at(chain_id), user_id__in={claim.user_id for claim in leased})
    return list(theirs.order_by("linked_at", "pk").only("user_id", "address"))


def _build_questions(leased: Sequence[TokenClaim], accounts: Sequence[LinkedAccount]) -> list[Question]:
    holders: dict[int, tuple[bytes, ...]] = defaultdict(tuple)
    for account in accounts:
        holders[account.user_id] += (account.address,)
    return [
        Question(
            Token(
                claim.contract, claim.token_id, TokenStandard(claim.standard) if claim.standard else None, claim.vault
            ),
            holders.get(claim.user_id, ()),
            is_new=claim.state in {State.PENDING, State.UNKNOWN},
        )
        for claim in leased
    ]


def _ask(
    client: ChainClient,
    leased: Sequence[TokenClaim],
    questions: Sequence[Question],
    accounts: Mapping[uuid.UUID, bytes],
) -> BatchCheck:
    """Prefer a node at or past the highest block already checked; otherwise ask any."""
    known = max((claim.checked_block_number or 0 for claim in leased), default=0)

    def wants(place: int, check: Check) -> bool:
        return wants_proof(leased[place], accounts, check)

    try:
        return check_many(client, questions, known_block=known, wants_proof=wants)
    except ChainUnavailable as error:
        if not error.is_a(NODES_BEHIND):
            raise
        return check_many(client, questions, wants_proof=wants)


@dataclass(frozen=True)
class _Page:
    """What was asked about at which block.

    `accounts`: the addresses by the ids of the accounts. `late`: places of claims that there was no time to prove.
    """

    leased: Sequence[TokenClaim]
    questions: Sequence[Question]
    accounts: Mapping[uuid.UUID, bytes]
    block: BlockRef
    late: frozenset[int]


def _record(page: _Page, checks: Sequence[Check | None], now: datetime) -> None:
    """Record a page. `checks` has None for a claim that must be checked by itself, or has no account to check."""
    first: list[tuple[TokenClaim, Check]] = []
    changed: list[tuple[TokenClaim, Check | None]] = []
    owned: list[TokenClaim] = []
    not_owned: list[TokenClaim] = []
    unclear: list[TokenClaim] = []
    ahead: list[TokenClaim] = []
    late = [page.leased[place] for place in sorted(page.late)]
    for place, (claim, check, question) in enumerate(zip(page.leased, checks, page.questions, strict=True)):
        if place in page.late:
            continue
        if (claim.checked_block_number or 0) > page.block.number:
            ahead.append(claim)  # the node knows less of this claim than we do
        elif check is None and question.holders:
            unclear.append(claim)
        elif check is not None and _is_unchanged(claim, check, page.accounts):
            (owned if claim.state == State.OWNED else not_owned).append(claim)
        elif check is not None and is_first_answer(claim, check):
            first.append((claim, check))
        else:
            changed.append((claim, check))
    others = record_first_answers(first, page.block, now)
    changed += [(claim, check) for claim, check in first if claim.pk in others]
    _renew(owned, State.OWNED, page.block, now, sweep_period())
    _renew(not_owned, State.NOT_OWNED, page.block, now, NOT_OWNED_PERIOD)
    record_proofs([(claim, check) for claim, check in zip(page.leased, checks, strict=True) if check is not None], now)
    release_unchecked(unclear, now, is_checked_alone=True)
    release_unchecked(ahead, now + OUTAGE_PAUSE)
    release_unchecked(late, now)
    _record_one_by_one(changed, now)


def _record_one_by_one(changed: Sequence[tuple[TokenClaim, Check | None]], now: datetime) -> None:
    ends_at = time.monotonic() + SECONDS_RECORDING
    late: list[TokenClaim] = []
    for claim, check in changed:
        if time.monotonic() < ends_at:
            record_check(claim, check, now)
        else:
            late.append(claim)
    release_unchecked(late, now)


def _is_unchanged(claim: TokenClaim, check: Check, accounts: Mapping[uuid.UUID, bytes]) -> bool:
    """Return whether nothing has to be written but the time of the check."""
    if claim.watch_until is not None or claim.moved_at_block is not None or check.standard != claim.standard:
        return False
    if claim.state == State.NOT_OWNED:
        return check.decision.verdict is Verdict.NOT_OWNED and check.decision.reason == claim.reason
    if claim.reason or claim.account_id is None or check.decision.verdict is not Verdict.OWNED:
        return False
    return (accounts.get(claim.account_id), claim.vault) == (check.holder, check.vault)


def _renew(claims: Sequence[TokenClaim], state: str, block: BlockRef, now: datetime, period: timedelta) -> None:
    """Renew unchanged claims in few statements for the whole page, unless somebody changed them meanwhile."""
    if not claims:
        return
    at = max(latest(claim.checked_at, now) for claim in claims)
    with transaction.atomic():
        mine = TokenClaim.objects.filter(pk__in=[claim.pk for claim in claims], attempt=claims[0].attempt, state=state)
        locked = dict(mine.select_for_update().order_by("pk").values_list("pk", "avatar_id"))
        record_gaps([claim for claim in claims if claim.pk in locked], block, at)
        TokenClaim.objects.filter(pk__in=locked).update(**checked_columns(block, at, now + period))
        if state == State.OWNED:
            attest_avatars(list(filter(None, locked.values())), at)


def release_unchecked(claims: Sequence[TokenClaim], due_at: datetime, **columns: object) -> None:
    """End the lease of claims that were not checked. Their state stays as it is until then."""
    if claims:
        mine = TokenClaim.objects.filter(pk__in=[claim.pk for claim in claims], attempt=claims[0].attempt)
        mine.update(attempt=None, due_at=due_at, **columns)
