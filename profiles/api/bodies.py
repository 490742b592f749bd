"""Read the parameters and bodies of calls. The announced length is checked before anything is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.template.defaultfilters import filesizeformat

from profiles import settings
from profiles.api.values import Unfit, read_text, read_value
from profiles.errors import ExpectedError
from profiles.images.errors import TOO_MANY_BYTES
from profiles.programs.errors import (
    BAD_PARAMETER,
    BODY_INVALID,
    LENGTH_REQUIRED,
    MALFORMED_BODY,
    UNSUPPORTED_MEDIA_TYPE,
    CallRefused,
)
from profiles.programs.operations import Json, Operation, Upload
from profiles.programs.schemas import Schema, described
from profiles.text import parse_json

# Bytes that the lines of multipart and the fields may add to a file's.
_FORM_OVERHEAD = 64 * 1024
# How much of a refused body is read and dropped, as a multiple of the limit of uploads.
_DROPPED = 4
_CHUNK = 64 * 1024

Values = dict[str, Any]


def read_query(operation: Operation, request: HttpRequest) -> Values:
    """Read the parameters of the query. An unknown one is refused: a misspelt one must not be silently ignored."""
    known: dict[str, Schema] = {each.name: described(each.schema, each.about) for each in operation.queries}
    if isinstance(operation.body, Upload) and operation.body.types:
        known |= operation.body.fields
    odd = next((name for name in request.GET if name not in known), None)
    if odd is not None:
        names = ", ".join(sorted(known)) or "none"
        raise ExpectedError(f"There is no parameter “{odd[:40]}” here. Known: {names}.", BAD_PARAMETER)
    missing = next((each.name for each in operation.queries if each.is_required and each.name not in request.GET), None)
    if missing is not None:
        raise ExpectedError(f"The parameter “{missing}” is missing.", BAD_PARAMETER)
    try:
        return {name: read_text(known[name], str(request.GET[name]), name) for name in request.GET}
    except Unfit as error:
        raise ExpectedError(str(error), BAD_PARAMETER) from None


def read_body(operation: Operation, request: HttpRequest) -> tuple[Values, bytes | None]:
    """Read the body that the operation takes: its values, and its file if it is an upload. Raise ExpectedError."""
    if isinstance(operation.body, Json):
        return _read_json(operation.body, request), None
    if isinstance(operation.body, Upload):
        return _read_upload(operation.body, request)
    return {}, None


def drop_rest(request: HttpRequest) -> None:
    """Read and drop the rest of a refused body: a client reads the answer only once it has sent everything.

    A client that asked before sending (Expect) has sent nothing.
    """
    if request.headers.get("Expect"):
        return
    left = _DROPPED * settings.current().upload_max_bytes
    try:
        while left > 0 and (chunk := request.read(_CHUNK)):
            left -= len(chunk)
    except UnreadablePostError:
        return  # the client is gone


def _read_json(body: Json, request: HttpRequest) -> Values:
    length = _announced(request)
    if not length and not body.is_required:
        return {}
    if request.content_type != "application/json":
        headers = {"Accept-Patch" if request.method == "PATCH" else "Accept": "application/json"}
        raise CallRefused("Send application/json.", UNSUPPORTED_MEDIA_TYPE, headers=headers)
    _check_length(length, body.max_bytes)
    try:
        content = parse_json(_read(request, length))
    except ValueError as error:
        raise ExpectedError(f"The body is no JSON that we read: {_reason(error)}.", MALFORMED_BODY) from error
    if not isinstance(content, dict):
        raise ExpectedError("Send a JSON object.", BODY_INVALID)
    return _read_members(body.schema, content)


def _reason(error: ValueError) -> str:
    """Return what is wrong with a text that should be JSON, as the end of a sentence."""
    if isinstance(error, UnicodeError):
        return "it is not in UTF-8"
    said = str(error).removesuffix(".")
    if isinstance(error, json.JSONDecodeError):
        said = f"{error.msg} at character {error.pos + 1}"
    return said[:1].lower() + said[1:]


def _read_members(schema: Schema, content: object) -> Values:
    try:
        values: Values = read_value(schema, content, "")
    except Unfit as error:
        raise ExpectedError(str(error), BODY_INVALID) from None
    return values


def _read_upload(body: Upload, request: HttpRequest) -> tuple[Values, bytes | None]:
    length, limit = _announced(request), settings.current().upload_max_bytes
    kind = request.content_type or ""
    if kind == "multipart/form-data":
        _check_length(length, limit + _FORM_OVERHEAD)
        return _read_parts(body, request, limit)
    # The decoder reads the bytes, not the type. This finds a form that was sent by mistake.
    if not body.types or not (kind in {"", "application/octet-stream"} or kind.startswith("image/")):
        taken = ", ".join(["image/*"] * bool(body.types) + ["multipart/form-data"])
        sentence = f"Send the file as one of: {taken}. This is {kind[:80] or 'of no type'}."
        raise CallRefused(sentence, UNSUPPORTED_MEDIA_TYPE, headers={"Accept": taken})
    _check_length(length, limit)
    return {}, _read(request, length)


def _read_parts(body: Upload, request: HttpRequest, limit: int) -> tuple[Values, bytes | None]:
    try:
        fields, files = request.parse_file_upload(request.META, request)
    except (MultiPartParserError, SuspiciousOperation, UnreadablePostError) as error:
        raise ExpectedError("The body is not well-formed multipart/form-data.", MALFORMED_BODY) from error
    file = files.get(body.file)
    if file is None and body.is_required:
        raise ExpectedError(f"The file belongs into a part named “{body.file}”, with a file name.", BODY_INVALID)
    size = 0 if file is None else file.size or 0
    if size > limit:
        sentence = f"This file has {filesizeformat(size)}. Pictures may have up to {filesizeformat(limit)}."
        raise ExpectedError(sentence, TOO_MANY_BYTES)
    values = _read_members(body.schema, _parse_fields(body.fields, fields))
    return values, None if file is None else file.read()


def _parse_fields(schemas: Mapping[str, Schema], fields: QueryDict) -> Values:
    try:
        return {name: read_text(schemas.get(name, {"type": "string"}), str(fields[name]), name) for name in fields}
    except Unfit as error:
        raise ExpectedError(str(error), BODY_INVALID) from None


def _announced(request: HttpRequest) -> int:
    """Return the announced length, 0 without a body (RFC 9112, 6.3). WSGI hides the length of a chunked one."""
    text = request.META.get("CONTENT_LENGTH") or ""
    if text:
        return int(text)
    if "Transfer-Encoding" in request.headers:
        raise ExpectedError(
            "Announce the body's length with Content-Length; chunks are not read here.", LENGTH_REQUIRED
        )
    return 0


def _check_length(length: int, limit: int) -> None:
    if length <= limit:
        return
    sentence = f"This body has {filesizeformat(length)}. Up to {filesizeformat(limit)} are taken here."
    raise ExpectedError(sentence, TOO_MANY_BYTES)


def _read(request: HttpRequest, length: int) -> bytes:
    """Read the body directly: `request.body` has a limit of its own, for forms."""
    try:
        content: bytes = request.read(length)
    except UnreadablePostError as error:
        raise ExpectedError("The body broke off.", MALFORMED_BODY) from error
    if len(content) < length:
        raise ExpectedError(f"The body broke off after {len(content)} of {length} bytes.", MALFORMED_BODY)
    return content
