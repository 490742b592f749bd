"""JSON posts of a transaction hash, for mints and transfers alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from nft.problems import Problem, problem_response
from nft.services.claims import ClaimError, NoSuchClaim, TooManyChecks
from nft.services.mint_errors import TokenActionError
from nft.views.json_api import json_post

Record = Callable[[HttpRequest, dict[str, Any]], str]
_SIGN_IN_FIRST = Problem("sign-in-required", "Sign in first", 403, "Sign in again, then try once more.")


def sent_view(record: Record) -> Callable[[HttpRequest], HttpResponseBase]:
    """A view that lets `record` store the hash and answers where to go next, or the problem."""

    def answer(request: HttpRequest, content: dict[str, Any]) -> JsonResponse:
        if not request.user.is_authenticated:
            return problem_response(_SIGN_IN_FIRST)
        try:
            return JsonResponse({"redirect": record(request, content)})
        except TokenActionError as error:
            return problem_response(Problem(error.slug, error.title, error.status, error.sentence))
        except ClaimError as error:
            status = {NoSuchClaim: 404, TooManyChecks: 429}.get(type(error), 400)
            return problem_response(Problem(error.slug, "This can't be done", status, error.sentence))

    return json_post(answer)
