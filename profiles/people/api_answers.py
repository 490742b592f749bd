"""Answers to programs, kept under their Idempotency-Key: who sends a call again gets its first answer.

(draft-ietf-httpapi-idempotency-key-header.) They are kept in the database, as it is the truth: a cache that is emptied
would let a call be carried out twice. Only successes are kept: a refused call changed nothing, and may be sent again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from profiles.jobs import job
from profiles.models import ApiAnswer, ApiToken

KEPT = timedelta(days=1)
# A call that has no answer after so long died with its process. The next one with its key is carried out.
GIVEN_UP_AFTER = timedelta(minutes=5)
# Rows that one run deletes.
PAGE = 5_000


@dataclass(frozen=True)
class Kept:
    """An answer to a call that was sent before."""

    status: int
    content: str


class OtherCall(Exception):
    """The key names another call."""


class StillRunning(Exception):
    """The first call with the key is not answered yet."""


def begin_answer(token: ApiToken, key: str, call: str, now: datetime) -> ApiAnswer | Kept:
    """Reserve the key for a call (its sha256), or return the answer it got before. Raise OtherCall or StillRunning.

    Of many calls at once, one gets the row.
    """
    digest = hashlib.sha256(key.encode()).hexdigest()
    try:
        with transaction.atomic():
            return ApiAnswer.objects.create(token=token, key=digest, call=call, begun_at=now)
    except IntegrityError:
        found = ApiAnswer.objects.filter(token=token, key=digest).first()
    if found is None:  # refused and forgotten in between
        return begin_answer(token, key, call, now)
    if found.begun_at <= now - (KEPT if found.status else GIVEN_UP_AFTER):
        ApiAnswer.objects.filter(pk=found.pk, begun_at=found.begun_at).delete()
        return begin_answer(token, key, call, now)
    if found.call != call:
        raise OtherCall
    if found.status is None:
        raise StillRunning
    return Kept(found.status, found.content)


def keep_answer(answer: ApiAnswer, status: int, content: str) -> None:
    ApiAnswer.objects.filter(pk=answer.pk).update(status=status, content=content)


def forget_answer(answer: ApiAnswer) -> None:
    """Free the key of a call that was refused or failed."""
    ApiAnswer.objects.filter(pk=answer.pk).delete()


@job(every=timedelta(minutes=10))
def delete_old_answers(now: datetime) -> int:
    """Delete answers older than KEPT. Return how many."""
    old = ApiAnswer.objects.filter(begun_at__lt=now - KEPT).values_list("pk", flat=True)[:PAGE]
    deleted, _ = ApiAnswer.objects.filter(pk__in=list(old)).delete()
    return deleted
