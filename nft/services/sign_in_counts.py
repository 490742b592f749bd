"""How tries to sign in by wallet ended, by day and outcome: enough to see an attack, nothing about anybody."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F

from nft.models import SignInCount

KEPT = timedelta(days=400)


def count(outcome: str, now: datetime) -> None:
    """One more of `outcome`: what was done ("sign_in") or why it was refused (the refusal's slug)."""
    if _add_one(outcome, now):
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
