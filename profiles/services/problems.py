"""Errors in JSON, as RFC 9457 has them: type, title, status, detail."""

from __future__ import annotations

from http import HTTPStatus

from django.http import JsonResponse

CONTENT_TYPE = "application/problem+json"


def problem(status: int, slug: str, detail: str, **more: object) -> JsonResponse:
    """`slug` is the reason's stable name and ends in `type`; `detail` is a sentence that names the limit it hit."""
    body = {"type": f"/problems/{slug}", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return JsonResponse(body | more, status=status, content_type=CONTENT_TYPE)
