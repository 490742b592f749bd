"""A person's history in pages. Each begins after a position, so that pages stay stable while pictures change."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from profiles.models import Avatar, Profile
from profiles.positions import Position

# Entries in a page that people look at.
PAGE_SIZE = 12


class Page(NamedTuple):
    entries: list[Avatar]
    next: Position | None


def history_page(profile: Profile, *, after: Position | None = None, size: int) -> Page:
    """Return up to `size` entries, chosen last first, and where to go on. One query over the history's index."""
    entries = _visible(profile)
    if after is not None:
        entries = entries.filter(after.rest("chosen_at"))
    found = list(entries.select_related("image").prefetch_related("image__renditions")[: size + 1])
    last = found[size - 1] if len(found) > size else None
    return Page(found[:size], None if last is None else Position(last.chosen_at, last.pk))


def history_of(profile: Profile, shown: Avatar | None, now: datetime, *, after: Position | None = None) -> Page:
    """Return a page for its owner, with `is_current` (it is `shown`) and `has_mark` at `now` set on each entry."""
    page = history_page(profile, after=after, size=PAGE_SIZE)
    for avatar in page.entries:
        avatar.is_current = avatar == shown
        avatar.has_mark = avatar.mark_holds(now)
    return page


def history_length(profile: Profile) -> int:
    return _visible(profile).count()


def history_ids(profile: Profile, most: int) -> list[UUID]:
    return list(_visible(profile).values_list("pk", flat=True)[:most])


def _visible(profile: Profile) -> QuerySet[Avatar]:
    """Return the entries without those the person removed, but with those the site removed, which say why."""
    kept = profile.avatars.exclude(state=Avatar.State.REMOVED, is_locked=False)
    return kept.order_by("-chosen_at", "-id")
