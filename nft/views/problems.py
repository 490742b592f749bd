"""Errors for programs, as RFC 9457 "problem details"."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import JsonResponse

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Problem:
    """`slug` is stable and names the kind of problem (`/problems/<slug>`); `detail` tells a person what happened."""

    slug: str
    title: str
    status: int
    detail: str


def problem_response(problem: Problem, headers: dict[str, str] | None = None) -> JsonResponse:
    content = {
        "type": f"/problems/{problem.slug}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
    }
    return JsonResponse(content, status=problem.status, content_type=CONTENT_TYPE, headers=headers)
