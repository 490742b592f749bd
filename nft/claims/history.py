"""The history of a claim's checks: a line when the answer changed, and when the mark went by its age.

Nothing is decided by it. A line is open while its answer is the last one; the claim itself says when that was last
checked. Lines that ended are bounded by their age, and all by their number for each claim.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Case, F, OuterRef, Subquery, When
from django.db.models.functions import Coalesce, Greatest

from nft.core.tokens.verdict import BlockRef, Reason
from nft.models import ClaimCheck, TokenClaim
from nft.tokens.facts import Check
from profiles import settings as profiles_settings
from profiles.jobs import job
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

State, Verdict = TokenClaim.State, ClaimCheck.Verdict
MAX_AGE = timedelta(days=180)
MAX_LINES = 200
PAGE = 1000
#: Lines that a page shows.
SHOWN = 20
MOVED, STALE, BLOCKED = "transfer_seen", "stale", "blocked"
_OWNED_SENTENCE = gettext_noop("The chain said that it is yours.")
_VAULT_SENTENCE = gettext_noop("The chain said that a vault holds it for you.")
_MOVED_SENTENCE = gettext_noop("A transfer was seen in a block that is not final yet.")
_STALE_SENTENCE = gettext_noop("It could not be checked for too long, so the mark went by itself.")


def get_recent(claim: TokenClaim, now: datetime) -> list[ClaimCheck]:
    """Return the lines for a page, newest first. One that is open gets the last check of the claim.

    A mark that is off by its age has a line at once, though it is only stored when the claim is checked again.
    """
    lines = list(claim.checks.all()[:SHOWN])
    is_recorded = any(line.last_at is None and line.reason == STALE for line in lines)
    for line in lines:
        if line.last_at is None and line.verdict != Verdict.UNKNOWN:
            line.last_at, line.last_block_number = claim.checked_at, claim.checked_block_number
    if _is_stale(claim, now) and not is_recorded:
        lines = sorted([_stale_line(claim), *lines], key=lambda line: line.at, reverse=True)
    return lines


def record_check(claim: TokenClaim, check: Check | None, now: datetime) -> None:
    """Record a check that changed the claim, which the caller saves. `check` is None if there was no account to check.

    The same answer again is not recorded. Once the mark is off by its age, that is the line, whatever the trouble is.
    """
    line = _line_of_check(claim, check, now)
    is_trouble = line.verdict == Verdict.UNKNOWN
    last = claim.checks.filter(last_at=None).select_related("claim").first()  # with the claim as it was before
    if last is None:
        lines = [line]
    elif not _is_stale(last.claim, now):
        lines = [] if (line.verdict, line.reason) == (last.verdict, last.reason) else [line]
    elif is_trouble:
        lines = [] if last.verdict == Verdict.UNKNOWN else [_stale_line(last.claim)]
    else:
        lines = [line] if last.reason == STALE else [_ended(_stale_line(last.claim)), line]
    _write([claim] if lines else [], lines)
    surplus = claim.checks.values("pk")[MAX_LINES:]
    ClaimCheck.objects.filter(pk__in=list(surplus.values_list("pk", flat=True))).delete()


def record_gaps(claims: Sequence[TokenClaim], block: BlockRef, now: datetime) -> None:
    """Record for claims that are verified as before, at `block`, that their mark was off by its age meanwhile.

    They are as they were before this check, in memory and in the database. Costs nothing where there was no gap.
    """
    stale = [claim for claim in claims if _is_stale(claim, now)]
    gaps = [_ended(_stale_line(claim)) for claim in stale]
    _write(stale, [*gaps, *(_held_line(claim, now, block.number, "0x" + block.hash.hex()) for claim in stale)])


def record_verified(claims: Sequence[TokenClaim], block: BlockRef, now: datetime) -> None:
    """Record for claims that were not verified that they are now, at `block`. They are stored as they were before."""
    _write(claims, [_held_line(claim, now, block.number, "0x" + block.hash.hex()) for claim in claims])


def record_moves(claims: Sequence[TokenClaim], now: datetime) -> None:
    """Record transfers that were seen and are not confirmed yet, for the claims that are verified."""
    held = [claim for claim in claims if claim.state == State.OWNED]
    _write(
        held, [_line(claim, now, Verdict.UNKNOWN, MOVED, _(_MOVED_SENTENCE), claim.moved_at_block) for claim in held]
    )


def record_refusal(claim: TokenClaim, sentence: str, now: datetime) -> None:
    """Record that the site shows no pictures of the token's collection, whatever the chain says."""
    _write([claim], [_line(claim, now, Verdict.OWNED, BLOCKED, sentence, claim.checked_block_number)])


