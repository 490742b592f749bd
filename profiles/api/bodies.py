"""Read the bodies of calls. The announced length is checked before anything is read."""

from __future__ import annotations

from typing import NamedTuple

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.template.defaultfilters import filesizeformat

from profiles import settings
from profiles.api.problems import (
    BAD_PARAMETER,
    BODY_INVALID,
    LENGTH_REQUIRED,
    MALFORMED_BODY,
    UNSUPPORTED_MEDIA_TYPE,
    CallRefused,
)
from profiles.errors import ExpectedError
from profiles.images.errors import TOO_MANY_BYTES
from profiles.images.picture import Crop
from profiles.text import parse_json

MAX_JSON = 4 * 1024
MAX_ALT_TEXT = 300
# Bytes that the lines of multipart and the description may add to a picture's.
_FORM_OVERHEAD = 64 * 1024
# How much of a refused body is read and dropped, as a multiple of the limit of uploads.
_DROPPED = 4
_CHUNK = 64 * 1024


class Upload(NamedTuple):
    content: bytes
    alt_text: str
    crop: Crop | None


def read_upload(request: HttpRequest) -> Upload:
    """Read a picture, sent as the body or as the part `content` of multipart/form-data. Raise ExpectedError."""
    length, limit = _announced(request), settings.current().upload_max_bytes
    crop = _crop_of(request.GET)
    kind = request.content_type or ""
    if kind == "multipart/form-data":
        _check_length(length, limit + _FORM_OVERHEAD)
        return _read_parts(request, limit, crop)
    # A form sent by mistake. The decoder reads the bytes, not the type.
    if kind not in {"", "application/octet-stream"} and not kind.startswith("image/"):
        sentence = f"A picture is sent as image/… or multipart/form-data, not as {kind[:80]}."
        raise CallRefused(sentence, UNSUPPORTED_MEDIA_TYPE, headers={"Accept": "image/*, multipart/form-data"})
    _check_length(length, limit)
    return Upload(_read(request, length), alt_text_of_query(request), crop)


def read_alt_text(request: HttpRequest) -> str:
    """Read the JSON object `{"alt_text": "…"}`. Raise ExpectedError."""
    if request.content_type != "application/json":
        raise CallRefused(
            "Send application/json.", UNSUPPORTED_MEDIA_TYPE, headers={"Accept-Patch": "application/json"}
        )
    length = _announced(request)
    _check_length(length, MAX_JSON)
    try:
        content = parse_json(_read(request, length))
    except ValueError as error:
        raise ExpectedError(
            "The body holds no JSON, or a text with NUL or half a surrogate pair.", MALFORMED_BODY
        ) from error
    if not isinstance(content, dict) or set(content) != {"alt_text"}:
        raise ExpectedError("Send an object with exactly one member, “alt_text”.", BODY_INVALID)
    text = content["alt_text"]
    if not isinstance(text, str) or len(text) > MAX_ALT_TEXT:
        raise ExpectedError(f"“alt_text” is text of up to {MAX_ALT_TEXT} characters.", BODY_INVALID)
    return text


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


def alt_text_of_query(request: HttpRequest) -> str:
    text = request.GET.get("alt_text", "")
    if len(text) > MAX_ALT_TEXT:
        raise ExpectedError(f"alt_text may have up to {MAX_ALT_TEXT} characters.", BAD_PARAMETER)
    return text


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


def _read_parts(request: HttpRequest, limit: int, crop: Crop | None) -> Upload:
    try:
        fields, files = request.parse_file_upload(request.META, request)
    except (MultiPartParserError, SuspiciousOperation, UnreadablePostError) as error:
        raise ExpectedError("The body is not well-formed multipart/form-data.", MALFORMED_BODY) from error
    file = files.get("content")
    if file is None:
        raise ExpectedError("The picture belongs into a part named “content”, with a file name.", BODY_INVALID)
    size = file.size or 0
    if size > limit:
        sentence = f"This file has {filesizeformat(size)}. Pictures may have up to {filesizeformat(limit)}."
        raise ExpectedError(sentence, TOO_MANY_BYTES)
    alt_text = fields.get("alt_text", "")
    if len(alt_text) > MAX_ALT_TEXT:
        raise ExpectedError(f"alt_text may have up to {MAX_ALT_TEXT} characters.", BODY_INVALID)
    return Upload(file.read(), alt_text or alt_text_of_query(request), _crop_of(fields) or crop)


def _crop_of(said: QueryDict) -> Crop | None:
    text = said.get("crop")
    return None if text is None else Crop.parse(str(text))
