"""Every claim is checked again within NFT_SWEEP_PERIOD, stalest first, in pages of one chain.

The period is shorter than NFT_MARK_MAX_AGE (a system check sees to it), so that a mark always rests on a read of the
chain itself (V1); the watcher only makes losses known sooner. A page is taken in one statement by writing its attempt
id and moving its due time: pages share the work however many run, and a page whose worker died comes due again. What
is as it was is written for the whole page at once; every change goes through `record_check`.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from nft import jobs
from nft.claims.checking import (
    MEDIA_RESERVE,
    NOT_OWNED_PERIOD,
    TRIES,
    bury_the_dead,
    is_too_far,
    record_check,
    sweep_period,
    taking,
    verify_taken,
)
from nft.claims.picture import FAILED
from nft.clients.clients import Clients
from nft.clients.evm.chain import ChainClient
from nft.clients.evm.errors import NODES_BEHIND, ChainUnavailable
from nft.core.evm.token import Token, TokenStandard
from nft.core.tokens.verdict import BlockRef, Verdict
from nft.models import LinkedAccount, TokenClaim
from nft.tokens.alarms import raise_alarm_where_due
from nft.tokens.facts import Check
from nft.tokens.ownership_many import BatchCheck, Question, check_many
from profiles.pictures.rights import attest_avatars

State = TokenClaim.State
PAGE = 2000
"""Claims checked in batches by one task: two calls of 1,000 each, and the block before and after."""
PAGE_ALONE = 25
"""Claims checked one by one by one task."""
OUTAGE_PAUSE = timedelta(seconds=30)
MEDIA_PAGE = 500
_NEEDED = (
    "user_id", "account_id", "chain_id", "contract", "token_id", "standard", "vault", "state", "reason",
    "watch_until", "moved_at_block", "attempt", "deaths", "checked_block_number",
)  # fmt: skip


def find_due(now: datetime) -> list[tuple[int, bool]]:
    """What there is to sweep: (chain id, whether one by one). Also mends due times after a clock was set back, and
    finds fetches of pictures whose job was lost."""
    TokenClaim.objects.filter(is_too_far(now)).update(next_check_at=now)
    # A page that died may have died of one of its claims: each is looked at by itself.
    died = TokenClaim.objects.filter(attempt__isnull=False, is_checked_alone=False, next_check_at__lte=now)
    died.filter(chain_id__in=settings.NFT_CHAINS).update(is_checked_alone=True)
    _find_lost_media(now)
    lanes = [(chain_id, alone) for chain_id in settings.NFT_CHAINS for alone in (True, False)]
    return [lane for lane in lanes if _due(*lane, now).exists()]


def sweep_page(chain_id: int, now: datetime, clients: Clients, *, alone: bool) -> bool:
    """Checks the stalest claims that are due on a chain; whether more are. A dead chain is left for a while."""
    if alone:
        return _check_one_by_one(chain_id, now, clients)
    taken = _take_page(chain_id, now, PAGE, alone=False)
    try:
        if taken:
            _check_together(chain_id, taken, now, clients)
    except ChainUnavailable as error:
        _put_back(taken, now + OUTAGE_PAUSE)
        raise_alarm_where_due(chain_id, error, now)
        return False
    return len(taken) == PAGE


def _due(chain_id: int, alone: bool, now: datetime) -> QuerySet[TokenClaim]:
    lane = TokenClaim.objects.filter(chain_id=chain_id, is_checked_alone=alone, next_check_at__lte=now)
    return lane.filter(deaths__lt=TRIES).order_by("next_check_at", "id")


def _take_page(chain_id: int, now: datetime, most: int, *, alone: bool) -> list[TokenClaim]:
    attempt = uuid.uuid4()
    with transaction.atomic():
        due = _due(chain_id, alone, now).select_for_update(skip_locked=True)
        ids = list(due.values_list("id", flat=True)[:most])
        mine = TokenClaim.objects.filter(pk__in=ids)
        mine.update(**taking(attempt, now))
    return list(mine.filter(attempt=attempt).only(*_NEEDED))


def _put_back(claims: Sequence[TokenClaim], due_at: datetime) -> None:
    if claims:
        mine = TokenClaim.objects.filter(pk__in=[claim.pk for claim in claims], attempt=claims[0].attempt)
        mine.update(attempt=None, next_check_at=due_at)


def _check_one_by_one(chain_id: int, now: datetime, clients: Clients) -> bool:
    """Each is taken by itself, so that a check that kills its worker takes no other along. Where no node answers, the
    others need not wait for the same."""
    for _ in range(PAGE_ALONE):
        taken = _take_page(chain_id, now, 1, alone=True)
        if not taken:
            return False
        if not bury_the_dead(taken[0]) and verify_taken(taken[0], now, clients).is_outage:
            return False
    return True


def _check_together(chain_id: int, taken: Sequence[TokenClaim], now: datetime, clients: Clients) -> None:
    holders = _holders(chain_id, taken)
    questions = [Question(_token(claim), holders.get(claim.user_id, ())) for claim in taken]
    asked = [place for place, question in enumerate(questions) if question.holders]
    batch = _ask(clients.chain(chain_id), taken, [questions[place] for place in asked])
    checks: list[Check | None] = [None] * len(taken)
    for place, check in zip(asked, batch.checks, strict=True):
        checks[place] = check
    spoilers = [taken[asked[place]].pk for place in batch.alone]
    if spoilers:
        TokenClaim.objects.filter(pk__in=spoilers).update(is_checked_alone=True, spoils_batches=True)
    _record(taken, checks, questions, batch.block, now)


def _ask(client: ChainClient, taken: Sequence[TokenClaim], questions: Sequence[Question]) -> BatchCheck:
    """By a node that is as far as was seen for any of the claims, where there is one."""
    known = max(claim.checked_block_number or 0 for claim in taken)
    try:
        return check_many(client, questions, known_block=known)
    except ChainUnavailable as error:
        if not error.is_a(NODES_BEHIND):
            raise
        return check_many(client, questions)


def _holders(chain_id: int, taken: Sequence[TokenClaim]) -> Mapping[int, tuple[bytes, ...]]:
    """The addresses of each person's accounts on the chain (as `accounts_on`), for the whole page in one query."""
    here = Q(is_contract_account=False) | Q(chain_id=chain_id)
    theirs = LinkedAccount.objects.filter(here, user_id__in={claim.user_id for claim in taken})
    found: dict[int, tuple[bytes, ...]] = defaultdict(tuple)
    for user_id, address in theirs.order_by("linked_at", "pk").values_list("user_id", "address"):
        found[user_id] += (bytes(address),)
    return found


