"""The API explained: to programs as OpenAPI, to people as pages. The `type` of a problem leads to the page about it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from profiles import settings
from profiles.api.document import document, path_of, server_url
from profiles.picture_forms import upload_limit
from profiles.programs.explanations import get_explanations
from profiles.programs.operations import get_groups
from profiles.scopes import get_scopes
from profiles.serving.origins import open_to_origins, preflight


@require_http_methods(["GET", "HEAD", "OPTIONS"])
def openapi(request: HttpRequest) -> HttpResponseBase:
    """Send the document. Any page may read it: tools that show such documents run in browsers."""
    if request.method == "OPTIONS":
        return preflight("HEAD, GET, OPTIONS")
    response = JsonResponse(document())
    response.headers["Cache-Control"] = "public, max-age=300"
    return open_to_origins(response, "ETag")


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    groups = [
        {"group": group, "entries": [{"operation": each, "path": path_of(each)} for each in group.operations]}
        for group in get_groups()
    ]
    context = {
        "server": server_url(),
        "groups": groups,
        "scopes": get_scopes(),
        "most_bytes": upload_limit(),
        "uploads_per_hour": settings.current().uploads_per_hour,
        "calls_per_hour": settings.current().api_calls_per_hour,
    }
    return render(request, "profiles/api.html", context)


@require_safe
def problems(request: HttpRequest) -> HttpResponse:
    return render(request, "profiles/problems.html", {"explanations": get_explanations()})


@require_safe
def problem(request: HttpRequest, slug: str) -> HttpResponse:
    explanation = get_explanations().get(slug)
    if explanation is None:
        raise Http404
    return render(request, "profiles/problem.html", {"slug": slug, "explanation": explanation})
