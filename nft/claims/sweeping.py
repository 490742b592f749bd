"""Check every claim again within NFT_SWEEP_PERIOD, the longest due first, in pages of one chain.

The period is shorter than AVATAR_MARK_MAX_AGE (a system check requires it), so a mark always rests on a read of the
chain itself (V1); the watcher only makes losses known sooner. Workers share the pages by leases. Unchanged claims are
renewed in bulk; every change goes through `checking.record_check`.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet

from nft.claims.checking import NOT_OWNED_PERIOD, is_due_too_late, record_check, sweep_period, verify_leased
from nft.clients.bundle import Clients
from nft.clients.evm.chain import ChainClient
from nft.clients.evm.errors import NODES_BEHIND, ChainUnavailable
from nft.core.evm.token import Token, TokenStandard
from nft.core.tokens.verdict import BlockRef, Verdict
from nft.models import LinkedAccount, TokenClaim
from nft.models.accounts import accounts_at
from nft.settings import conf
from nft.settings.chains import chains
from nft.tokens.alarms import raise_alarm_where_due
from nft.tokens.facts import Check, Question
from nft.tokens.ownership import BatchCheck, check_many
from profiles.jobs import enqueue, job
from profiles.leases import due, fresh, lease_rows
from profiles.pictures.rights import attest_avatars

State = TokenClaim.State
#: Claims that one run checks in batches: two calls of 1,000 each, and the block before and after.
PAGE = 2000
#: Claims that one run checks one by one.
PAGE_ALONE = 25
OUTAGE_PAUSE = timedelta(seconds=30)
#: A sweep whose runs stopped counts as crashed after this many seconds. Two at once do no harm: they share the pages.
SWEEP_SECONDS = 180
_NEEDED = (
    "user_id", "account_id", "chain_id", "contract", "token_id", "standard", "vault", "state", "reason",
    "watch_until", "moved_at_block", "attempt", "tries", "crashes", "checked_block_number",
)  # fmt: skip


@job(queue="watch", every=lambda: timedelta(seconds=min(conf().sweep_period, 30)))
def sweep_claims(now: datetime) -> None:
    """Start a sweep wherever claims are due and none is running."""
    for chain_id, alone in find_due(now):
        if cache.add(_running_key(chain_id, alone), 1, SWEEP_SECONDS):
            enqueue(sweep_lane, chain_id, alone)


@job(queue="claims")
def sweep_lane(chain_id: int, alone: bool, now: datetime, clients: Clients) -> None:
    """Check one page. If more is due, the next page is another job, so that other jobs get their turn between."""
    cache.touch(_running_key(chain_id, alone), SWEEP_SECONDS)
    if sweep_page(chain_id, now, clients, alone=alone):
        enqueue(sweep_lane, chain_id, alone)
    else:
        cache.delete(_running_key(chain_id, alone))


def _running_key(chain_id: int, alone: bool) -> str:
    return f"nft.sweep.{chain_id}.{alone}"


def find_due(now: datetime) -> list[tuple[int, bool]]:
    """Return what there is to sweep: (chain id, whether one by one).

    Also corrects due times after a clock was set back, and takes claims of a crashed page out of the batches: one of
    them may have crashed it.
    """
    TokenClaim.objects.filter(is_due_too_late(now)).update(due_at=now)
    crashed = TokenClaim.objects.filter(attempt__isnull=False, is_checked_alone=False, due_at__lte=now)
    crashed.filter(chain_id__in=chains()).update(is_checked_alone=True)
    lanes = [(chain_id, alone) for chain_id in chains() for alone in (True, False)]
    return [(chain_id, alone) for chain_id, alone in lanes if due(_lane(chain_id, alone=alone), now).exists()]


def sweep_page(chain_id: int, now: datetime, clients: Clients, *, alone: bool) -> bool:
    """Check the claims of a chain that are due longest. Return whether more are.

    A chain that can't be reached is left for OUTAGE_PAUSE.
    """
    if alone:
        return _check_one_by_one(chain_id, now, clients)
    leased = lease_rows(_lane(chain_id, alone=False), now, PAGE)
    try:
        if leased:
            _check_together(chain_id, leased, now, clients)
    except ChainUnavailable as error:
        _release(leased, now + OUTAGE_PAUSE)
        raise_alarm_where_due(chain_id, error, now)
        return False
    return len(leased) == PAGE


def _lane(chain_id: int, *, alone: bool) -> QuerySet[TokenClaim]:
    claims = TokenClaim.objects.filter(chain_id=chain_id, is_checked_alone=alone)
    return claims.order_by("due_at", "id").only(*_NEEDED)


def _release(claims: Sequence[TokenClaim], due_at: datetime) -> None:
    """End the lease of claims that were not checked."""
    if claims:
        mine = TokenClaim.objects.filter(pk__in=[claim.pk for claim in claims], attempt=claims[0].attempt)
        mine.update(attempt=None, due_at=due_at)


def _check_one_by_one(chain_id: int, now: datetime, clients: Clients) -> bool:
    """Lease each by itself, so that a check that crashes its worker takes no other along.

    If no node answers, the others are not tried.
    """
    for _ in range(PAGE_ALONE):
        leased = lease_rows(_lane(chain_id, alone=True), now, 1)
        if not leased:
            return due(_lane(chain_id, alone=True), now).exists()
        if verify_leased(leased[0], now, clients).is_outage:
            return False
    return True


def _check_together(chain_id: int, leased: Sequence[TokenClaim], now: datetime, clients: Clients) -> None:
    holders = _get_holders(chain_id, leased)
    tokens = [Token(row.contract, row.token_id, TokenStandard(row.standard), row.vault) for row in leased]
    questions = [Question(token, holders.get(claim.user_id, ())) for token, claim in zip(tokens, leased, strict=True)]
    asked = [place for place, question in enumerate(questions) if question.holders]
    batch = _ask(clients.chain(chain_id), leased, [questions[place] for place in asked])
    checks: list[Check | None] = [None] * len(leased)
    for place, check in zip(asked, batch.checks, strict=True):
        checks[place] = check
    spoilers = [leased[asked[place]].pk for place in batch.alone]
    if spoilers:
        TokenClaim.objects.filter(pk__in=spoilers).update(is_checked_alone=True, spoils_batches=True)
    _record(leased, checks, questions, batch.block, now)


def _ask(client: ChainClient, leased: Sequence[TokenClaim], questions: Sequence[Question]) -> BatchCheck:
    """Prefer a node at or past the highest block already checked; otherwise ask any."""
    known = max(claim.checked_block_number or 0 for claim in leased)
    try:
        return check_many(client, questions, known_block=known)
    except ChainUnavailable as error:
        if not error.is_a(NODES_BEHIND):
            raise
        return check_many(client, questions)


def _get_holders(chain_id: int, leased: Sequence[TokenClaim]) -> Mapping[int, tuple[bytes, ...]]:
    """Return the addresses of each person's accounts on the chain, in one query for the whole page."""
    theirs = LinkedAccount.objects.filter(accounts_at(chain_id), user_id__in={claim.user_id for claim in leased})
    found: dict[int, tuple[bytes, ...]] = defaultdict(tuple)
    for user_id, address in theirs.order_by("linked_at", "pk").values_list("user_id", "address"):
        found[user_id] += (bytes(address),)
    return found


