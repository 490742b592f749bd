"""Schemas of what others see of a person: the public profile, and the receipt of their picture."""

from __future__ import annotations

from profiles.programs.schemas import (
    ADDRESS,
    COUNT,
    MEDIA_TYPE,
    SHA256,
    TEXT,
    YES_NO,
    Schema,
    answer_of,
    described,
    list_of,
    one_of,
    or_null,
    ref,
)
from profiles.sources import source_choices

SOURCE: Schema = one_of([name for name, _ in source_choices()])
MARK_TEXT = described(TEXT, "What the mark says in words; empty without a mark.")

RECEIPT: dict[str, Schema] = {
    "handle": TEXT,
    "name": described(TEXT, "The display name, or the handle where there is none."),
    "profile": described(ADDRESS, "The public page."),
    "url": described(ADDRESS, "Always the current picture; add ?s= for a size in pixels."),
    "alt": described(TEXT, "What the picture shows, for people who can't see it."),
    "mark": described(YES_NO, "The right to show it was checked within the allowed age."),
    "provenance": {
        "type": ["object", "null"],
        "description": "What proves the mark, as its source says it.",
        "additionalProperties": True,
    },
    "source": or_null(SOURCE, "null where there is no picture."),
    "sha256": or_null(SHA256, "Of the picture as we keep it."),
    "type": or_null(MEDIA_TYPE),
    "width": or_null(COUNT, "In pixels."),
    "height": or_null(COUNT, "In pixels."),
    "frames": or_null(COUNT, "More than 1 where it moves."),
    "sizes": list_of(ref("Size"), "The squares that are served."),
}

SIZE = answer_of(
    {
        "size": described(COUNT, "Side in pixels."),
        "type": MEDIA_TYPE,
        "animated": YES_NO,
        "bytes": COUNT,
        "sha256": SHA256,
        "url": described(ADDRESS, "Immutable: always these bytes."),
    },
    "One square picture.",
)
