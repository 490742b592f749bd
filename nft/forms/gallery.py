"""Parse the gallery's query strings. Malformed values are ignored, because old links must keep working."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from nft.gallery.pages import HIDDEN, MAIN, SPAM, GalleryFilter
from profiles.positions import Position

QUERY_CHARACTERS = 100


def read_wish(asked: Mapping[str, str]) -> GalleryFilter:
    shelf = asked.get("shelf", MAIN)
    return GalleryFilter(
        query=asked.get("q", "").replace("\0", "").strip()[:QUERY_CHARACTERS],
        collection=asked.get("collection", "")[:42],
        chain_id=_number(asked.get("chain", "")),
        shelf=shelf if shelf in {HIDDEN, SPAM} else MAIN,
        after=Position.read(asked.get("after", "")),
    )


def read_ids(texts: list[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
