"""The routes of the API, made from the table of operations, and of the pages about it."""

from __future__ import annotations

import re

from django.urls import URLPattern, path

from profiles.api.dispatch import view_of
from profiles.api.operations import OPERATIONS, Operation
from profiles.api.pages import about, openapi
from profiles.views import api_tokens

_V1 = "api/v1"


def _by_path() -> dict[str, dict[str, Operation]]:
    paths: dict[str, dict[str, Operation]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = operation
    return paths


def _route(template: str, operations: dict[str, Operation]) -> str:
    """Translate `/me/pictures/{picture_id}` into a Django route. A parameter is a UUID or a handle."""
    schemas = {each.name: each.schema for operation in operations.values() for each in operation.parameters}

    def converter(match: re.Match[str]) -> str:
        kind = "uuid" if schemas[match[1]].get("format") == "uuid" else "slug"
        return f"<{kind}:{match[1]}>"

    return _V1 + re.sub(r"\{(\w+)\}", converter, template)


urlpatterns: list[URLPattern] = [
    path("api/", about, name="api"),
    path("api/openapi.json", openapi, name="openapi"),
    *(path(_route(template, operations), view_of(operations)) for template, operations in _by_path().items()),
    path("settings/api/", api_tokens.tokens, name="api_tokens"),
    path("settings/api/<uuid:token_id>/revoke/", api_tokens.revoke, name="api_token_revoke"),
]
