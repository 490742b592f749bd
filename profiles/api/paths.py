"""The parameters in paths: which routes take them, and what to say of one that is not of its form."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.urls.converters import get_converters

from profiles.programs.operations import Operation, all_operations
from profiles.programs.schemas import Schema

V1 = "api/v1"
_PARAMETER = re.compile(r"\{(\w+)\}")
_FORMS = {
    "uuid": "a UUID in lower case, with hyphens",
    "int": "a whole number",
    "slug": "made of letters, digits, - and _",
}


def build_route(template: str, operations: Mapping[str, Operation]) -> str:
    """Translate `/me/pictures/{picture_id}` into a Django route. A parameter is a UUID, a number or a handle."""
    schemas = {each.name: each.schema for operation in operations.values() for each in operation.parameters}
    return V1 + _PARAMETER.sub(lambda match: f"<{_converter_of(schemas[match[1]])}:{match[1]}>", template)


def find_bad_part(path: str) -> str | None:
    """Return a sentence on the parameter of `path` that is not of its form; None if no operation has such a path."""
    below = path.partition(f"/{V1}")[2]
    for operation in all_operations():
        found = None if operation.elsewhere else re.fullmatch(_PARAMETER.sub(r"(?P<\1>[^/]+)", operation.path), below)
        for name, text in found.groupdict().items() if found else ():
            kind = _converter_of(next(each.schema for each in operation.parameters if each.name == name))
            if not re.fullmatch(get_converters()[kind].regex, text):
                return f"“{text[:60]}” is no {name}, which is {_FORMS[kind]}."
    return None


def _converter_of(schema: Schema) -> str:
    return "uuid" if schema.get("format") == "uuid" else "int" if schema["type"] == "integer" else "slug"
