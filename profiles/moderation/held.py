"""Decide about held pictures. A decision holds for the same bytes from now on, whoever brings them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q, QuerySet

from profiles.audit import record
from profiles.blocks.matching import avatar_digests
from profiles.models import BlockMark, Classification, Hold
from profiles.moderation.blocking import parse_reason
from profiles.pictures.holds import release_avatar, take_down

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

Answer = Classification.Answer


def waiting_holds() -> QuerySet[Hold]:
    """Return what waits for a decision, the longest first."""
    return Hold.objects.filter(waits=True).exclude(avatar__state="removed").order_by("created_at", "pk")


def approve(hold: Hold, reason: str, actor: User, now: datetime) -> int:
    """Show a held picture, to everybody who uses it. Return how many are shown again. Raise BlockRefused."""
    reason = parse_reason(reason)
    with transaction.atomic():
        _decide(hold, Answer.ALLOW, reason, now)
        back = 0
        for each in _same(hold):
            back += release_avatar(each.avatar_id, each.block, actor, reason)
            record(each.avatar.profile, "hold.approve", actor, avatar=str(each.avatar_id), reason=reason)
    return back


def refuse(hold: Hold, reason: str, actor: User, now: datetime) -> int:
    """Remove a held picture, from everybody who uses it, and refuse its bytes from now on. Return how many.

    Raise BlockRefused without a reason, which these people read.
    """
    reason = parse_reason(reason)
    with transaction.atomic():
        _decide(hold, Answer.REFUSE, reason, now)
        same = list(_same(hold))
        for each in same:
            take_down(each.avatar_id, reason, actor)
            record(each.avatar.profile, "hold.refuse", actor, avatar=str(each.avatar_id), reason=reason)
        Hold.objects.filter(pk__in=[each.pk for each in same]).delete()
    return len(same)


def _same(hold: Hold) -> QuerySet[Hold]:
    """Return the holds of the same picture for the same cause, the given one among them."""
    image = Q(avatar__image=hold.avatar.image_id)
    return Hold.objects.filter(image, block=hold.block_id).select_related("avatar__profile", "block").order_by("pk")


def _decide(hold: Hold, answer: str, reason: str, now: datetime) -> None:
    if hold.block_id is None:
        columns = {"answer": answer, "reason": reason, "answered_at": now, "due_at": None, "attempt": None}
        Classification.objects.filter(image__in=[hold.avatar.image_id]).update(**columns)
        return
    for sha256 in set(avatar_digests(hold.avatar)):
        said = {"is_similar": False, "is_allowed": answer == Answer.ALLOW}
        BlockMark.objects.update_or_create(block_id=hold.block_id, sha256=sha256, defaults=said)
