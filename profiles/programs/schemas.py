"""Schemas of JSON to build others from, in JSON Schema 2020-12, as OpenAPI 3.1 requires."""

from __future__ import annotations

from collections.abc import Mapping

from profiles.positions import POSITION

Schema = Mapping[str, object]

TEXT: Schema = {"type": "string"}
YES_NO: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
MOMENT: Schema = {"type": "string", "format": "date-time"}
IDENTIFIER: Schema = {"type": "string", "format": "uuid"}
ADDRESS: Schema = {"type": "string", "format": "uri-reference"}
SHA256: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
MEDIA_TYPE: Schema = {"type": "string", "pattern": "^image/[a-z]+$"}
# Bytes in bodies and answers. Generators of clients know this form, though JSON Schema says nothing of it.
BINARY: Schema = {"type": "string", "format": "binary"}
NEXT: Schema = {
    "type": ["string", "null"],
    "pattern": POSITION,
    "description": "Give it as `after` to get the next page; null on the last one.",
}


def text_up_to(characters: int, about: str = "") -> Schema:
    return described({"type": "string", "maxLength": characters}, about)


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def or_null(schema: Schema, about: str = "") -> Schema:
    """Allow null: within types and enums, and beside references."""
    if "$ref" in schema:
        return described({"anyOf": [schema, {"type": "null"}]}, about)
    enum = schema.get("enum")
    more = {"enum": [*enum, None]} if isinstance(enum, list) else {}
    return described({**schema, "type": [schema["type"], "null"], **more}, about)


def described(schema: Schema, about: str) -> Schema:
    return {**schema, "description": about} if about else schema


def one_of(values: list[str], about: str = "") -> Schema:
    return described({"type": "string", "enum": values}, about)


def list_of(items: Schema, about: str = "", *, most: int | None = None) -> Schema:
    return described({"type": "array", "items": items, **({} if most is None else {"maxItems": most})}, about)


def answer_of(members: Mapping[str, Schema], about: str, *, optional: tuple[str, ...] = ()) -> Schema:
    """Return the schema of an object that we send, open to members of later versions. All are sent but `optional`."""
    required = [name for name in members if name not in optional]
    return {"type": "object", "description": about, "required": required, "properties": dict(members)}


def page_of(name: str, schema: str, about: str) -> Schema:
    """Return the schema of one page of a list, whose entries stand in the member `name`."""
    return answer_of({name: list_of(ref(schema)), "next": NEXT}, about)


def input_of(members: Mapping[str, Schema], *, required: tuple[str, ...] = (), example: object = None) -> Schema:
    """Return the schema of an object that we read: other members are refused, so that none is silently ignored."""
    return {
        "type": "object",
        **({"required": list(required)} if required else {}),
        "properties": dict(members),
        "additionalProperties": False,
        **({} if example is None else {"examples": [example]}),
    }
