"""Errors in JSON: problems of RFC 9457, made from expected errors."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from django.http import JsonResponse

from profiles.errors import ExpectedError, Kind
from profiles.store.objects import StorageError

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
# Seconds after which a part that failed is worth another try.
SOON = 30
METHOD_NOT_ALLOWED = Kind("method-not-allowed", "Method not allowed", 405)
FORM_INVALID = Kind("form-invalid", "The form can't be used as it is", 422)


def problem_response(error: ExpectedError, *, headers: Mapping[str, str] | None = None, **more: object) -> JsonResponse:
    """Return `error` as a problem. `more` are further members.

    What may succeed later carries Retry-After: the error's own seconds, or SOON if a part of the site is down.
    """
    body = {"type": f"/problems/{error.slug}", "title": error.title, "status": error.status, "detail": error.sentence}
    response = JsonResponse(body | more, status=error.status, content_type=CONTENT_TYPE, headers=headers)
    seconds = error.retry_after or (SOON if error.status == 503 else None)
    if seconds is not None:
        response.headers["Retry-After"] = str(seconds)
    return response


def public_error(error: ExpectedError) -> ExpectedError:
    """Return `error` as people may read it. What the object store said goes to the log instead."""
    if not isinstance(error, StorageError):
        return error
    logger.error("An upload could not be stored: %s", error)
    sentence = "Your picture is as it was; please try again in a few minutes."
    return ExpectedError(f"Pictures can't be stored at the moment. {sentence}", StorageError.kind)
