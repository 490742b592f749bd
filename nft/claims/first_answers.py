"""Record in bulk that claims are verified for the first time.

Most of a crowd's new claims are: recorded one by one, each takes some ten statements, and everybody behind it waits.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from nft.claims import history
from nft.claims.checking import checked_columns, latest, sweep_period
from nft.claims.picture import request_first_pictures
from nft.core.tokens.verdict import BlockRef, Verdict
from nft.models import ClaimCheck, LinkedAccount, TokenClaim
from nft.models.accounts import accounts_at
from nft.tokens.facts import Check

State = TokenClaim.State
#: The columns that differ from claim to claim.
OWN_COLUMNS = ("account", "standard", "vault")


def is_first_answer(claim: TokenClaim, check: Check) -> bool:
    """Return whether the check verifies a claim that was never verified, and nothing else has to be written."""
    if claim.state not in {State.PENDING, State.UNKNOWN} or claim.watch_until is not None:
        return False
    is_verified = check.decision.verdict is Verdict.OWNED and check.holder is not None and check.standard is not None
    return is_verified and claim.moved_at_block is None


def record_first_answers(answers: Sequence[tuple[TokenClaim, Check]], block: BlockRef, now: datetime) -> set[uuid.UUID]:
    """Record answers for which `is_first_answer` is true, of claims that were leased together.

    Return the claims whose answer is not recorded and stays the caller's: those that had a picture before, whose
    account was unlinked, or whose lease is over. Accounts are locked before claims, as `checking.record_check` does.
    """
    if not answers:
        return set()
    checks = {claim.pk: check for claim, check in answers}
    with transaction.atomic():
        accounts = _lock_accounts(answers)
        claims = _lock_claims(answers[0][0].attempt, checks)
        known = [claim for claim in claims if (claim.user_id, checks[claim.pk].holder) in accounts]
        for claim in known:
            check = checks[claim.pk]
            claim.account = accounts[claim.user_id, check.holder]
            claim.standard, claim.vault = check.standard or "", check.vault
        _write(known, block, now)
    return set(checks) - {claim.pk for claim in known}


def _lock_accounts(answers: Sequence[tuple[TokenClaim, Check]]) -> dict[tuple[int, bytes | None], LinkedAccount]:
    chain_id = answers[0][0].chain_id
    mine = LinkedAccount.objects.filter(
        accounts_at(chain_id),
        user_id__in={claim.user_id for claim, _ in answers},
        address__in={check.holder for _, check in answers},
    )
    return {(each.user_id, each.address): each for each in mine.select_for_update(no_key=True).order_by("pk")}


def _lock_claims(attempt: uuid.UUID | None, checks: dict[uuid.UUID, Check]) -> list[TokenClaim]:
    is_known = ClaimCheck.objects.filter(claim=OuterRef("pk"), last_at=None, verdict=ClaimCheck.Verdict.OWNED)
    held = TokenClaim.objects.filter(~Exists(is_known), pk__in=checks, attempt=attempt, avatar=None)
    return list(held.select_for_update(of=("self",)).order_by("pk"))


def _write(claims: Sequence[TokenClaim], block: BlockRef, now: datetime) -> None:
    if not claims:
        return
    at = max(latest(claim.checked_at, now) for claim in claims)
    history.record_verified(claims, block, at)
    TokenClaim.objects.bulk_update(claims, OWN_COLUMNS)
    TokenClaim.objects.filter(pk__in=[claim.pk for claim in claims]).update(
        state=State.OWNED,
        reason="",
        reason_sentence="",
        is_checked_alone=F("spoils_batches"),
        **checked_columns(block, at, now + sweep_period()),
    )
    request_first_pictures(claims, now)
