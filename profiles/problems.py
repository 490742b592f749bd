"""Errors in JSON: problems of RFC 9457, made from expected errors."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import NoReverseMatch, reverse

from profiles.errors import ExpectedError, Kind
from profiles.limits import TooMany
from profiles.outages import Outage, outage_of
from profiles.sentences import gettext_noop

logger = logging.getLogger(__name__)

P = ParamSpec("P")
CONTENT_TYPE = "application/problem+json"
# Seconds after which a part that failed is worth another try.
SOON = 30
METHOD_NOT_ALLOWED = Kind("method-not-allowed", gettext_noop("Method not allowed"), 405)
FORM_INVALID = Kind("form-invalid", gettext_noop("The form can't be used as it is"), 422)


def problem_response(error: ExpectedError, *, headers: Mapping[str, str] | None = None, **more: object) -> JsonResponse:
    """Return `error` as a problem. `more` are further members.

    What may succeed later carries Retry-After: the error's own seconds, or SOON if a part of the site is down.
    """
    body = {"type": type_of(error.slug), "title": error.title, "status": error.status, "detail": error.sentence}
    response = JsonResponse(body | more, status=error.status, content_type=CONTENT_TYPE, headers=headers)
    add_retry_after(response, error)
    return response


def type_of(slug: str) -> str:
    """Return the `type` of problems of a kind: the path of the page that explains it."""
    try:
        return reverse("profiles:problem", args=[slug])
    except NoReverseMatch:  # the project has not mounted these pages
        return f"/problems/{slug}"


def add_retry_after(response: HttpResponse, error: ExpectedError) -> None:
    """Say when to come back, and which limit was met, in pages as in problems. No cache may keep such an answer."""
    seconds = error.retry_after or (SOON if error.status == 503 else None)
    if seconds is not None:
        response.headers["Retry-After"] = str(seconds)
        response.headers.setdefault("Cache-Control", "no-store")
    if isinstance(error, TooMany):
        for name, value in error.headers.items():
            response.headers[name] = value


def public_error(error: ExpectedError) -> ExpectedError:
    """Return `error`, of which people read the sentence. If it is an outage, log what only operators may read."""
    if isinstance(error, Outage):
        logger.error("Answered with status %s: %s", error.status, error)
    return error


def outage_problem(error: Exception) -> JsonResponse | None:
    """Return the problem if `error` is or comes from an outage, and log the outage. None if it is anything else."""
    outage = outage_of(error)
    return None if outage is None else problem_response(public_error(outage))


def answers_outages(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Decorate a view for programs: an outage becomes a problem, to which outer decorators add their headers."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Exception as error:
            if problem := outage_problem(error):
                return problem
            raise

    return guarded