def _token(claim: TokenClaim) -> Token:
    return Token(claim.contract, claim.token_id, TokenStandard(claim.standard), claim.vault)


def _record(
    taken: Sequence[TokenClaim],
    checks: Sequence[Check | None],
    questions: Sequence[Question],
    block: BlockRef,
    now: datetime,
) -> None:
    """`checks` has None where a claim needs a closer look, or has nobody to be checked for."""
    accounts = dict(
        LinkedAccount.objects.filter(pk__in={claim.account_id for claim in taken}).values_list("pk", "address")
    )
    held: list[TokenClaim] = []
    refused: list[TokenClaim] = []
    closer: list[TokenClaim] = []
    behind: list[TokenClaim] = []
    for claim, check, question in zip(taken, checks, questions, strict=True):
        if (claim.checked_block_number or 0) > block.number:
            behind.append(claim)  # a node that knows less than we do has nothing to say of this one
        elif check is None and question.holders:
            closer.append(claim)
        elif check is not None and _is_as_it_was(claim, check, accounts):
            (held if claim.state == State.OWNED else refused).append(claim)
        else:
            record_check(claim, check, now)
    _renew(held, State.OWNED, block, now, sweep_period())
    _renew(refused, State.NOT_OWNED, block, now, NOT_OWNED_PERIOD)
    _look_closer(closer, now)
    _put_back(behind, now + OUTAGE_PAUSE)


def _is_as_it_was(claim: TokenClaim, check: Check, accounts: Mapping[uuid.UUID, bytes]) -> bool:
    """Nothing to settle but that it was asked again."""
    if claim.watch_until is not None or claim.moved_at_block is not None or check.standard != claim.standard:
        return False
    if claim.state == State.NOT_OWNED:
        return check.decision.verdict is Verdict.NOT_OWNED and check.decision.reason == claim.reason
    is_quiet = claim.reason in {"", FAILED}  # no doubt to take back
    if not is_quiet or claim.account_id is None or check.decision.verdict is not Verdict.OWNED:
        return False
    return (accounts.get(claim.account_id), claim.vault) == (check.holder, check.vault)


def _renew(claims: Sequence[TokenClaim], state: str, block: BlockRef, now: datetime, period: timedelta) -> None:
    """In few statements for the whole page, and only where nobody changed them meanwhile."""
    if not claims:
        return
    with transaction.atomic():
        mine = TokenClaim.objects.filter(pk__in=[claim.pk for claim in claims], attempt=claims[0].attempt, state=state)
        standing = list(mine.select_for_update().order_by("pk").values_list("pk", "avatar_id"))
        TokenClaim.objects.filter(pk__in=[pk for pk, _ in standing]).update(
            checked_at=now,
            checked_block_number=block.number,
            checked_block_hash="0x" + block.hash.hex(),
            attempts=0,
            attempt=None,
            deaths=0,
            next_check_at=now + period,
        )
        if state == State.OWNED:
            attest_avatars(_present(avatar_id for _, avatar_id in standing), now)


def _present(ids: Iterable[uuid.UUID | None]) -> list[uuid.UUID]:
    return [one for one in ids if one is not None]


def _look_closer(claims: Sequence[TokenClaim], now: datetime) -> None:
    """By `verify_claim`, which is told now and finds them due; their worth is not in doubt until it answers."""
    if not claims:
        return
    mine = TokenClaim.objects.filter(pk__in=[claim.pk for claim in claims], attempt=claims[0].attempt)
    mine.update(attempt=None, next_check_at=now, is_checked_alone=True)


def _find_lost_media(now: datetime) -> None:
    """Queues fetches that are due again or whose job was lost, and moves them ahead, so that no sweep repeats it."""
    due = TokenClaim.objects.filter(media_due_at__lte=now).order_by("media_due_at")
    for claim_id in list(due.values_list("id", flat=True)[:MEDIA_PAGE]):
        moved = TokenClaim.objects.filter(pk=claim_id, media_due_at__lte=now).update(media_due_at=now + MEDIA_RESERVE)
        if moved:
            jobs.enqueue(jobs.FETCH_MEDIA, claim_id)
