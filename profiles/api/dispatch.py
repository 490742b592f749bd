"""Make views of operations: check method, token, limit, scope and body, then call the operation."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import urlencode

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt

from profiles import limits, settings
from profiles.api.auth import check_scope, identify
from profiles.api.bodies import drop_rest, read_body, read_query
from profiles.api.paths import find_bad_part
from profiles.errors import ExpectedError
from profiles.limits import networks_of_request
from profiles.people import api_answers
from profiles.problems import METHOD_NOT_ALLOWED, outage_problem, problem_response, public_error
from profiles.programs.errors import (
    BAD_PARAMETER,
    INTERNAL_ERROR,
    KEY_IN_USE,
    KEY_REUSED,
    NO_SUCH_ADDRESS,
    CallRefused,
)
from profiles.programs.operations import Call, Handler, Operation
from profiles.serving.caching import short_cache_control
from profiles.serving.origins import open_to_origins, preflight

logger = logging.getLogger(__name__)

View = Callable[..., HttpResponseBase]
KEY = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
# Seconds after which a call whose first one still runs may be sent again.
_SOON = 2
# Any page may call with a token, which no browser adds by itself; cookies open nothing here.
_EXPOSED = (
    "Allow, Content-Disposition, Link, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-ID, "
) + REPLAYED
_METHODS = "HEAD, GET, PUT, POST, PATCH, DELETE, OPTIONS"


def view_of(operations: Mapping[str, Operation]) -> View:
    """Make the view of one path. `operations` are by method."""
    allowed = ", ".join([*(["HEAD"] if "GET" in operations else []), *operations, "OPTIONS"])

    # Exempt: CSRF needs cookies that a browser adds by itself, and no cookie opens anything here. Only the
    # Authorization header does, which no page can make another site's visitor send.
    @csrf_exempt
    def view(request: HttpRequest, **arguments: object) -> HttpResponseBase:
        if request.method == "OPTIONS":
            return _across(preflight(allowed))
        operation = operations.get("GET" if request.method == "HEAD" else request.method or "")
        if operation is None:
            sentence = f"{request.method} is not answered here, but {allowed}."
            refusal = problem_response(ExpectedError(sentence, METHOD_NOT_ALLOWED), headers={"Allow": allowed})
            return _across(_private(refusal))
        # Programs read English, whatever language the site speaks first.
        with limits.collect_spent() as spent, override("en"):
            response = _answer(operation, request, arguments)
        for name, value in limits.rate_limit_headers([*spent.values()]).items():
            response.headers[name] = value
        return _across(_private(response) if operation.scope else _public(response))

    return view


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponseBase:
    """Answer all other paths below `/api/v1/` with a problem. Pages may ask anything, so that they can read it."""
    if request.method == "OPTIONS":
        return _across(preflight(_METHODS))
    sentence = find_bad_part(request.path) or f"Nothing answers at this address. See {reverse('profiles:openapi')}."
    return _across(_private(problem_response(ExpectedError(sentence, NO_SUCH_ADDRESS))))


def _answer(operation: Operation, request: HttpRequest, arguments: dict[str, object]) -> HttpResponseBase:
    try:
        call = _admit(operation, request)
        values, file = read_body(operation, request)
        call = replace(call, values={**call.values, **values}, file=file)
        if operation.keeps_answer and KEY in request.headers:
            return _answer_once(operation, call, arguments)
        return _carry_out(operation, call, arguments)
    except ExpectedError as error:
        return _refuse(request, public_error(error))
    except (SuspiciousOperation, BadRequest):
        raise  # Django answers with 400
    except Exception as error:
        if problem := outage_problem(error):
            return problem
        logger.exception("%s failed.", operation.name)
        sentence = "We failed to answer. It is logged, and trying again may help."
        return problem_response(ExpectedError(sentence, INTERNAL_ERROR))


def _carry_out(operation: Operation, call: Call, arguments: dict[str, object]) -> HttpResponseBase:
    handler: Handler | None = operation.handler
    assert handler is not None  # noqa: S101  # it has a route; tells the type checker
    answer = handler(call, **arguments)
    if isinstance(answer, HttpResponseBase):
        return answer
    response = JsonResponse(answer)
    if operation.is_paged and answer["next"]:
        query = urlencode({**call.request.GET.dict(), "after": str(answer["next"])})
        response.headers["Link"] = f'<{call.request.path}?{query}>; rel="next"'
    return response


def _answer_once(operation: Operation, call: Call, arguments: dict[str, object]) -> HttpResponseBase:
    """Carry the call out, or give it the answer that it got before under its key."""
    key = _read_key(call.request)
    assert call.token is not None  # noqa: S101  # no public operation keeps answers; tells the type checker
    try:
        begun = api_answers.begin_answer(call.token, key, _digest_of(call), call.now)
    except api_answers.OtherCall as error:
        sentence = f"This {KEY} belongs to another call. Each call that makes something needs a key of its own."
        raise ExpectedError(sentence, KEY_REUSED) from error
    except api_answers.StillRunning as error:
        sentence = f"The first call with this {KEY} is not answered yet. Send it again in a moment."
        raise ExpectedError(sentence, KEY_IN_USE, retry_after=_SOON) from error
    if isinstance(begun, api_answers.Kept):
        kept = HttpResponse(begun.content, status=begun.status, content_type="application/json")
        kept.headers[REPLAYED] = "true"
        return kept
    try:
        response = _carry_out(operation, replace(call, key=key), arguments)
    except BaseException:
        api_answers.forget_answer(begun)
        raise
    if isinstance(response, HttpResponse):
        api_answers.keep_answer(begun, response.status_code, response.content.decode())
    return response


def _read_key(request: HttpRequest) -> str:
    """Return the key: a string of structured fields (RFC 9651), or the same without its quotes."""
    text = request.headers[KEY].strip()
    inner = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    if not re.fullmatch(r"[!#-\[\]-~]{1,200}", inner):
        sentence = f"{KEY} is a text of 1 to 200 visible ASCII characters, such as a UUID."
        raise ExpectedError(sentence, BAD_PARAMETER)
    return inner


def _digest_of(call: Call) -> str:
    """Return what tells the call from others: not its bytes, as each multipart body has a boundary of its own."""
    said = [call.request.method, call.request.path, sorted(call.values.items())]
    content = json.dumps(said, sort_keys=True).encode() + hashlib.sha256(call.file or b"").digest()
    return hashlib.sha256(content).hexdigest()


def _refuse(request: HttpRequest, error: ExpectedError) -> HttpResponse:
    """Read the rest of the body only for people we know: a stranger who sends slowly must not hold a worker."""
    refusal = error if isinstance(error, CallRefused) else None
    if refusal is None or not refusal.is_stranger:
        drop_rest(request)
    return problem_response(error, headers=refusal.headers, **refusal.more) if refusal else problem_response(error)


def _admit(operation: Operation, request: HttpRequest) -> Call:
    now, token = timezone.now(), None
    if operation.scope is None:
        limits.spend_in_networks("calls", networks_of_request(request), settings.current().api_guest_calls_per_hour)
    else:
        token = identify(request, now)
        limits.spend("calls", f"person-{token.profile.pk}", settings.current().api_calls_per_hour)
        check_scope(token, operation.scope)
    return Call(request, now, token, read_query(operation, request))


def _across(response: HttpResponseBase) -> HttpResponseBase:
    return open_to_origins(response, _EXPOSED)


def _private(response: HttpResponseBase) -> HttpResponseBase:
    response.headers["Cache-Control"] = "no-store"
    return response


def _public(response: HttpResponseBase) -> HttpResponseBase:
    """Caches may keep an answer about the resource, never one about the caller."""
    lasting = response.status_code in {200, 404}
    response.headers["Cache-Control"] = short_cache_control() if lasting else "no-store"
    return response
