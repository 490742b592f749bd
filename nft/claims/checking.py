"""Ask the chain who holds a claimed token, and apply the answer to the claim.

`sweeping` checks pages of claims together and comes here with every answer that changes something.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q

from nft.claims import history
from nft.claims.events import is_shown, record_lost, record_returned
from nft.claims.ownership_proofs import record_proofs
from nft.claims.picture import request_first_pictures
from nft.claims.provenance import build_stored_provenance
from nft.claims.wording import (
    NO_ACCOUNT,
    OFF_CHAIN_REASONS,
    UNLINKED,
    NotOwned,
    loss_sentence,
    no_account_sentence,
    refused_sentence,
)
from nft.clients.bundle import Clients
from nft.core.evm.token import Token, TokenStandard
from nft.core.tokens.verdict import BlockRef, Decision, Reason, Verdict
from nft.models import HeldToken, LinkedAccount, TokenClaim
from nft.models.accounts import accounts_on
from nft.names.people import get_name_of_address
from nft.settings import conf
from nft.settings.chains import describe_chain
from nft.tokens.alarms import ALARMING, raise_alarm
from nft.tokens.collection_policy import get_refusal
from nft.tokens.facts import Check
from nft.tokens.ownership import check_ownership
from profiles.leases import fresh, lease_row
from profiles.pictures.rights import attest_avatar, reinstate_avatar, trust_avatars, withdraw_avatar
from profiles.sentences import gettext as _
from profiles.settings import CLOCK_SKEW

State = TokenClaim.State
NOT_OWNED_PERIOD = timedelta(hours=6)
#: Between two checks of a token whose transfer was sent from here.
WATCH_PERIOD = timedelta(seconds=4)
NOT_CONFIRMED_DELAY = timedelta(seconds=30)
#: A loss within this time after a transfer was sent from here, and watched, is that transfer.
SENT_LATELY = timedelta(days=1)
#: The chain can't be read at all now: other claims on it need not be tried.
OUTAGES = frozenset({Reason.CHAIN_UNREACHABLE, Reason.WRONG_CHAIN, Reason.STALE_BLOCK})


@dataclass(frozen=True)
class Outcome:
    chain_id: int
    is_outage: bool


def verify_claim(claim_id: uuid.UUID, now: datetime, clients: Clients) -> Outcome | None:
    """Ask the chain and record the answer. Return None if nothing is due or another worker holds the claim."""
    claim = lease_row(TokenClaim.objects.filter(pk=claim_id), now)
    return None if claim is None else verify_leased(claim, now, clients)


def verify_leased(claim: TokenClaim, now: datetime, clients: Clients) -> Outcome:
    """Like `verify_claim`, for a claim the caller has already leased. Unexpected errors are logged and counted."""
    check = None
    with claim.attempting(now):
        check = _check(claim, clients)
        record_check(claim, check, now)
        if check is not None and (check.alarm or check.decision.reason in ALARMING):
            raise_alarm(claim.chain_id, check.alarm or check.decision.sentence, now)
    return Outcome(claim.chain_id, check is not None and check.decision.reason in OUTAGES)


def _check(claim: TokenClaim, clients: Clients) -> Check | None:
    """Return what the chain says, or None if the person has no account it could be asked about."""
    accounts = {account.pk: account.address for account in accounts_on(claim.user_id, claim.chain_id)}
    if not accounts:
        return None
    standard = TokenStandard(claim.standard) if claim.standard else None
    token = Token(claim.contract, claim.token_id, standard, claim.vault)
    return check_ownership(
        clients.chain(claim.chain_id),
        token,
        list(accounts.values()),
        known_block=claim.checked_block_number or 0,
        look_at_head=claim.state != State.OWNED,
        wants_proof=partial(wants_proof, claim, accounts),
    )


def wants_proof(claim: TokenClaim, accounts: Mapping[uuid.UUID, bytes], check: Check) -> bool:
    """Return whether the answer must be proved before it counts: it gives or takes a mark, or somebody asked for it.

    The mark of another account, or of another vault, is another mark: the proof would still name the former.
    A claim that is checked every few seconds, as its token was sent from here, is proved when its answer changes.
    accounts: the addresses of the person's accounts.
    """
    is_owned = check.decision.verdict is Verdict.OWNED
    is_new = claim.state in {State.PENDING, State.UNKNOWN}
    is_asked = claim.asked_at is not None and claim.watch_until is None
    before = (accounts.get(claim.account_id) if claim.account_id else None, claim.vault)
    is_of_other = is_owned and before != (check.holder, check.vault)
    return is_new or is_asked or is_of_other or is_owned is not (claim.state == State.OWNED)


def is_due_too_late(now: datetime) -> Q:
    """Filter for claims due later than any delay set here: the clock was set back, and they would go unwatched."""
    period = max(timedelta(seconds=conf().sweep_period), TokenClaim.policy.longest_delay)
    return Q(due_at__gt=now + longest_wait()) | Q(state=State.OWNED, due_at__gt=now + period + CLOCK_SKEW)


def longest_wait() -> timedelta:
    """Return how far ahead a claim is due at most, in any state."""
    return max(timedelta(seconds=conf().sweep_period), TokenClaim.policy.longest_delay, NOT_OWNED_PERIOD) + CLOCK_SKEW


def record_check(claim: TokenClaim, check: Check | None, now: datetime) -> None:
    """Record what was found about a leased claim, if the lease still stands.

    Accounts are locked before claims, and claims before profiles: this fixed order prevents a deadlock with unlinking.
    """
    with transaction.atomic():
        account = None
        if check is not None and check.holder is not None:
            mine = accounts_on(claim.user_id, claim.chain_id).filter(address=check.holder)
            account = mine.select_for_update(no_key=True).first()
        claims = TokenClaim.objects.select_for_update(of=("self",)).select_related("picture")
        held = claims.filter(pk=claim.pk, attempt=claim.attempt).first()
        if held is not None:
            _apply(held, check, account, now)
            if check is not None:
                record_proofs([(held, check)], now)


def _apply(claim: TokenClaim, check: Check | None, account: LinkedAccount | None, now: datetime) -> None:
    """Apply a chain answer to the claim. No other answer of a chain changes `state`."""
    verdict = Verdict.NOT_OWNED if check is None else check.decision.verdict
    is_outage = check is not None and check.decision.reason in OUTAGES
    if not is_outage:
        claim.asked_at = None
    if check is None or (verdict is Verdict.OWNED and account is None):  # unlinked meanwhile, or nothing was linked
        _set_not_owned(claim, None, now)
    elif verdict is Verdict.UNKNOWN:
        _set_unknown(claim, check, now)
    else:
        _set_answer(claim, check, now)
        if verdict is Verdict.OWNED:
            _set_owned(claim, check, account, now)
        else:
            _set_not_owned(claim, check.decision, now)
            _delete_held(claim)
    if not is_outage:
        is_clear = check is not None and verdict is not Verdict.UNKNOWN and bool(claim.standard)
        claim.is_checked_alone = claim.spoils_batches or not is_clear
    history.record_check(claim, check, now)
    claim.save()


def _set_answer(claim: TokenClaim, check: Check, now: datetime) -> None:
    claim.checked_at = latest(claim.checked_at, now)
    if check.decision.reason in {Reason.HELD_BY_OTHER, Reason.NONE_HELD} and check.standard is not None:
        claim.standard = check.standard  # the answer shows which standard the contract has, whoever holds it
    if check.block is not None:
        claim.checked_block_number = check.block.number
        claim.checked_block_hash = "0x" + check.block.hash.hex()


def checked_columns(block: BlockRef, at: datetime, due_at: datetime) -> dict[str, object]:
    """Return what is alike in all claims that were checked together: that `block` answered, and when they are due."""
    answer = {"checked_at": at, "checked_block_number": block.number, "checked_block_hash": "0x" + block.hash.hex()}
    return {**answer, "asked_at": None, **fresh(due_at)}


def latest(standing: datetime | None, now: datetime) -> datetime:
    """Return `now`, or a later time that stands already. One further ahead than CLOCK_SKEW was of a wrong clock."""
    return standing if standing is not None and now < standing <= now + CLOCK_SKEW else now


def _set_owned(claim: TokenClaim, check: Check, account: LinkedAccount | None, now: datetime) -> None:
    was_owned = claim.state == State.OWNED
    claim.state, claim.account = State.OWNED, account
    claim.standard, claim.vault = check.standard or "", check.vault
    claim.reason = claim.reason_sentence = ""
    if claim.watch_until is not None and now < claim.watch_until:
        _end_job(claim, now + WATCH_PERIOD)
        claim.asked_at = now
    else:
        _end_job(claim, now + sweep_period())
    _confirm_move(claim)
    if claim.avatar_id is None:
        if not was_owned:
            request_first_pictures([claim], now)
    elif was_owned:
        attest_avatar(claim.avatar_id, now, build_stored_provenance(claim))
    else:
        if not get_refusal(claim.chain_id, claim.contract):
            reinstate_avatar(claim.avatar_id, now, build_stored_provenance(claim))
        record_returned(claim, now)


def _set_not_owned(claim: TokenClaim, decision: Decision | None, now: datetime) -> None:
    """`decision` is None if the person has no account on the chain."""
    if decision is not None:
        claim.reason, claim.reason_sentence = decision.reason, _why_not(claim, decision, now)
    elif claim.reason != UNLINKED:  # which is more precise than NO_ACCOUNT
        claim.reason = NO_ACCOUNT
        claim.reason_sentence = no_account_sentence(describe_chain(claim.chain_id).name)
    is_lost = claim.state == State.OWNED and claim.reason not in OFF_CHAIN_REASONS
    was_shown = is_lost and is_shown(claim)
    claim.state = State.NOT_OWNED
    claim.account = claim.vault = claim.watch_until = None
    _end_job(claim, now + NOT_OWNED_PERIOD)
    _confirm_move(claim)
    if claim.avatar_id is not None:
        lost_at = None if claim.reason in OFF_CHAIN_REASONS else now
        withdraw_avatar(claim.avatar_id, claim.reason_sentence, lost_at=lost_at)
    if is_lost:
        record_lost(claim, now, was_shown=was_shown)


def _delete_held(claim: TokenClaim) -> None:
    """Take the token off the list of what the person holds, unless it arrived later than the answer."""
    held = HeldToken.objects.filter(
        account__user_id=claim.user_id, chain_id=claim.chain_id, contract=claim.contract, token_id=claim.token_id
    )
    held.filter(logged_at_block__lte=claim.checked_block_number or 0).delete()


def _why_not(claim: TokenClaim, decision: Decision, now: datetime) -> str:
    holder = "" if decision.owner is None else get_name_of_address(decision.owner, claim.chain_id, now)
    is_sent = claim.watch_until is not None and now < claim.watch_until + SENT_LATELY
    found = NotOwned(decision.reason, decision.sentence, claim.name, holder, claim.vault, is_sent)
    return loss_sentence(found) if claim.state == State.OWNED else refused_sentence(found)


def _set_unknown(claim: TokenClaim, check: Check, now: datetime) -> None:
    """Schedule a retry and take nothing away: what was verified stays until the chain denies it or its age ends it."""
    if claim.state == State.PENDING:
        claim.state = State.UNKNOWN
    claim.reason, claim.reason_sentence = (
        check.decision.reason,
        _("%(sentence)s We keep trying.", sentence=check.decision.sentence),
    )
    delay = claim.policy.delay(claim.tries)
    if check.decision.reason == Reason.NOT_YET_CONFIRMED:
        delay = min(delay, NOT_CONFIRMED_DELAY)
    claim.attempt, claim.due_at, claim.last_error = None, now + delay, check.decision.sentence


def _end_job(claim: TokenClaim, due_at: datetime) -> None:
    """Clear the lease and the counts of tries. The caller saves the claim."""
    for name, value in fresh(due_at).items():
        setattr(claim, name, value)


def _confirm_move(claim: TokenClaim) -> None:
    """Clear a seen transfer if this answer is of its block or a later one. Until then the mark stays off."""
    if claim.moved_at_block is None or claim.moved_at_block > (claim.checked_block_number or 0):
        return
    claim.moved_at_block = None
    if claim.avatar_id is not None:
        trust_avatars([claim.avatar_id])


def sweep_period() -> timedelta:
    """Return the sweep period with up to 10 % jitter, so that claims made together don't stay due together."""
    return timedelta(seconds=conf().sweep_period * random.uniform(0.9, 1.0))  # noqa: S311  # not a secret
