"""What our JSON addresses share: POST only, a cap before anything is read, CSRF, and refusals as problems."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from nft.accounts.challenges import Visitor
from nft.accounts.errors import BodyTooLarge, MalformedRequest, RateLimited, Refused
from nft.claims.claiming import ClaimError, NoSuchClaim, TooManyChecks
from nft.errors import TokenActionError
from nft.views.problems import Problem, problem_response
from profiles.limits import network_of
from profiles.settings import trusted_proxies

MAX_BODY = 4 * 1024
Answer = Callable[[HttpRequest, dict[str, Any]], JsonResponse]


def json_post(answer: Answer) -> Callable[[HttpRequest], HttpResponseBase]:
    """A view that hands `answer` the JSON object posted to it and turns a Refused into a problem."""

    # Exempt from the middleware only because that would read a body of any size and kind to look for its token, and
    # refuse with a page: the same check stands below, after the cap.
    @csrf_exempt
    @never_cache
    @functools.wraps(answer)
    def view(request: HttpRequest) -> HttpResponseBase:
        if request.method != "POST":
            return problem_response(_POST_ONLY, headers={"Allow": "POST"})
        try:
            body = _read_body(request)
            reason = _csrf_failure(request)
            if reason is not None:
                return problem_response(_NO_CSRF_TOKEN)
            return answer(request, _parse_object(body))
        except Refused as refusal:
            return _refuse(refusal)

    return view


def visitor_of(request: HttpRequest) -> Visitor:
    network = network_of(
        request.META.get("REMOTE_ADDR", ""),
        request.META.get("HTTP_X_FORWARDED_FOR", ""),
        trusted_proxies(),
    )
    return Visitor(request.session, request.user if request.user.is_authenticated else None, network)


def text_of(content: dict[str, Any], name: str) -> str:
    """A member that must be text; raises MalformedRequest."""
    value = content.get(name)
    if not isinstance(value, str):
        raise MalformedRequest(f"“{name}” must be given, as text.")
    return value


_POST_ONLY = Problem("method-not-allowed", "Method not allowed", 405, "Only POST is answered here.")
_NO_CSRF_TOKEN = Problem(
    "csrf-failed", "The page is too old", 403, "This page was open too long or cookies are blocked. Load it again."
)


class _CsrfCheck(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        """The reason in place of Django's page."""
        del request
        return HttpResponse(reason, status=403)


def _csrf_failure(request: HttpRequest) -> HttpResponseBase | None:
    check = _CsrfCheck(lambda _: HttpResponse())
    check.process_request(request)
    return check.process_view(request, _no_view, (), {})


def _no_view(request: HttpRequest) -> HttpResponseBase:
    """Stands for the view in the check above, as the real one carries the exemption."""
    raise NotImplementedError(request.path)


def _read_body(request: HttpRequest) -> bytes:
    try:
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        announced = 0
    if announced > MAX_BODY:
        raise BodyTooLarge("The request", MAX_BODY)
    return request.body


def _parse_object(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest("The request holds no JSON.") from error
    if not isinstance(content, dict):
        raise MalformedRequest("The request must be a JSON object.")
    return content


def _refuse(refusal: Refused) -> JsonResponse:
    headers = {"Retry-After": str(refusal.retry_after)} if isinstance(refusal, RateLimited) else None
    return problem_response(Problem(refusal.slug, refusal.title, refusal.status, refusal.sentence), headers)


# JSON posts of a transaction hash, for mints and transfers alike.

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
