"""The API's JSON in JSON Schema 2020-12, as OpenAPI 3.1 requires."""

from __future__ import annotations

from collections.abc import Mapping

from profiles.api.bodies import MAX_ALT_TEXT
from profiles.images.picture import CROP_TEXT
from profiles.models import Avatar
from profiles.positions import POSITION
from profiles.sources import source_choices

Schema = Mapping[str, object]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
MOMENT: Schema = {"type": "string", "format": "date-time"}
IDENTIFIER: Schema = {"type": "string", "format": "uuid"}
ADDRESS: Schema = {"type": "string", "format": "uri-reference"}
SHA256: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
MEDIA_TYPE: Schema = {"type": "string", "pattern": "^image/[a-z]+$"}
SOURCE: Schema = {"type": "string", "enum": [name for name, _ in source_choices()]}
# Numbers out of range are refused as "bad-crop", which no pattern can say.
CROP: Schema = {"type": "string", "pattern": CROP_TEXT}
ALT_TEXT: Schema = {"type": "string", "maxLength": MAX_ALT_TEXT}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _or_null(schema: Schema, about: str = "") -> Schema:
    """Allow null: within types and enums, and beside references."""
    said = {"description": about} if about else {}
    if "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}], **said}
    enum = schema.get("enum")
    return {
        **schema,
        "type": [schema["type"], "null"],
        **({"enum": [*enum, None]} if isinstance(enum, list) else {}),
        **said,
    }


def _about(schema: Schema, about: str) -> Schema:
    return {**schema, "description": about}


def _object(members: Mapping[str, Schema], about: str, *, optional: tuple[str, ...] = ()) -> Schema:
    """Return an object schema, open to members of later versions. All of `members` are required but `optional`."""
    required = [name for name in members if name not in optional]
    return {"type": "object", "description": about, "required": required, "properties": dict(members)}


_RECEIPT: Mapping[str, Schema] = {
    "handle": TEXT,
    "name": _about(TEXT, "The display name, or the handle where there is none."),
    "profile": _about(ADDRESS, "The public page."),
    "url": _about(ADDRESS, "Always the current picture; add ?s= for a size in pixels."),
    "alt": _about(TEXT, "What the picture shows, for people who can't see it."),
    "mark": {"type": "boolean", "description": "The right to show it was checked within the allowed age."},
    "provenance": {
        "type": ["object", "null"],
        "description": "What proves the mark, as its source says it.",
    },
    "source": _or_null(SOURCE, "null where there is no picture."),
    "sha256": _or_null(SHA256, "Of the picture as we keep it."),
    "type": _or_null(MEDIA_TYPE),
    "width": _or_null(COUNT, "In pixels."),
    "height": _or_null(COUNT, "In pixels."),
    "frames": _or_null(COUNT, "More than 1 where it moves."),
    "sizes": {"type": "array", "items": ref("Size"), "description": "The squares that are served."},
}

MARK_TEXT = _about(TEXT, "What the mark says in words; empty without a mark.")

_ENTRY: Mapping[str, Schema] = {
    "id": IDENTIFIER,
    "source": SOURCE,
    "state": {"type": "string", "enum": [state.value for state in Avatar.State]},
    "reason": _about(TEXT, "Why it was withdrawn or removed; else empty."),
    "is_current": {"type": "boolean", "description": "It is what others see now."},
    "mark": {"type": "boolean"},
    "mark_text": MARK_TEXT,
    "title": TEXT,
    "alt_text": TEXT,
    "asset": _or_null(TEXT, "What it was taken from, as its source names it; null for uploads."),
    "created_at": MOMENT,
    "chosen_at": _about(MOMENT, "When its owner last made it their picture."),
    "sha256": SHA256,
    "type": MEDIA_TYPE,
    "width": COUNT,
    "height": COUNT,
    "frames": COUNT,
    "url": _or_null(ADDRESS, "The largest square, immutable; null once removed."),
}

SCHEMAS: Mapping[str, Schema] = {
    "Size": _object(
        {
            "size": _about(COUNT, "Side in pixels."),
            "type": MEDIA_TYPE,
            "animated": {"type": "boolean"},
            "bytes": COUNT,
            "sha256": SHA256,
            "url": _about(ADDRESS, "Immutable: always these bytes."),
        },
        "One square picture.",
    ),
    "Profile": _object(
        {**_RECEIPT, "mark_text": MARK_TEXT, "bio": TEXT}, "A person in public, with the receipt of their picture."
    ),
    "CurrentPicture": _object(
        {
            **_RECEIPT,
            "mark_text": MARK_TEXT,
            "id": _or_null(IDENTIFIER, "In the history; null where there is no picture."),
            "history": {"type": "array", "items": IDENTIFIER, "maxItems": 100, "description": "Chosen last first."},
        },
        "What others see of you now.",
    ),
    "Picture": _object(_ENTRY, "An entry of your history."),
    "Pictures": _object(
        {
            "pictures": {"type": "array", "items": ref("Picture")},
            "next": {"type": ["string", "null"], "pattern": POSITION, "description": "`after` of the next page."},
        },
        "A page of your history, chosen last first.",
    ),
    "Removal": _object(
        {
            "removed": ref("Picture"),
            "restorable_until": _or_null(MOMENT, "Then it is erased; null where it can't be restored."),
            "picture": _or_null(ref("Picture"), "What others see instead: the picture chosen before, or none."),
        },
        "What was removed, and what came back.",
    ),
    "Description": {
        "type": "object",
        "required": ["alt_text"],
        "properties": {"alt_text": ALT_TEXT},
        "additionalProperties": False,
    },
    "Upload": {
        "type": "object",
        "required": ["content"],
        "properties": {
            "content": {
                "type": "string",
                "contentMediaType": "application/octet-stream",
                "description": "The picture, as a file.",
            },
            "alt_text": ALT_TEXT,
            "crop": CROP,
        },
    },
    "Problem": _object(
        {
            "type": _about(ADDRESS, "Stable; tells reasons apart."),
            "title": TEXT,
            "status": {"type": "integer"},
            "detail": _about(TEXT, "A sentence that names the reason and the limit."),
            "scope": _about(TEXT, "In scope-missing: what the token lacks."),
        },
        "RFC 9457.",
        optional=("scope",),
    ),
}
