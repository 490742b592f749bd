"""A person's notices in pages, newest first."""

from __future__ import annotations

from typing import NamedTuple

from profiles.models import Notice, Profile
from profiles.positions import Position, take_page

# Notices on a page.
PAGE_SIZE = 20


class NoticePage(NamedTuple):
    entries: list[Notice]
    next: Position | None


def get_page(profile: Profile, after: Position | None = None, size: int = PAGE_SIZE) -> NoticePage:
    """Return a page that begins after a position, and where the next one begins. One query, and one for pictures."""
    notices = profile.notices.on_site().select_related("avatar__image")
    return NoticePage(*take_page(notices.prefetch_related("avatar__image__renditions"), "at", after, size))
