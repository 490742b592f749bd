"""Build the OpenAPI 3.1 document from the groups of operations."""

from __future__ import annotations

from itertools import groupby
from urllib.parse import urljoin

from django.urls import reverse

from profiles import settings
from profiles.problems import CONTENT_TYPE, type_of
from profiles.programs.operations import Group, Json, Media, Operation, Parameter, Upload, get_groups
from profiles.programs.problems import problems_of
from profiles.programs.schemas import ADDRESS, BINARY, TEXT, Schema, answer_of, described, input_of, ref
from profiles.scopes import get_scopes

VERSION = "1.1.0"
LICENSE = {"name": "MIT", "identifier": "MIT"}
PROBLEM = answer_of(
    {
        "type": described(ADDRESS, "Stable; tells reasons apart. The page there explains it."),
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": described(TEXT, "A sentence that names the reason and the limit."),
        "scope": described(TEXT, "In scope-missing: what the token lacks."),
        "confirm_at": described(ADDRESS, "In confirm-on-site: the page on which a person does it."),
    },
    "RFC 9457.",
    optional=("scope", "confirm_at"),
)
_ABOUT = """
Everything that a person can do on the pages of this site, for programs.

**Tokens.** A person makes one in their settings and chooses its scopes. Send it as `Authorization: Bearer avs_…`.
Pages of any origin may call with it; cookies open nothing.

**Errors** are problems (RFC 9457). Tell them apart by `type`, and show `detail` to people. `x-problems` lists what each
answer may be.

**Lists** come in pages: give `next` as `after`, until it is null. Entries that come or go meanwhile move none of the
others.

**Idempotency-Key**: send one with a call that makes something, and send it again with the same key if the answer was
lost. Within a day you get the first answer again.

**Limits**: `RateLimit` says how many calls are left, `Retry-After` after how many seconds to come back.
"""


def server_url() -> str:
    return urljoin(settings.current().site_origin or "/", prefix()[1:])


def prefix() -> str:
    """Return the path that all operations but those elsewhere stand below."""
    return reverse("profiles:api") + "v1"


def document() -> dict[str, object]:
    groups = get_groups()
    about: dict[str, object] = {"title": "Profile pictures", "version": VERSION, "description": _ABOUT.strip()}
    about |= {"license": LICENSE, "contact": {"url": urljoin(settings.current().site_origin, reverse("profiles:api"))}}
    schemas = {name: schema for group in groups for name, schema in group.schemas.items()}
    return {
        "openapi": "3.1.0",
        "info": about,
        "servers": [{"url": settings.current().site_origin or "/"}],
        "tags": [{"name": group.name, "description": group.about} for group in groups],
        "paths": _paths(groups),
        "components": {
            "schemas": {**schemas, "Problem": PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": _scopes()}},
        },
    }


def path_of(operation: Operation) -> str:
    """Return the operation's path on this site, with its parameters in braces."""
    if operation.elsewhere:
        return reverse("profiles:api").removesuffix("api/").rstrip("/") + operation.path
    return prefix() + operation.path


def _scopes() -> str:
    lines = (f"- `{scope}`: {scope.allows}." + " Sensitive." * scope.is_sensitive for scope in get_scopes())
    return "The scopes of tokens, of which each operation names the one it needs:\n\n" + "\n".join(lines)


def _paths(groups: tuple[Group, ...]) -> dict[str, dict[str, object]]:
    paths: dict[str, dict[str, object]] = {}
    for group in groups:
        for operation in group.operations:
            paths.setdefault(path_of(operation), {})[operation.method.lower()] = _operation(operation, group)
    return paths


def _operation(operation: Operation, group: Group) -> dict[str, object]:
    by_status = groupby(sorted(problems_of(operation), key=lambda kind: kind.status), lambda kind: kind.status)
    refusals = {str(status): _refusal(status, [kind.slug for kind in kinds]) for status, kinds in by_status}
    parameters = [_parameter(each) for each in operation.parameters]
    if isinstance(operation.body, Upload) and operation.body.types:
        parameters += [_parameter(each) for each in _fields_as_queries(operation.body)]
    return {
        "operationId": operation.name,
        "tags": [group.name],
        "summary": operation.about.partition(". ")[0].rstrip("."),
        "description": _about(operation),
        "security": [{"token": [operation.scope.name]}] if operation.scope else [],
        "parameters": [*parameters, *([_IDEMPOTENCY_KEY] if operation.keeps_answer else [])],
        **({"requestBody": _body(operation.body)} if operation.body else {}),
        "responses": {"200": _success(operation, group), **refusals},
    }


def _about(operation: Operation) -> str:
    return operation.about + (f" Needs the scope `{operation.scope}`." if operation.scope else " Needs no token.")


def _fields_as_queries(body: Upload) -> list[Parameter]:
    """Return the fields of an upload as parameters, for the body that is the file itself."""
    return [
        Parameter(name, "query", schema, str(schema.get("description", ""))) for name, schema in body.fields.items()
    ]


def _parameter(parameter: Parameter) -> dict[str, object]:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.place == "path" or parameter.is_required,
        "description": parameter.about,
        "schema": parameter.schema,
        **({} if parameter.example is None else {"example": parameter.example}),
    }


