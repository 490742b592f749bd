"""The history of a claim's checks: a line when something changed, and one a day while nothing does.

Nothing is decided by it. Lines are bounded by their age and by their number for each claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet

from nft.core.tokens.verdict import Reason
from nft.models import ClaimCheck, TokenClaim
from nft.tokens.facts import Check
from profiles import settings as profiles_settings
from profiles.jobs import job

State, Verdict = TokenClaim.State, ClaimCheck.Verdict
DAILY = timedelta(days=1)
MAX_AGE = timedelta(days=180)
MAX_LINES = 200
PAGE = 1000
#: Lines that a page shows.
SHOWN = 20
MOVED, STALE, BLOCKED = "transfer_seen", "stale", "blocked"
_OWNED_SENTENCE = "The chain said that it is yours."
_VAULT_SENTENCE = "The chain said that a vault holds it for you."
_MOVED_SENTENCE = "A transfer was seen in a block that is not final yet."
_STALE_SENTENCE = "It could not be checked for too long, so the mark went by itself."


def get_recent(claim: TokenClaim) -> QuerySet[ClaimCheck]:
    """Return the lines for a page, newest first."""
    return claim.checks.all()[:SHOWN]


def record_check(claim: TokenClaim, check: Check | None, now: datetime) -> None:
    """Record a check that changed the claim, which the caller saves. `check` is None if there was no account to check.

    The same answer within a day of its line is not recorded again.
    """
    line = _line_of_check(claim, check, now)
    last = claim.checks.values_list("verdict", "reason", "at").first() if claim.recorded_at else None
    if last is not None and now - last[2] < DAILY and _is_the_same(line, last[0], last[1]):
        return
    line.save(force_insert=True)
    claim.recorded_at = now
    surplus = claim.checks.values("pk")[MAX_LINES:]
    ClaimCheck.objects.filter(pk__in=list(surplus.values_list("pk", flat=True))).delete()


def record_moves(claims: Sequence[TokenClaim], now: datetime) -> None:
    """Record transfers that were seen and are not confirmed yet, for the claims that are verified."""
    held = [claim for claim in claims if claim.state == State.OWNED]
    lines = [_line(claim, now, Verdict.UNKNOWN, MOVED, _MOVED_SENTENCE, claim.moved_at_block) for claim in held]
    _write(held, lines, now)


def record_refusal(claim: TokenClaim, sentence: str, now: datetime) -> None:
    """Record that the site shows no pictures of the token's collection, whatever the chain says."""
    _write([claim], [_line(claim, now, Verdict.OWNED, BLOCKED, sentence, claim.checked_block_number)], now)


@job(every=timedelta(minutes=5))
def keep_history(now: datetime) -> None:
    """Add the daily lines of claims that sweeps found unchanged, and lines for expired marks; delete old lines."""
    _record_stale(now)
    _record_daily(now)
    ClaimCheck.objects.filter(at__lt=now - MAX_AGE).delete()


def _record_stale(now: datetime) -> None:
    age = profiles_settings.current().mark_max_age
    unrecorded = Q(recorded_at=None) | Q(recorded_at__lte=F("checked_at") + age)
    stale = list(TokenClaim.objects.filter(unrecorded, state=State.OWNED, checked_at__lt=now - age)[:PAGE])
    _write(stale, [_line(claim, now, Verdict.UNKNOWN, STALE, _STALE_SENTENCE) for claim in stale], now)


def _record_daily(now: datetime) -> None:
    old = Q(recorded_at=None) | Q(recorded_at__lt=now - DAILY, checked_at__gt=F("recorded_at"))
    answered = TokenClaim.objects.filter(old, state__in=[State.OWNED, State.NOT_OWNED], checked_at__gt=now - DAILY)
    while claims := list(answered.order_by("recorded_at")[:PAGE]):
        _write(claims, [_line_of_state(claim, now) for claim in claims], now)


def _write(claims: Sequence[TokenClaim], lines: Sequence[ClaimCheck], now: datetime) -> None:
    if claims:
        ClaimCheck.objects.bulk_create(lines)
        TokenClaim.objects.filter(pk__in=[claim.pk for claim in claims]).update(recorded_at=now)


def _line_of_check(claim: TokenClaim, check: Check | None, now: datetime) -> ClaimCheck:
    if check is None or check.decision.verdict.value != Verdict.UNKNOWN:
        return _line_of_state(claim, now)
    decision = check.decision
    number = check.block.number if check.block else None
    return _line(claim, now, Verdict.UNKNOWN, decision.reason, decision.sentence, number)


def _line_of_state(claim: TokenClaim, now: datetime) -> ClaimCheck:
    """Return a line of what the chain answered last."""
    if claim.state == State.OWNED:
        reason = Reason.HELD_BY_DELEGATION if claim.vault else Reason.HELD
        sentence = _VAULT_SENTENCE if claim.vault else _OWNED_SENTENCE
        line = _line(claim, now, Verdict.OWNED, reason, sentence, claim.checked_block_number)
    else:
        line = _line(claim, now, Verdict.NOT_OWNED, claim.reason, claim.reason_sentence, claim.checked_block_number)
    line.block_hash = claim.checked_block_hash
    return line


def _line(
    claim: TokenClaim, now: datetime, verdict: str, reason: str, sentence: str, block_number: int | None = None
) -> ClaimCheck:
    return ClaimCheck(
        claim=claim, at=now, verdict=verdict, reason=reason, sentence=sentence[:300], block_number=block_number
    )


def _is_the_same(line: ClaimCheck, verdict: str, reason: str) -> bool:
    """Return whether the line adds nothing to the last one. A prolonged outage is recorded only once."""
    is_longer_outage = line.verdict == verdict == Verdict.UNKNOWN and reason == STALE
    return is_longer_outage or (line.verdict, line.reason) == (verdict, reason)
