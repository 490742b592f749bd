"""Read what a program sends by its schema: the same schema that the document shows. Parts of JSON Schema are known."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from profiles.programs.schemas import Schema


class Unfit(ValueError):
    """A value that its schema does not allow. The message is a sentence for people."""


def read_value(schema: Schema, value: object, name: str) -> Any:
    """Return `value` as the schema wants it: a whole number is an int, however it was written. Raise Unfit."""
    kinds = schema["type"]
    allowed = list(map(str, kinds)) if isinstance(kinds, list) else [str(kinds)]
    if value is None and "null" in allowed:
        return None
    for kind in allowed:
        if kind != "null" and _IS[kind](value):
            return _READ[kind](schema, value, name)
    raise Unfit(f"“{name}” must be {_NAMES[allowed[0]]}.")


def read_text(schema: Schema, text: str, name: str) -> Any:
    """Like `read_value`, for a value that is sent as text: a parameter or a field of a form."""
    if schema["type"] == "integer":
        if not re.fullmatch("-?[0-9]{1,18}", text):
            raise Unfit(f"“{name}” must be a whole number.")
        return read_value(schema, int(text), name)
    if schema["type"] == "boolean":
        if text not in {"true", "false"}:
            raise Unfit(f"“{name}” must be true or false.")
        return text == "true"
    return read_value(schema, text, name)


def _is_whole(value: object) -> bool:
    return not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))


def _read_text(schema: Schema, value: Any, name: str) -> str:
    enum, most, least, pattern = (schema.get(each) for each in ("enum", "maxLength", "minLength", "pattern"))
    if isinstance(enum, list) and value not in enum:
        raise Unfit(f"“{name}” must be one of: {', '.join(map(str, enum))}.")
    if isinstance(most, int) and len(value) > most:
        raise Unfit(f"“{name}” may have up to {most:,} characters.")
    if isinstance(least, int) and len(value) < least:
        raise Unfit(f"“{name}” must have at least {least} characters{_told(schema)}.")
    if isinstance(pattern, str) and not re.fullmatch(pattern, value):
        raise Unfit(f"“{name}” must be of the form {pattern}{_told(schema)}.")
    if schema.get("format") == "uuid":
        try:
            return str(UUID(value))
        except ValueError:
            raise Unfit(f"“{name}” must be a UUID.") from None
    return str(value)


def _told(schema: Schema) -> str:
    """Return what the schema says of itself, as a pattern or a length alone tells people little."""
    about = str(schema.get("description", "")).removesuffix(".")
    return f": {about[:1].lower()}{about[1:]}" if about else ""


def _read_number(schema: Schema, value: Any, name: str) -> Any:
    low, high = schema.get("minimum"), schema.get("maximum")
    if (isinstance(low, int) and value < low) or (isinstance(high, int) and value > high):
        raise Unfit(f"“{name}” must be {_range(low, high)}.")
    return int(value) if schema["type"] == "integer" else float(value)


def _range(low: object, high: object) -> str:
    if low is None or high is None:
        return f"at least {low}" if high is None else f"at most {high}"
    return f"from {low} to {high}"


def _read_list(schema: Schema, value: Any, name: str) -> list[Any]:
    most, items = schema.get("maxItems"), schema["items"]
    if isinstance(most, int) and len(value) > most:
        raise Unfit(f"“{name}” may have up to {most} entries.")
    assert isinstance(items, Mapping)  # noqa: S101  # tells the type checker
    return [read_value(items, each, f"{name}[{place}]") for place, each in enumerate(value)]


def _read_object(schema: Schema, value: Any, name: str) -> dict[str, Any]:
    members, required = schema["properties"], schema.get("required", [])
    assert isinstance(members, Mapping) and isinstance(required, list)  # noqa: S101, PT018  # tells the type checker
    odd = next((each for each in value if each not in members), None)
    if odd is not None:
        raise Unfit(f"“{odd[:40]}” is unknown here. Known: {', '.join(members)}.")
    missing = next((each for each in required if each not in value), None)
    if missing is not None:
        raise Unfit(f"“{missing}” is missing.")
    inner = f"{name}." if name else ""
    return {each: read_value(members[each], value[each], f"{inner}{each}") for each in value}


_IS: Mapping[str, Callable[[object], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": _is_whole,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
_READ: Mapping[str, Callable[[Schema, Any, str], Any]] = {
    "string": _read_text,
    "integer": _read_number,
    "number": _read_number,
    "boolean": lambda _schema, value, _name: value,
    "array": _read_list,
    "object": _read_object,
}
_NAMES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}
