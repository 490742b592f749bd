"""The history of a claim's checks: a line when something changed, and one a day while nothing does.

It never decides anything. Lines are bounded twice, by their age and by how many one claim may have.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet

from nft.core.tokens.verdict import Reason
from nft.models import ClaimCheck, TokenClaim
from nft.tokens.facts import Check
from profiles.jobs import job
from profiles.settings import mark_max_age

State, Verdict = TokenClaim.State, ClaimCheck.Verdict
DAILY = timedelta(days=1)
KEPT = timedelta(days=180)
MOST = 200
PAGE = 1000
SHOWN = 20
MOVED, STALE, BLOCKED = "transfer_seen", "stale", "blocked"
_OWNED_SENTENCE = "The chain said that it is yours."
_VAULT_SENTENCE = "The chain said that a vault holds it for you."
_MOVED_SENTENCE = "A transfer was seen in a block that is not final yet."
_STALE_SENTENCE = "It could not be checked for too long, so the mark went by itself."


def recent(claim: TokenClaim) -> QuerySet[ClaimCheck]:
    """For a page, newest first."""
    return claim.checks.all()[:SHOWN]


def note_check(claim: TokenClaim, check: Check | None, now: datetime) -> None:
    """After a check has changed the claim, which the caller saves. `check` is None where nobody was to be asked for."""
    line = _line(claim, check, now)
    last = claim.checks.values_list("verdict", "reason", "at").first() if claim.noted_at else None
    if last is not None and now - last[2] < DAILY and _is_the_same(line, last[0], last[1]):
        return
    line.save(force_insert=True)
    claim.noted_at = now
    surplus = claim.checks.values("pk")[MOST:]
    ClaimCheck.objects.filter(pk__in=list(surplus.values_list("pk", flat=True))).delete()


def note_moves(claims: Sequence[TokenClaim], now: datetime) -> None:
    """Transfers that were seen and are not confirmed yet."""
    held = [claim for claim in claims if claim.state == State.OWNED]
    lines = [_plain(claim, now, Verdict.UNKNOWN, MOVED, _MOVED_SENTENCE, claim.moved_at_block) for claim in held]
    _write(held, lines, now)


def note_blocked(claim: TokenClaim, sentence: str, now: datetime) -> None:
    """The site shows no pictures of its collection, whatever the chain says."""
    _write([claim], [_plain(claim, now, Verdict.OWNED, BLOCKED, sentence, claim.checked_block_number)], now)


@job(every=timedelta(minutes=5))
def keep(now: datetime) -> None:
    """Daily lines of what sweeps found unchanged, lines of marks that went by their age, and the end of old ones."""
    _note_stale(now)
    _note_daily(now)
    ClaimCheck.objects.filter(at__lt=now - KEPT).delete()


def _note_stale(now: datetime) -> None:
    age = mark_max_age()
    unnoted = Q(noted_at=None) | Q(noted_at__lte=F("checked_at") + age)
    stale = list(TokenClaim.objects.filter(unnoted, state=State.OWNED, checked_at__lt=now - age)[:PAGE])
    _write(stale, [_plain(claim, now, Verdict.UNKNOWN, STALE, _STALE_SENTENCE) for claim in stale], now)


def _note_daily(now: datetime) -> None:
    old = Q(noted_at=None) | Q(noted_at__lt=now - DAILY, checked_at__gt=F("noted_at"))
    answered = TokenClaim.objects.filter(old, state__in=[State.OWNED, State.NOT_OWNED], checked_at__gt=now - DAILY)
    while claims := list(answered.order_by("noted_at")[:PAGE]):
        _write(claims, [_of_state(claim, now) for claim in claims], now)


def _write(claims: Sequence[TokenClaim], lines: Sequence[ClaimCheck], now: datetime) -> None:
    if claims:
        ClaimCheck.objects.bulk_create(lines)
        TokenClaim.objects.filter(pk__in=[claim.pk for claim in claims]).update(noted_at=now)


def _line(claim: TokenClaim, check: Check | None, now: datetime) -> ClaimCheck:
    if check is None or check.decision.verdict.value != Verdict.UNKNOWN:
        return _of_state(claim, now)
    decision = check.decision
    number = check.block.number if check.block else None
    return _plain(claim, now, Verdict.UNKNOWN, decision.reason, decision.sentence, number)


def _of_state(claim: TokenClaim, now: datetime) -> ClaimCheck:
    """By what is known of a claim that the chain answered for."""
    if claim.state == State.OWNED:
        reason = Reason.HELD_BY_DELEGATION if claim.vault else Reason.HELD
        sentence = _VAULT_SENTENCE if claim.vault else _OWNED_SENTENCE
        line = _plain(claim, now, Verdict.OWNED, reason, sentence, claim.checked_block_number)
    else:
        line = _plain(claim, now, Verdict.NOT_OWNED, claim.reason, claim.reason_sentence, claim.checked_block_number)
    line.block_hash = claim.checked_block_hash
    return line


def _plain(
    claim: TokenClaim, now: datetime, verdict: str, reason: str, sentence: str, block_number: int | None = None
) -> ClaimCheck:
    return ClaimCheck(
        claim=claim, at=now, verdict=verdict, reason=reason, sentence=sentence[:300], block_number=block_number
    )


def _is_the_same(line: ClaimCheck, verdict: str, reason: str) -> bool:
    """Trouble with the chain that outlasts the mark's age is told once."""
    is_longer_trouble = line.verdict == verdict == Verdict.UNKNOWN and reason == STALE
    return is_longer_trouble or (line.verdict, line.reason) == (verdict, reason)
