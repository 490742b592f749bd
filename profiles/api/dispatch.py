"""Make views of operations: check method, token, limit and scope, then call the operation. All answers are JSON."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt

from profiles import limits, settings
from profiles.api.auth import check_scope, identify
from profiles.api.bodies import drop_rest
from profiles.api.calls import Call
from profiles.api.operations import Operation
from profiles.api.problems import BAD_PARAMETER, INTERNAL_ERROR, NO_SUCH_ADDRESS, CallRefused
from profiles.errors import ExpectedError
from profiles.limits import networks_of_request
from profiles.problems import METHOD_NOT_ALLOWED, outage_problem, problem_response, public_error
from profiles.serving.caching import short_cache_control

logger = logging.getLogger(__name__)

View = Callable[..., HttpResponse]


def view_of(operations: Mapping[str, Operation]) -> View:
    """Make the view of one path. `operations` are by method."""
    allowed = ", ".join([*(["HEAD"] if "GET" in operations else []), *operations])

    # Exempt: CSRF needs cookies that a browser adds by itself, and no cookie opens anything here. Only the
    # Authorization header does, which no page can make another site's visitor send.
    @csrf_exempt
    def view(request: HttpRequest, **arguments: object) -> HttpResponse:
        operation = operations.get("GET" if request.method == "HEAD" else request.method or "")
        if operation is None:
            sentence = f"{request.method} is not answered here, but {allowed}."
            return _private(problem_response(ExpectedError(sentence, METHOD_NOT_ALLOWED), headers={"Allow": allowed}))
        with override("en"):  # programs read it, whatever language the site speaks first
            response = _answer(operation, request, arguments)
        return _private(response) if operation.scope else _public(response)

    return view


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponse:
    """Answer all other paths below `/api/v1/` with a problem."""
    del request
    sentence = f"Nothing answers at this address. See {reverse('profiles:openapi')}."
    return _private(problem_response(ExpectedError(sentence, NO_SUCH_ADDRESS)))


def _answer(operation: Operation, request: HttpRequest, arguments: dict[str, object]) -> HttpResponse:
    try:
        return JsonResponse(operation.handler(_admit(operation, request), **arguments))
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


def _refuse(request: HttpRequest, error: ExpectedError) -> HttpResponse:
    """Read the rest of the body only for people we know: a stranger who sends slowly must not hold a worker."""
    refusal = error if isinstance(error, CallRefused) else None
    if refusal is None or not refusal.is_stranger:
        drop_rest(request)
    return problem_response(error, headers=refusal.headers, **refusal.more) if refusal else problem_response(error)


def _admit(operation: Operation, request: HttpRequest) -> Call:
    now = timezone.now()
    if operation.scope is None:
        limits.spend_in_networks("calls", networks_of_request(request), settings.current().api_guest_calls_per_hour)
        call = Call(request, now)
    else:
        token = identify(request, now)
        limits.spend("calls", f"person-{token.profile.pk}", settings.current().api_calls_per_hour)
        check_scope(token, operation.scope)
        call = Call(request, now, token)
    _check_queries(operation, request)
    return call


def _check_queries(operation: Operation, request: HttpRequest) -> None:
    """Refuse unknown parameters: a misspelt one must not be silently ignored."""
    odd = next((name for name in request.GET if name not in operation.queries()), None)
    if odd is not None:
        known = ", ".join(sorted(operation.queries())) or "none"
        raise ExpectedError(f"There is no parameter “{odd[:40]}” here. Known: {known}.", BAD_PARAMETER)


def _private(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    return response


def _public(response: HttpResponse) -> HttpResponse:
    """Let any page read the answer. Caches may keep an answer about the resource, never one about the caller."""
    lasting = response.status_code in {200, 404}
    response.headers["Cache-Control"] = short_cache_control() if lasting else "no-store"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
