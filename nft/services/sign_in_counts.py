"""How many tries to sign in by wallet were refused, by day and reason: enough to see an attack, nothing about anybody.

What succeeded stands in the audit of its person.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F

from nft.models import SignInCount
from nft.services.refusals import BodyTooLarge, RateLimited, Refused

KEPT = timedelta(days=400)


def count(refusal: Refused, now: datetime) -> None:
    """One more of this reason. What is refused unread costs the database nothing, and so is not counted."""
    outcome = refusal.slug
    if isinstance(refusal, BodyTooLarge | RateLimited) or _add_one(outcome, now):
        return
    try:
        with transaction.atomic():
            SignInCount.objects.create(day=now.date(), outcome=outcome, count=1)
    except IntegrityError:  # the day's first one, in parallel
        _add_one(outcome, now)


def forget_old(now: datetime) -> None:
    SignInCount.objects.filter(day__lt=(now - KEPT).date()).delete()


def _add_one(outcome: str, now: datetime) -> bool:
    return SignInCount.objects.filter(day=now.date(), outcome=outcome).update(count=F("count") + 1) == 1
