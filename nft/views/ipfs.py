"""Our trustless gateway (https://specs.ipfs.tech/http-gateways/trustless-gateway/). It never fetches anything: what is
not in our store is not found."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.http import require_safe

from nft.clients.blockstore import BlockStoreError
from nft.problems import Problem, problem_response
from nft.services.ipfs_content import ContentRefused, Format, Scope, parse_root, read_content

log = logging.getLogger(__name__)

IMMUTABLE = "public, max-age=31536000, immutable"
_ACCEPTED = {"application/vnd.ipld.raw": Format.RAW, "application/vnd.ipld.car": Format.CAR}
_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Content-Length, ETag",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}


@require_safe
def ipfs(request: HttpRequest, cid: str, path: str = "") -> HttpResponse:
    try:
        response = _answer(request, cid, path.strip("/"))
    except ContentRefused as refusal:
        response = _refuse(request, refusal)
    except BlockStoreError:
        log.exception("The block store can't be read.")
        response = problem_response(
            Problem("storage-unavailable", "Not available", 503, "Our store can't be read at the moment."),
            headers={"Retry-After": "5", "Cache-Control": "no-store"},
        )
    for name, value in _HEADERS.items():
        response.headers[name] = value
    patch_vary_headers(response, ["Accept"])
    return response


def _answer(request: HttpRequest, cid: str, path: str) -> HttpResponse:
    root = parse_root(cid)
    form, scope = _format(request), _scope(request)
    content = read_content(root, path, form, scope)
    response = get_conditional_response(request, etag=content.etag)
    if response is None:
        response = HttpResponse(content.data, content_type=content.media_type)
        if form is not Format.FILE:
            response.headers["Content-Disposition"] = f'attachment; filename="{root}.{form}"'
    response.headers["ETag"] = content.etag
    response.headers["Cache-Control"] = IMMUTABLE
    response.headers["X-Ipfs-Roots"] = str(root)
    return response


def _format(request: HttpRequest) -> Format:
    wanted = request.GET.get("format", "")
    if wanted:
        if wanted not in {Format.RAW, Format.CAR}:
            raise ContentRefused("bad-format", 400, "The formats served are raw and car.")
        return Format(wanted)
    accepted = (str(media_type).partition(";")[0].strip() for media_type in request.accepted_types)
    return next((_ACCEPTED[name] for name in accepted if name in _ACCEPTED), Format.FILE)


def _scope(request: HttpRequest) -> Scope:
    try:
        return Scope(request.GET.get("dag-scope", "all"))
    except ValueError as error:
        raise ContentRefused("bad-scope", 400, "dag-scope is block, entity or all.") from error


def _refuse(request: HttpRequest, refusal: ContentRefused) -> HttpResponse:
    only_if_cached = "only-if-cached" in request.headers.get("Cache-Control", "").lower()
    status = 412 if only_if_cached and refusal.status == 404 else refusal.status
    problem = Problem(refusal.slug, "Not found" if status in {404, 412} else "Bad request", status, refusal.sentence)
    return problem_response(problem, headers={"Cache-Control": "public, max-age=60"})