_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Names this call, such as a UUID. Sent again with it, it gets its first answer.",
    "schema": {"type": "string", "pattern": r"^[!#-\[\]-~]{1,200}$"},
}


def _body(body: Json | Upload) -> dict[str, object]:
    if isinstance(body, Json):
        return {"required": body.is_required, "content": {"application/json": {"schema": body.schema}}}
    required = (*([body.file] if body.is_required else []), *body.required)
    form = input_of({body.file: described(BINARY, "The file."), **body.fields}, required=required)
    content: dict[str, object] = {kind: {"schema": BINARY} for kind in body.types}
    return {"required": True, "content": {**content, "multipart/form-data": {"schema": form}}}


def _success(operation: Operation, group: Group) -> dict[str, object]:
    headers = {} if operation.elsewhere else {"headers": _limit_headers(operation)}
    if isinstance(operation.answer, Media):
        content: dict[str, object] = {kind: {"schema": BINARY} for kind in operation.answer.types}
        return {"description": operation.answer.about, **headers, "content": content}
    schema = group.schemas.get(operation.answer) or _schema_of(operation.answer)
    content = {"application/json": {"schema": ref(operation.answer)}}
    return {"description": schema["description"], **headers, "content": content}


def _schema_of(name: str) -> Schema:
    return next(group.schemas[name] for group in get_groups() if name in group.schemas)


def _limit_headers(operation: Operation) -> dict[str, object]:
    headers: dict[str, object] = {"RateLimit": _LIMIT, "RateLimit-Policy": _POLICY}
    return headers | ({"Link": _LINK} if operation.is_paged else {})


def _header(about: str, schema: Schema = TEXT, *, required: bool = False) -> dict[str, object]:
    return {"description": about, "schema": schema, **({"required": True} if required else {})}


_LIMIT = _header('What is left of each limit: `"calls";r=3599;t=1800` are 3,599 calls in the next 1,800 seconds.')
_POLICY = _header('The limits: `"calls";q=3600;w=3600` are 3,600 calls in 3,600 seconds.')
_LINK = _header('The next page: `<…>; rel="next"`.')
_RETRY = _header("Seconds until another try may work.", {"type": "integer"}, required=True)
_CHALLENGE = _header("RFC 6750.", required=True)
_HEADERS: dict[int, dict[str, object]] = {
    401: {"WWW-Authenticate": _CHALLENGE},
    429: {"Retry-After": _RETRY},
    503: {"Retry-After": _RETRY},
}


def _refusal(status: int, slugs: list[str]) -> dict[str, object]:
    """Return the response of one status. Its schema is a plain reference, which every generator of clients reads."""
    return {
        "description": ", ".join(f"`{slug}`" for slug in slugs),
        **({"headers": _HEADERS[status]} if status in _HEADERS else {}),
        "content": {CONTENT_TYPE: {"schema": ref("Problem")}},
        "x-problems": [type_of(slug) for slug in slugs],
    }
