"""The routes of the API, made from the groups of operations, and of the pages about it."""

from __future__ import annotations

import re

from django.urls import URLPattern, path

from profiles.api.dispatch import view_of
from profiles.api.pages import about, openapi, problem, problems
from profiles.programs.operations import Operation, all_operations
from profiles.views import api_tokens

_V1 = "api/v1"


def _by_path() -> dict[str, dict[str, Operation]]:
    paths: dict[str, dict[str, Operation]] = {}
    for operation in all_operations():
        if not operation.elsewhere:
            paths.setdefault(operation.path, {})[operation.method] = operation
    return paths


def _route(template: str, operations: dict[str, Operation]) -> str:
    """Translate `/me/pictures/{picture_id}` into a Django route. A parameter is a UUID, a number or a handle."""
    schemas = {each.name: each.schema for operation in operations.values() for each in operation.parameters}

    def converter(match: re.Match[str]) -> str:
        schema = schemas[match[1]]
        kind = "uuid" if schema.get("format") == "uuid" else "int" if schema["type"] == "integer" else "slug"
        return f"<{kind}:{match[1]}>"

    return _V1 + re.sub(r"\{(\w+)\}", converter, template)


urlpatterns: list[URLPattern] = [
    path("api/", about, name="api"),
    path("api/openapi.json", openapi, name="openapi"),
    path("problems/", problems, name="problems"),
    path("problems/<slug:slug>", problem, name="problem"),
    *(path(_route(template, operations), view_of(operations)) for template, operations in _by_path().items()),
    path("settings/api/", api_tokens.tokens, name="api_tokens"),
    path("settings/api/<uuid:token_id>/revoke/", api_tokens.revoke, name="api_token_revoke"),
]
