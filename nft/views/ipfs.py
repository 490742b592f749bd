"""Serve a trustless gateway (https://specs.ipfs.tech/http-gateways/trustless-gateway/) from our own store.

It fetches nothing: a file that is not in the store is not found.
"""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.http import require_http_methods

from nft.files.errors import BAD_CAR_VERSION, BAD_ENTITY_BYTES, BAD_FORMAT, BAD_SCOPE, ContentRefused
from nft.files.serving import Format, Scope, parse_root, read_content
from profiles.errors import ExpectedError, Kind
from profiles.problems import problem_response, public_error
from profiles.store.errors import StorageError

IMMUTABLE = "public, max-age=31536000, immutable"
_ACCEPTED = {"application/vnd.ipld.raw": Format.RAW, "application/vnd.ipld.car": Format.CAR}
_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Range, User-Agent, X-Requested-With",
    "Access-Control-Expose-Headers": "Content-Length, Content-Range, ETag, X-Ipfs-Roots",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}


_ENTITY_BYTES = re.compile(r"-?\d{1,18}:(?:\*|-?\d{1,18})")


@require_http_methods(["GET", "HEAD", "OPTIONS"])
def ipfs(request: HttpRequest, cid: str, path: str = "") -> HttpResponse:
    try:
        response = _preflight() if request.method == "OPTIONS" else _answer(request, cid, path.strip("/"))
    except ContentRefused as refusal:
        response = _refuse(request, refusal)
    except StorageError as error:
        response = problem_response(public_error(error))
    for name, value in _HEADERS.items():
        response.headers[name] = value
    patch_vary_headers(response, ["Accept"])
    return response


def _answer(request: HttpRequest, cid: str, path: str) -> HttpResponse:
    root = parse_root(cid)
    form, scope = _format(request), _scope(request)
    if form is Format.CAR:
        _check_car_parameters(request)
    content = read_content(root, path, form, scope)
    response = get_conditional_response(request, etag=content.etag)
    if response is None:
        response = HttpResponse(content.data, content_type=content.media_type)
        if form is not Format.FILE:
            response.headers["Content-Disposition"] = f'attachment; filename="{root}.{form}"'
        if form is Format.CAR:
            response.headers["Accept-Ranges"] = "none"  # an archive is made anew each time
        else:
            response = with_range(request, response, content.etag)
    response.headers["ETag"] = content.etag
    response.headers["Cache-Control"] = IMMUTABLE
    response.headers["X-Ipfs-Roots"] = str(root)
    return response


def _preflight() -> HttpResponse:
    """Answer CORS: pages of any origin may read the files, which are public."""
    response = HttpResponse(status=204)
    response.headers["Access-Control-Max-Age"] = "86400"
    return response


def _check_car_parameters(request: HttpRequest) -> None:
    """Refuse archives of other versions than 1, and a malformed `entity-bytes`.

    Blocks come depth first and once. With `entity-bytes` the whole entity is sent, which proves the part too.
    """
    version = request.GET.get("car-version") or next(
        (each.params.get("version") for each in request.accepted_types if "ipld.car" in str(each)), None
    )
    if version not in {None, "1"}:
        raise ContentRefused("Archives are served in CAR version 1.", BAD_CAR_VERSION)
    part = request.GET.get("entity-bytes")
    if part is not None and not _ENTITY_BYTES.fullmatch(part):
        raise ContentRefused("entity-bytes is written from:to, with * for the end.", BAD_ENTITY_BYTES)


def _format(request: HttpRequest) -> Format:
    wanted = request.GET.get("format", "")
    if wanted:
        if wanted not in {Format.RAW, Format.CAR}:
            raise ContentRefused("The formats served are raw and car.", BAD_FORMAT)
        return Format(wanted)
    accepted = (str(media_type).partition(";")[0].strip() for media_type in request.accepted_types)
    return next((_ACCEPTED[name] for name in accepted if name in _ACCEPTED), Format.FILE)


def _scope(request: HttpRequest) -> Scope:
    try:
        return Scope(request.GET.get("dag-scope", "all"))
    except ValueError as error:
        raise ContentRefused("dag-scope is block, entity or all.", BAD_SCOPE) from error


def _refuse(request: HttpRequest, refusal: ContentRefused) -> HttpResponse:
    only_if_cached = "only-if-cached" in request.headers.get("Cache-Control", "").lower()
    status = 412 if only_if_cached and refusal.status == 404 else refusal.status
    kind = Kind(refusal.slug, refusal.title, status)
    return problem_response(ExpectedError(refusal.sentence, kind), headers={"Cache-Control": "public, max-age=60"})


# One range of bytes (RFC 9110, 14). Several at once are answered with the whole file, as the RFC allows.

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def with_range(request: HttpRequest, response: HttpResponse, etag: str) -> HttpResponse:
    """Return `response` (200, whole) cut to the range that was asked for: 206, or 416 if it lies outside."""
    response.headers["Accept-Ranges"] = "bytes"
    wanted = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    condition = request.headers.get("If-Range")
    if wanted is None or wanted.group() == "bytes=-" or (condition and condition != etag):
        return response
    size = len(response.content)
    first, last = _place(wanted[1], wanted[2], size)
    if wanted[1] and wanted[2] and int(wanted[2]) < first:  # no valid range at all
        return response
    if first >= size or first > last:
        response.status_code, response.content = 416, b""
        response.headers["Content-Range"] = f"bytes */{size}"
        return response
    response.status_code, response.content = 206, response.content[first : last + 1]
    response.headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return response


def _place(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:  # the last so many bytes
        return max(size - int(last), 0), size - 1 if int(last) else -1
    return int(first), min(int(last), size - 1) if last else size - 1
