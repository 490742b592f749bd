"""The API explained: to programs as OpenAPI, to people as a page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from profiles import settings
from profiles.api.document import document, server_url
from profiles.api.operations import OPERATIONS
from profiles.api.problems import PICTURE_REASONS, PROBLEMS
from profiles.forms import upload_limit


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """Send the document. Any page may read it: tools that show such documents run in browsers."""
    response = JsonResponse(document())
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    context = {
        "server": server_url(),
        "operations": OPERATIONS,
        "problems": {slug: kind for slug, kind in PROBLEMS.items() if slug not in PICTURE_REASONS},
        "picture_reasons": PICTURE_REASONS,
        "most_bytes": upload_limit(),
        "uploads_per_hour": settings.current().uploads_per_hour,
        "calls_per_hour": settings.current().api_calls_per_hour,
    }
    return render(request, "profiles/api.html", context)
