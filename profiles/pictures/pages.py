"""A person's history in pages. Each begins after a position, so that pages stay stable while pictures change."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from profiles.models import Avatar, Profile
from profiles.positions import Position, take_page

# Entries in a page that people look at.
PAGE_SIZE = 12
# Pictures that are offered at once, before any page of the history is opened.
EARLIER = 6


class Page(NamedTuple):
    entries: list[Avatar]
    next: Position | None


def history_page(profile: Profile, *, after: Position | None = None, size: int) -> Page:
    """Return up to `size` entries, chosen last first, and where to go on. One query over the history's index."""
    entries = _visible(profile).select_related("image").prefetch_related("image__renditions")
    return Page(*take_page(entries, "chosen_at", after, size))


def history_of(profile: Profile, shown: Avatar | None, now: datetime, *, after: Position | None = None) -> Page:
    """Return a page for its owner, with `is_current` (it is `shown`) and `has_mark` at `now` set on each entry."""
    page = history_page(profile, after=after, size=PAGE_SIZE)
    for avatar in page.entries:
        avatar.is_current = avatar == shown
        avatar.has_mark = avatar.mark_holds(now)
    return page


def earlier_pictures(profile: Profile, shown: Avatar | None, now: datetime) -> list[Avatar]:
    """Return the pictures chosen last that could be shown instead of `shown`."""
    entries = profile.avatars.usable(now).select_related("image").prefetch_related("image__renditions")
    return [entry for entry in entries[: EARLIER + 1] if entry != shown][:EARLIER]


def history_length(profile: Profile) -> int:
    return _visible(profile).count()


def history_ids(profile: Profile, most: int) -> list[UUID]:
    return list(_visible(profile).values_list("pk", flat=True)[:most])


def _visible(profile: Profile) -> QuerySet[Avatar]:
    """Return the entries without those the person removed, but with those the site removed, which say why."""
    kept = profile.avatars.exclude(state=Avatar.State.REMOVED, is_locked=False)
    return kept.order_by("-chosen_at", "-id")