def _record(
    leased: Sequence[TokenClaim],
    checks: Sequence[Check | None],
    questions: Sequence[Question],
    block: BlockRef,
    now: datetime,
) -> None:
    """Record a page. `checks` has None for a claim that must be checked by itself, or has no account to check."""
    accounts = dict(
        LinkedAccount.objects.filter(pk__in={claim.account_id for claim in leased}).values_list("pk", "address")
    )
    owned: list[TokenClaim] = []
    not_owned: list[TokenClaim] = []
    unclear: list[TokenClaim] = []
    ahead: list[TokenClaim] = []
    for claim, check, question in zip(leased, checks, questions, strict=True):
        if (claim.checked_block_number or 0) > block.number:
            ahead.append(claim)  # the node knows less of this claim than we do
        elif check is None and question.holders:
            unclear.append(claim)
        elif check is not None and _is_unchanged(claim, check, accounts):
            (owned if claim.state == State.OWNED else not_owned).append(claim)
        else:
            record_check(claim, check, now)
    _renew(owned, State.OWNED, block, now, sweep_period())
    _renew(not_owned, State.NOT_OWNED, block, now, NOT_OWNED_PERIOD)
    _queue_alone(unclear, now)
    _release(ahead, now + OUTAGE_PAUSE)


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
    with transaction.atomic():
        mine = TokenClaim.objects.filter(pk__in=[claim.pk for claim in claims], attempt=claims[0].attempt, state=state)
        locked = list(mine.select_for_update().order_by("pk").values_list("pk", "avatar_id"))
        TokenClaim.objects.filter(pk__in=[pk for pk, _ in locked]).update(
            checked_at=now,
            checked_block_number=block.number,
            checked_block_hash="0x" + block.hash.hex(),
            **fresh(now + period),
        )
        if state == State.OWNED:
            attest_avatars(list(filter(None, (avatar_id for _, avatar_id in locked))), now)


def _queue_alone(claims: Sequence[TokenClaim], now: datetime) -> None:
    """Hand these claims to `verify_leased`. Their state stays as it is until then."""
    if not claims:
        return
    mine = TokenClaim.objects.filter(pk__in=[claim.pk for claim in claims], attempt=claims[0].attempt)
    mine.update(attempt=None, due_at=now, is_checked_alone=True)
