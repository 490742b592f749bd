"""Answer requests for pictures without cookies, refuse text that is none, and tell scripts that they are signed out."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.translation import override

from profiles.errors import ExpectedError, Kind
from profiles.problems import problem_response
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop
from profiles.serving.caching import wants_json
from profiles.serving.places import find_public_view, picture_prefixes
from profiles.text import is_text

SIGNED_OUT_KIND = Kind("signed-out", gettext_noop("You are signed out"), status=HTTPStatus.UNAUTHORIZED)
SIGNED_OUT = ExpectedError(
    _("You are signed out. Sign in again in another tab, then try again here."),
    SIGNED_OUT_KIND,
)
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
#: Python refuses to read a number of thousands of digits.
_LENGTH_DIGITS = 18


class CookielessMedia:
    """Remove cookies from requests for pictures, which are the same for everybody, and answer them at once.

    So a signed-in visitor costs no session, user or activity write for each picture on a page, and no shared cache
    holds an answer that depends on the visitor. Put it after SecurityMiddleware and before everything else: sessions,
    messages, CSRF and the pages' policy don't matter for a picture, but would take most of its time. The URL
    configuration says which addresses these are; all others pass through.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        urlconf = getattr(request, "urlconf", None)
        if not request.path_info.startswith(picture_prefixes(urlconf)):
            return self.get_response(request)
        found = find_public_view(request.path_info, urlconf)
        if found is None:
            return self.get_response(request)
        request.META.pop("HTTP_COOKIE", None)
        request.get_host()  # raises DisallowedHost, as CommonMiddleware would
        request.resolver_match = found
        with override("en"):  # programs read it, whatever language the site speaks first
            response: HttpResponse = found.func(request, *found.args, **found.kwargs)
        # In a 304 the header would mean the length of the picture (RFC 9110).
        if response.status_code != HTTPStatus.NOT_MODIFIED:
            response.headers["Content-Length"] = str(len(response.content))
        return response


class WellFormedRequests:
    """Refuse what no browser sends, so that nothing behind has to think of it.

    That is a form in another encoding than UTF-8, a length that is no number, and NUL or half a surrogate pair in the
    path, the query or a form: databases, hashes and URLs fail on them, each in its own way. Put it after
    CsrfViewMiddleware, which has read the form by then; a view that it does not guard reads its own body.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        kind = request.META.get("CONTENT_TYPE", "")
        if not (kind.isascii() and kind.isprintable()):
            raise BadRequest(_("The type of the body is no type."))
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdecimal() and len(length) <= _LENGTH_DIGITS):
            raise BadRequest(_("The length of the body is no number."))
        charset = (request.content_params or {}).get("charset", "utf-8").lower()
        if request.content_type in FORMS and charset not in {"utf-8", "utf8"}:
            raise BadRequest(_("Forms are read as UTF-8."))
        _check_text(request.path_info)
        _check_fields(request.GET)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: object) -> None:
        """Check a form that was read. Receive Django's call before the view."""
        del view
        if "_post" in vars(request):
            _check_fields(request.POST)


def _check_fields(fields: QueryDict) -> None:
    for name, values in fields.lists():
        for text in (name, *values):
            _check_text(str(text))
    if not _is_address(fields.get("next", "")):
        raise BadRequest(_("The address to go on to is no address."))


def _is_address(text: str) -> bool:
    """Return whether `text` can be the address of a page: without a slash, Django would take it for a view's name."""
    try:
        urlsplit(text)
    except ValueError:  # brackets that hold no IPv6 address
        return False
    return not text or "/" in text


def _check_text(text: str) -> None:
    if not is_text(text):
        raise BadRequest(_("Text may hold neither NUL nor half a surrogate pair."))


class SignedOutScripts:
    """Tell a script of ours that its visitor signed out, in another tab perhaps, instead of leading it to a page.

    A script follows a redirect without noticing and would show that page's HTML as a failure of ours. Put it after
    AuthenticationMiddleware.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code != HTTPStatus.FOUND or not wants_json(request) or request.user.is_authenticated:
            return response
        target = urlsplit(response.headers["Location"]).path
        return problem_response(SIGNED_OUT) if target == resolve_url(settings.LOGIN_URL) else response
