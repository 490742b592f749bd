"""Answer JSON calls: POST only, with a limit before the body is read, a CSRF check, and errors as problems."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from nft.accounts.errors import MALFORMED_REQUEST, SIGN_IN_REQUIRED, AccountError, body_too_large
from nft.accounts.tries import Visitor
from profiles.errors import ExpectedError, Kind
from profiles.limits import networks_of_request
from profiles.problems import METHOD_NOT_ALLOWED, problem_response, public_error
from profiles.sentences import gettext, gettext_noop
from profiles.text import parse_json

MAX_BODY = 4 * 1024  # bytes, unless a call says otherwise
CSRF_FAILED = Kind("csrf-failed", gettext_noop("The page is too old"), 403)
Answer = Callable[[HttpRequest, dict[str, Any]], JsonResponse]
View = Callable[[HttpRequest], HttpResponseBase]


def json_post(max_body: int = MAX_BODY) -> Callable[[Answer], View]:
    """Return a decorator that makes a function of a request and its JSON object a view.

    A body over `max_body` bytes is refused unread. An ExpectedError is answered as a problem.
    """
    return functools.partial(_json_view, max_body=max_body)


def _json_view(answer: Answer, *, max_body: int) -> View:

    # Exempt from the middleware only because that would read a body of any size and kind to look for its token, and
    # refuse with a page: the same check stands below, after the cap.
    @csrf_exempt
    @never_cache
    @functools.wraps(answer)
    def view(request: HttpRequest) -> HttpResponseBase:
        if request.method != "POST":
            only_post = ExpectedError(gettext("Only POST is answered here."), METHOD_NOT_ALLOWED)
            return problem_response(only_post, headers={"Allow": "POST"})
        try:
            body = _read_body(request, max_body)
            _check_csrf(request)
            return answer(request, _parse_object(body))
        except ExpectedError as error:
            return problem_response(public_error(error))

    return view


def visitor_of(request: HttpRequest) -> Visitor:
    user = request.user if request.user.is_authenticated else None
    return Visitor(request.session, user, networks_of_request(request))


def text_of(content: dict[str, Any], name: str) -> str:
    """Return a member that must be text. Raise AccountError of the kind MALFORMED_REQUEST."""
    value = content.get(name)
    if not isinstance(value, str):
        raise AccountError(gettext("“%(name)s” must be given, as text.", name=name), MALFORMED_REQUEST)
    return value


class _CsrfCheck(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        """Return the reason in place of Django's page."""
        del request
        return HttpResponse(reason, status=403)


def _check_csrf(request: HttpRequest) -> None:
    check = _CsrfCheck(lambda _: HttpResponse())
    check.process_request(request)
    if check.process_view(request, _not_exempt, (), {}) is not None:
        sentence = gettext("This page was open too long or cookies are blocked. Load it again.")
        raise ExpectedError(sentence, CSRF_FAILED)


def _not_exempt(request: HttpRequest) -> HttpResponseBase:
    """Take the view's place in the check above: the view itself is marked as exempt."""
    raise NotImplementedError(request.path)


def _read_body(request: HttpRequest, max_body: int) -> bytes:
    if int(request.META.get("CONTENT_LENGTH") or 0) > max_body:
        raise body_too_large(gettext("The request"), max_body)
    return request.body


def _parse_object(body: bytes) -> dict[str, Any]:
    try:
        content = parse_json(body)
    except ValueError as error:
        raise AccountError(
            gettext("The request holds no JSON, or a text with NUL or half a surrogate pair."), MALFORMED_REQUEST
        ) from error
    if not isinstance(content, dict):
        raise AccountError(gettext("The request must be a JSON object."), MALFORMED_REQUEST)
    return content


# JSON posts of a transaction hash, for mints and transfers alike.

Record = Callable[[HttpRequest, dict[str, Any]], str]


def sent_view(record: Record) -> View:
    """Return a view that lets `record` store the hash and answers where to go next, or the problem."""

    def answer(request: HttpRequest, content: dict[str, Any]) -> JsonResponse:
        if not request.user.is_authenticated:
            raise AccountError(gettext("Sign in again, then try once more."), SIGN_IN_REQUIRED)
        return JsonResponse({"redirect": record(request, content)})

    return json_post()(answer)
