"""What a request gets that failed: 503 with the reason during an outage, else 400, 404 or 500.

Django's own views for them read the form to look for a CSRF token, and fail if the form is malformed.
"""

from __future__ import annotations

import logging
import sys
from contextlib import suppress

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.template import loader
from django.utils.html import escape
from django.utils.translation import get_language
from django.views.defaults import page_not_found

from profiles.errors import ExpectedError, Kind
from profiles.outages import outage_of
from profiles.problems import add_retry_after, problem_response
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

logger = logging.getLogger(__name__)

PAGE = "{}.html"
# Shown if even the template can't be rendered.
_PLAIN = '<!doctype html><html lang="{1}"><meta charset="utf-8"><title>{0}</title><p>{0}</p></html>'
BAD_REQUEST = Kind("bad-request", gettext_noop("The request can't be read"))
OUR_FAULT = Kind("server-error", gettext_noop("Something broke on our side"), 500, permanent=False)
_HEADERS = {"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff"}


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer while an exception is handled that no view or middleware expected. Use it as a project's `handler500`.

    It needs no database, cache, session or user, so it works whichever of them is down.
    """
    outage = outage_of(sys.exception())
    if outage is None:
        return _answer(request, ExpectedError(_("Something broke on our side. It was written down."), OUR_FAULT))
    logger.error("%s %s was answered with 503: %s", request.method, _place(request), outage)
    response = _answer(request, outage)
    add_retry_after(response, outage)
    response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001 - else Django adds a traceback
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that can't be read. Use it as a project's `handler400`."""
    sentence = str(exception) if isinstance(exception, BadRequest) else _("This request can't be read.")
    return _answer(request, ExpectedError(sentence, BAD_REQUEST))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer with the page of 404, also if nobody has read the form yet and it is malformed. For `handler404`."""
    with suppress(MultiPartParserError, SuspiciousOperation, UnreadablePostError):
        bool(request.POST)  # a second read finds an empty form
    return page_not_found(request, exception)


def _answer(request: HttpRequest, error: ExpectedError) -> HttpResponse:
    response = _page(error) if _is_for_people(request) else problem_response(error)
    for name, value in _HEADERS.items():
        response.headers[name] = value
    return response


def _place(request: HttpRequest) -> str:
    """Return the route, or the first part of the path: the rest may be somebody's address."""
    match = request.resolver_match
    return f"/{match.route}" if match else f"/{request.path.split('/')[1]}/…"


def _is_for_people(request: HttpRequest) -> bool:
    """Return whether a browser shows the answer as a page. Scripts, programs and images don't ask for HTML."""
    return "text/html" in map(str, request.accepted_types) and request.content_type != "application/json"


def _page(error: ExpectedError) -> HttpResponse:
    try:
        page: str = loader.render_to_string(PAGE.format(error.status), {"sentence": error.sentence})
    except Exception:
        logger.exception("The page of an error could not be rendered.")
        page = _PLAIN.format(escape(error.sentence), get_language() or "en")
    return HttpResponse(page, status=error.status)
