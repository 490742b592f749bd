"""Checking a claim, and the one place where the chain's word changes it: `_settle`. A new claim or a person asks for
`verify_claim`; `sweeping.py` checks pages of them and comes here with whatever is not as it was.

A check takes the claim by moving its due time and writing its own attempt id; it may only record what it found while
that id still stands. So however often a job is delivered, and whoever dies, each check is recorded at most once.
"""

from __future__ import annotations

import logging
import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Q, When

from nft import jobs
from nft.claims import history
from nft.claims.receipt import renewed
from nft.claims.wording import NO_ACCOUNT, NOT_THE_CHAIN_S_DOING, UNLINKED, loss_sentence
from nft.clients.clients import Clients
from nft.core.evm.token import Token, TokenStandard
from nft.core.tokens.verdict import Reason, Verdict
from nft.models import LinkedAccount, TokenClaim
from nft.models.accounts import accounts_on
from nft.settings import describe_chain
from nft.tokens.alarms import ALARMING, raise_alarm
from nft.tokens.collections import refusal_of
from nft.tokens.facts import Check
from nft.tokens.ownership import check_ownership
from profiles.pictures.rights import attest_avatar, reinstate_avatar, trust_avatars, withdraw_avatar
from profiles.settings import CLOCK_SKEW

log = logging.getLogger(__name__)

State, Step = TokenClaim.State, TokenClaim.Step
LEASE = timedelta(minutes=3)
"""Longer than any one check lasts: after it the check counts as dead and another may begin."""
NOT_OWNED_PERIOD = timedelta(hours=6)
WATCH_PERIOD = timedelta(seconds=4)
DOUBT_PERIOD = timedelta(minutes=10)
TRIES = 3
DIED = "check_died"
DIED_SENTENCE = "Checking this token failed three times, through a fault of ours. You may check again."
MEDIA_RESERVE = timedelta(minutes=2)
OUTAGES = frozenset({Reason.CHAIN_UNREACHABLE, Reason.WRONG_CHAIN, Reason.STALE_BLOCK})


@dataclass(frozen=True)
class Outcome:
    chain_id: int
    is_outage: bool


def verify_claim(claim_id: uuid.UUID, now: datetime, clients: Clients) -> Outcome | None:
    """Asks the chain and records the answer. None where there is nothing due, or somebody else is at it."""
    claim = _take(claim_id, now)
    return None if claim is None else verify_taken(claim, now, clients)


def verify_taken(claim: TokenClaim, now: datetime, clients: Clients) -> Outcome:
    """The same for a claim whose `attempt` is the caller's."""
    holders = [account.address for account in accounts_on(claim.user_id, claim.chain_id)]
    check = _check(claim, holders, clients)
    record_check(claim, check, now)
    if check is not None and check.decision.reason in ALARMING:
        raise_alarm(claim.chain_id, check.decision.sentence, now)
    return Outcome(claim.chain_id, check is not None and check.decision.reason in OUTAGES)


def is_due(now: datetime) -> Q:
    """Its time has come, or is further off than any wait we set: then the clock was set back, and waiting for it
    would leave a token unwatched for as long."""
    return Q(next_check_at__lte=now) | is_too_far(now)


def is_too_far(now: datetime) -> Q:
    period = max(timedelta(seconds=settings.NFT_SWEEP_PERIOD), DOUBT_PERIOD)
    others = [state for state in State if state != State.OWNED]
    too_far = Q(state__in=others, next_check_at__gt=now + max(period, NOT_OWNED_PERIOD) + CLOCK_SKEW)
    return too_far | Q(state=State.OWNED, next_check_at__gt=now + period + CLOCK_SKEW)


def _take(claim_id: uuid.UUID, now: datetime) -> TokenClaim | None:
    attempt = uuid.uuid4()
    taken = TokenClaim.objects.filter(is_due(now), pk=claim_id, deaths__lt=TRIES).update(**taking(attempt, now))
    claim = TokenClaim.objects.filter(pk=claim_id, attempt=attempt).first() if taken else None
    return None if claim is None or bury_the_dead(claim) else claim


