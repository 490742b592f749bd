"""Take claims off people's lists that the chain refused and that never had a picture."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from nft.models import ClaimCheck, TokenClaim
from profiles.audit import record
from profiles.jobs import job
from profiles.people.profiles import profile_of

#: How long a refused claim stays on the list of its person, who may remove it earlier.
KEPT = timedelta(days=1)
PAGE = 500


@job(every=timedelta(minutes=5))
def remove_failed_claims(now: datetime) -> int:
    """Delete a page of the claims that were refused for longer than KEPT. Return how many.

    Only a NOT_OWNED answer counts: during an outage no claim fails. One that had a picture stays, as the token may
    come back.
    """
    failed = TokenClaim.objects.filter(state=TokenClaim.State.NOT_OWNED, avatar=None)
    is_new = ClaimCheck.objects.filter(claim=OuterRef("pk"), last_at=None, at__gt=now - KEPT)
    old = failed.filter(~Exists(is_new), created_at__lt=now - KEPT).order_by("created_at")
    removed = 0
    for claim_id in list(old.values_list("pk", flat=True)[:PAGE]):
        with transaction.atomic():
            claim = failed.select_for_update(of=("self",)).select_related("user").filter(pk=claim_id).first()
            if claim is not None:  # else its person checks it again
                what = {"contract": claim.contract_text, "token_id": claim.token_id_text, "reason": claim.reason}
                record(profile_of(claim.user), "claim.expire", None, claim=str(claim.pk), **what)
                claim.delete()
                removed += 1
    return removed
