"""Let pages of other origins call and read (CORS). No credentials are allowed, so a browser sends no cookie along."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpResponse
from django.http.response import HttpResponseBase

PREFLIGHT_SECONDS = 7200
#: The Fetch standard leaves Authorization out of `*`. The rest is for what libraries add, such as `traceparent`.
SENT_ACROSS = "Authorization, Content-Type, Idempotency-Key, *"


def open_to_origins(response: HttpResponseBase, exposed: str) -> HttpResponseBase:
    """Let any page read the answer, and of its headers those in `exposed`."""
    headers: Mapping[str, str] = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": exposed}
    for name, value in headers.items():
        response.headers[name] = value
    return response


def preflight(allowed: str) -> HttpResponse:
    """Answer a browser that asks, without the token, whether a page may call with it. `allowed` lists the methods.

    It must have a status of success also where nothing else has: else the page never gets to read the problem.
    """
    headers = {
        "Allow": allowed,
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": allowed,
        "Access-Control-Allow-Headers": SENT_ACROSS,
        "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        "Cache-Control": "no-store",
    }
    return HttpResponse(status=204, headers=headers)