@job(every=timedelta(minutes=5))
def delete_old_lines(now: datetime, *, seconds: float = 20.0) -> int:
    """Delete lines that ended MAX_AGE ago, in batches for about `seconds`. Return how many. An open line stays."""
    old = ClaimCheck.objects.filter(last_at__lt=now - MAX_AGE).order_by("last_at").values_list("pk", flat=True)
    ends_at, deleted = time.monotonic() + seconds, 0
    while time.monotonic() < ends_at and (batch := list(old[:PAGE])):
        deleted += ClaimCheck.objects.filter(pk__in=batch).delete()[0]
    return deleted


def _is_stale(claim: TokenClaim, now: datetime) -> bool:
    """Return whether the mark of a verified claim is off because it was not checked in time."""
    if claim.state != State.OWNED or claim.checked_at is None:
        return False
    return claim.checked_at < now - profiles_settings.current().mark_max_age


def _stale_line(claim: TokenClaim) -> ClaimCheck:
    """Return a line of the moment when the mark went."""
    assert claim.checked_at is not None  # noqa: S101  # as the claim is stale; tells the type checker
    at = claim.checked_at + profiles_settings.current().mark_max_age
    return _line(claim, at, Verdict.UNKNOWN, STALE, _(_STALE_SENTENCE))


def _ended(line: ClaimCheck) -> ClaimCheck:
    line.last_at = line.at
    return line


def _write(claims: Sequence[TokenClaim], lines: Sequence[ClaimCheck]) -> None:
    """End the open lines of the claims, by what is stored of their last check, and add `lines`."""
    if not claims:
        return
    stored = TokenClaim.objects.filter(pk=OuterRef("claim_id"))
    ClaimCheck.objects.filter(claim__in=claims, last_at=None).update(
        last_at=Greatest("at", Coalesce(Subquery(stored.values("checked_at")), F("at"))),
        last_block_number=Case(
            When(verdict=Verdict.UNKNOWN, then=F("block_number")),
            default=Subquery(stored.values("checked_block_number")),
        ),
    )
    ClaimCheck.objects.bulk_create(lines)


def _line_of_check(claim: TokenClaim, check: Check | None, now: datetime) -> ClaimCheck:
    if check is None or check.decision.verdict.value != Verdict.UNKNOWN:
        return _line_of_state(claim, now)
    decision = check.decision
    number = check.block.number if check.block else None
    return _line(claim, now, Verdict.UNKNOWN, decision.reason, decision.sentence, number)


def _line_of_state(claim: TokenClaim, now: datetime) -> ClaimCheck:
    """Return a line of what the chain answered last."""
    number, digest = claim.checked_block_number, claim.checked_block_hash
    if claim.state == State.OWNED:
        return _held_line(claim, now, number, digest)
    line = _line(claim, now, Verdict.NOT_OWNED, claim.reason, claim.reason_sentence, number)
    line.block_hash = digest
    return line


def _held_line(claim: TokenClaim, now: datetime, block_number: int | None, block_hash: str) -> ClaimCheck:
    reason = Reason.HELD_BY_DELEGATION if claim.vault else Reason.HELD
    sentence = _(_VAULT_SENTENCE if claim.vault else _OWNED_SENTENCE)
    line = _line(claim, now, Verdict.OWNED, reason, sentence, block_number)
    line.block_hash = block_hash
    return line


def _line(
    claim: TokenClaim, now: datetime, verdict: str, reason: str, sentence: str, block_number: int | None = None
) -> ClaimCheck:
    return ClaimCheck(claim=claim, at=now, verdict=verdict, reason=reason, sentence=sentence, block_number=block_number)
