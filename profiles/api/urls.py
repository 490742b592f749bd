"""The routes of the API, made from the groups of operations, and of the pages about it."""

from __future__ import annotations

from django.urls import URLPattern, path

from profiles.api.dispatch import view_of
from profiles.api.pages import about, openapi, problem, problems
from profiles.api.paths import build_route
from profiles.programs.operations import Operation, all_operations
from profiles.views import api_tokens


def _by_path() -> dict[str, dict[str, Operation]]:
    paths: dict[str, dict[str, Operation]] = {}
    for operation in all_operations():
        if not operation.elsewhere:
            paths.setdefault(operation.path, {})[operation.method] = operation
    return paths


urlpatterns: list[URLPattern] = [
    path("api/", about, name="api"),
    path("api/openapi.json", openapi, name="openapi"),
    path("problems/", problems, name="problems"),
    path("problems/<slug:slug>", problem, name="problem"),
    *(path(build_route(template, operations), view_of(operations)) for template, operations in _by_path().items()),
    path("settings/api/", api_tokens.tokens, name="api_tokens"),
    path("settings/api/<uuid:token_id>/revoke/", api_tokens.revoke, name="api_token_revoke"),
]
