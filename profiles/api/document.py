"""Build the OpenAPI 3.1 document from the table of operations."""

from __future__ import annotations

from itertools import groupby
from urllib.parse import urljoin

from django.urls import reverse

from profiles import settings
from profiles.api.operations import OPERATIONS, Operation, Parameter
from profiles.api.problems import PROBLEMS
from profiles.api.schemas import SCHEMAS, Schema, ref
from profiles.images.formats import UPLOAD_TYPES
from profiles.problems import CONTENT_TYPE

VERSION = "1.0.0"
PICTURE_TYPES = (*UPLOAD_TYPES, "application/octet-stream")
_ABOUT = (
    "Set, get and remove your profile picture. Make a token in your settings and send it as "
    "`Authorization: Bearer avs_…`. Errors are RFC 9457 problems; `type` is stable."
)
_RETRY = {"description": "Seconds until another try may work.", "schema": {"type": "integer"}, "required": True}
_CHALLENGE = {"description": "RFC 6750.", "schema": {"type": "string"}, "required": True}
_HEADERS = {401: {"WWW-Authenticate": _CHALLENGE}, 403: {"WWW-Authenticate": _CHALLENGE}}
_HEADERS |= {429: {"Retry-After": _RETRY}, 503: {"Retry-After": _RETRY}}


def server_url() -> str:
    return urljoin(settings.current().site_origin, reverse("profiles:api") + "v1")


def document() -> dict[str, object]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "Profile pictures", "version": VERSION, "description": _ABOUT},
        "servers": [{"url": server_url()}],
        "paths": _paths(),
        "components": {"schemas": SCHEMAS, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


def _paths() -> dict[str, dict[str, object]]:
    paths: dict[str, dict[str, object]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return paths


def _operation(operation: Operation) -> dict[str, object]:
    answer = {"description": SCHEMAS[operation.answer]["description"], "content": _json(ref(operation.answer))}
    by_status = groupby(sorted(operation.all_problems(), key=_status), _status)
    refusals = {str(status): _refusal(status, list(slugs)) for status, slugs in by_status}
    return {
        "operationId": operation.name,
        "summary": operation.about,
        "security": [{"token": [operation.scope.value]}] if operation.scope else [],
        "parameters": [_parameter(each) for each in operation.parameters],
        **({"requestBody": {"required": True, "content": _body(operation.body)}} if operation.body else {}),
        "responses": {"200": answer, **refusals},
    }


def _parameter(parameter: Parameter) -> dict[str, object]:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.place == "path",
        "description": parameter.about,
        "schema": parameter.schema,
    }


def _body(what: str) -> dict[str, object]:
    if what == "description":
        return _json(ref("Description"))
    return {**{kind: {} for kind in PICTURE_TYPES}, "multipart/form-data": {"schema": ref("Upload")}}


def _status(slug: str) -> int:
    return PROBLEMS[slug].status


def _refusal(status: int, slugs: list[str]) -> dict[str, object]:
    """Return the response of one status, with the problem types it may have."""
    types = {"type": {"enum": [f"/problems/{slug}" for slug in slugs]}, "status": {"const": status}}
    return {
        "description": " ".join(dict.fromkeys(PROBLEMS[slug].meaning for slug in slugs)),
        **({"headers": _HEADERS[status]} if status in _HEADERS else {}),
        "content": {CONTENT_TYPE: {"schema": {"allOf": [ref("Problem"), {"properties": types}]}}},
    }


def _json(schema: Schema) -> dict[str, object]:
    return {"application/json": {"schema": schema}}