def taking(attempt: uuid.UUID, now: datetime) -> dict[str, Any]:
    """What the taking of a claim writes. An attempt that still stands there died, as each ends by removing itself."""
    return {
        "attempt": attempt,
        "next_check_at": now + LEASE,
        "attempts": F("attempts") + 1,
        "deaths": Case(When(attempt__isnull=False, then=F("deaths") + 1), default=0),
    }


def bury_the_dead(claim: TokenClaim) -> bool:
    """A check that ended TRIES times without a word is not begun again by itself: staff see it in the admin, and they
    or the person may ask again. The mark goes by its age meanwhile."""
    if claim.deaths < TRIES:
        return False
    log.error("The check of claim %s died %s times; it waits for a person.", claim.pk, claim.deaths)
    mine = TokenClaim.objects.filter(pk=claim.pk, attempt=claim.attempt)
    mine.filter(state=State.PENDING).update(state=State.UNKNOWN)
    mine.update(attempt=None, reason=DIED, reason_sentence=DIED_SENTENCE)
    return True


def _check(claim: TokenClaim, holders: Sequence[bytes], clients: Clients) -> Check | None:
    """None where the person has no account to check."""
    if not holders:
        return None
    standard = TokenStandard(claim.standard) if claim.standard else None
    token = Token(claim.contract, claim.token_id, standard, claim.vault)
    was_owned = claim.state == State.OWNED
    client = clients.chain(claim.chain_id)
    known = claim.checked_block_number or 0
    return check_ownership(client, token, holders, known_block=known, look_at_head=not was_owned)


def record_check(claim: TokenClaim, check: Check | None, now: datetime) -> None:
    """Records what was found about a claim that was taken, if the taking still stands.

    Accounts are locked before claims, and claims before profiles: one order, no deadlock with unlinking.
    """
    with transaction.atomic():
        account = None
        if check is not None and check.holder is not None:
            mine = accounts_on(claim.user_id, claim.chain_id).filter(address=check.holder)
            account = mine.select_for_update(no_key=True).first()
        held = TokenClaim.objects.select_for_update(of=("self",)).filter(pk=claim.pk, attempt=claim.attempt).first()
        if held is not None:
            _settle(held, check, account, now)


def _settle(claim: TokenClaim, check: Check | None, account: LinkedAccount | None, now: datetime) -> None:
    """The one place where the chain's word changes a claim."""
    claim.attempt, claim.deaths = None, 0
    if check is None or (check.decision.verdict is Verdict.OWNED and account is None):
        _lose(claim, NO_ACCOUNT, now)  # unlinked meanwhile, or nothing was ever linked
    elif check.decision.verdict is Verdict.OWNED:
        _note_answer(claim, check, now)
        claim.standard, claim.vault = check.standard or "", check.vault
        _hold(claim, account, now)
    elif check.decision.verdict is Verdict.NOT_OWNED:
        _note_answer(claim, check, now)
        _lose(claim, check.decision.reason, now, check.decision.sentence)
    else:
        _doubt(claim, check, now)
    is_clear = check is not None and check.decision.verdict is not Verdict.UNKNOWN and bool(claim.standard)
    claim.is_checked_alone = claim.spoils_batches or not is_clear
    history.note_check(claim, check, now)
    claim.save()


def _note_answer(claim: TokenClaim, check: Check, now: datetime) -> None:
    claim.checked_at = now
    claim.attempts = 0
    if check.decision.reason in {Reason.HELD_BY_OTHER, Reason.NONE_HELD} and check.standard is not None:
        claim.standard = check.standard  # the contract answers by it, whoever the holder is
    if check.block is not None:
        claim.checked_block_number = check.block.number
        claim.checked_block_hash = "0x" + check.block.hash.hex()


