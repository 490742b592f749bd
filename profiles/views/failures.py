"""What a request gets that failed: 503 with the reason during an outage, else Django's own page."""

from __future__ import annotations

import logging
import sys

from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils.html import escape
from django.views import defaults

from profiles.outages import Outage, outage_of
from profiles.problems import add_retry_after, problem_response

logger = logging.getLogger(__name__)

TEMPLATE = "503.html"
# Shown if even the template can't be rendered.
_PLAIN = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Not available</title><p>{}</p></html>'
_HEADERS = {"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff"}


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer while an exception is handled that no view or middleware expected. Use it as a project's `handler500`.

    It needs no database, cache, session or user, so it works whichever of them is down.
    """
    outage = outage_of(sys.exception())
    if outage is None:
        return defaults.server_error(request)
    logger.error("%s %s was answered with 503: %s", request.method, _place(request), outage)
    response = _page(outage) if _is_for_people(request) else problem_response(outage)
    add_retry_after(response, outage)
    for name, value in _HEADERS.items():
        response.headers[name] = value
    response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001 - else Django adds a traceback
    return response


def _place(request: HttpRequest) -> str:
    """Return the route, or the first part of the path: the rest may be somebody's address."""
    match = request.resolver_match
    return f"/{match.route}" if match else f"/{request.path.split('/')[1]}/…"


def _is_for_people(request: HttpRequest) -> bool:
    """Return whether a browser shows the answer as a page. Scripts, programs and images don't ask for HTML."""
    return "text/html" in map(str, request.accepted_types) and request.content_type != "application/json"


def _page(outage: Outage) -> HttpResponse:
    try:
        return HttpResponse(loader.render_to_string(TEMPLATE, {"sentence": outage.sentence}), status=outage.status)
    except Exception:
        logger.exception("The page of an outage could not be rendered.")
        return HttpResponse(_PLAIN.format(escape(outage.sentence)), status=outage.status)
