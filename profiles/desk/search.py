"""The desk's one search: any text that a complaint may hold, to the people and pictures it is about."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from profiles.desk.parts import Hit, SearchFinder, Words, get_finders

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

log = logging.getLogger(__name__)

MAX_TEXT = 400
MOST = 60


def describe_search(staff: User) -> list[Words]:
    """Return what this member of staff may search for."""
    return [each.takes for each in get_finders() if each.takes and _may_use(each, staff)]


def search(text: str, staff: User) -> list[Hit]:
    """Return what the finders that this member of staff may use have found, each page once."""
    text = text.replace("\0", "").strip()[:MAX_TEXT]
    if not text:
        return []
    found: dict[str, Hit] = {}
    for finder in get_finders():
        if not _may_use(finder, staff):
            continue
        try:
            hits = list(finder.find(text, staff))
        except Exception:
            log.exception("The finder %s of the desk failed.", finder.slug)
            continue
        for hit in hits:
            found.setdefault(hit.url, hit)
    return list(found.values())[:MOST]


def _may_use(finder: SearchFinder, staff: User) -> bool:
    return not finder.permission or staff.has_perm(finder.permission)