def _hold(claim: TokenClaim, account: LinkedAccount | None, now: datetime) -> None:
    was_owned = claim.state == State.OWNED
    claim.state, claim.account = State.OWNED, account
    if claim.media_due_at is not None or claim.step == Step.DONE or not was_owned:
        claim.reason = claim.reason_sentence = ""
    claim.next_check_at = now + _next_period(claim, now)
    _settle_move(claim)
    if claim.avatar is None:
        if not was_owned and claim.wants_picture:
            ask_for_media(claim, now)
        return
    receipt = renewed(claim.avatar.provenance, claim)
    if was_owned:
        attest_avatar(claim.avatar.pk, now, receipt)
    else:
        if not refusal_of(claim.chain_id, claim.contract):
            reinstate_avatar(claim.avatar.pk, now, receipt)
        claim.step = Step.DONE


def _settle_move(claim: TokenClaim) -> None:
    """A transfer that was seen is settled by the answer of its own block or a later one; before, the doubt stays."""
    if claim.moved_at_block is None or claim.moved_at_block > (claim.checked_block_number or 0):
        return
    claim.moved_at_block = None
    if claim.avatar is not None:
        trust_avatars([claim.avatar.pk])


def ask_for_media(claim: TokenClaim, now: datetime) -> None:
    """Sets the search for the picture in motion; the caller saves the claim."""
    claim.step = Step.METADATA
    claim.media_attempts = 0
    claim.media_due_at = now + MEDIA_RESERVE  # when the sweep takes the job for lost
    claim.media_leased_until = None
    jobs.enqueue(jobs.FETCH_MEDIA, claim.pk)


def _lose(claim: TokenClaim, reason: str, now: datetime, sentence: str = "") -> None:
    if not (reason == NO_ACCOUNT and claim.reason == UNLINKED):  # how it began says more
        chain_name = describe_chain(claim.chain_id)["name"]
        claim.reason_sentence = loss_sentence(
            reason, sentence, chain_name, was_owned=claim.state == State.OWNED, vault=claim.vault
        )
        claim.reason = reason
    claim.state, claim.step, claim.account = State.NOT_OWNED, Step.OWNER, None
    claim.vault = claim.media_due_at = claim.watch_until = None
    claim.attempts = 0
    claim.next_check_at = now + NOT_OWNED_PERIOD
    _settle_move(claim)
    if claim.avatar is not None:
        lost_at = None if claim.reason in NOT_THE_CHAIN_S_DOING else now
        withdraw_avatar(claim.avatar.pk, claim.reason_sentence, lost_at=lost_at)


def _doubt(claim: TokenClaim, check: Check, now: datetime) -> None:
    """Nothing is taken away: what was true stays until the chain says otherwise, or its age ends it."""
    if claim.state == State.PENDING:
        claim.state = State.UNKNOWN
    claim.reason, claim.reason_sentence = check.decision.reason, f"{check.decision.sentence} We keep trying."
    seconds = min(
        3 * 2 ** min(claim.attempts - 1, 10),
        30 if check.decision.reason == Reason.NOT_YET_CONFIRMED else DOUBT_PERIOD.total_seconds(),
    )
    _again_soon(claim, now, timedelta(seconds=seconds))


def _next_period(claim: TokenClaim, now: datetime) -> timedelta:
    if claim.watch_until is not None and now < claim.watch_until:
        jobs.enqueue(jobs.VERIFY_CLAIM, claim.pk, WATCH_PERIOD.total_seconds())
        return WATCH_PERIOD
    return sweep_period()


def sweep_period() -> timedelta:
    """Spread a little, so that claims made together do not come due together for ever."""
    return timedelta(seconds=settings.NFT_SWEEP_PERIOD * random.uniform(0.9, 1.0))  # noqa: S311  # not a secret


def _again_soon(claim: TokenClaim, now: datetime, delay: timedelta) -> None:
    claim.next_check_at = now + delay
    if delay < timedelta(seconds=30):
        jobs.enqueue(jobs.VERIFY_CLAIM, claim.pk, delay.total_seconds())
