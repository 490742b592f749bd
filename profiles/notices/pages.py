"""A person's notices in pages, newest first."""

from __future__ import annotations

from typing import NamedTuple

from profiles.models import Notice, Profile
from profiles.positions import Position

# Notices on a page.
PAGE_SIZE = 20


class NoticePage(NamedTuple):
    entries: list[Notice]
    next: Position | None


def get_page(profile: Profile, after: Position | None = None) -> NoticePage:
    """Return a page that begins after a position, and where the next one begins. One query, and one for pictures."""
    notices = profile.notices.on_site()
    if after is not None:
        notices = notices.filter(after.rest("at"))
    shown = notices.select_related("avatar__image").prefetch_related("avatar__image__renditions")
    found = list(shown[: PAGE_SIZE + 1])
    last = found[PAGE_SIZE - 1] if len(found) > PAGE_SIZE else None
    return NoticePage(found[:PAGE_SIZE], None if last is None else Position(last.at, last.pk))
