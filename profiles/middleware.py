"""Answer requests for pictures without cookies and sessions."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve

PUBLIC_PREFIXES = ("/avatar/", "/pictures/")
_ADDRESSES = "profiles.media_urls"


class CookielessMedia:
    """Remove cookies from requests for pictures, which are the same for everybody, and answer them at once.

    So a signed-in visitor costs no session, user or activity write for each picture on a page, and no shared cache
    holds an answer that depends on the visitor. Put it after SecurityMiddleware and before everything else: sessions,
    messages, CSRF and the pages' policy don't matter for a picture, but would take most of its time. Other addresses
    pass through.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PUBLIC_PREFIXES):
            return self.get_response(request)
        request.META.pop("HTTP_COOKIE", None)
        try:
            found = resolve(request.path_info, _ADDRESSES)
        except Resolver404:
            return self.get_response(request)
        request.get_host()  # raises DisallowedHost, as CommonMiddleware would
        request.resolver_match = found
        response: HttpResponse = found.func(request, *found.args, **found.kwargs)
        # In a 304 the header would mean the length of the picture (RFC 9110).
        if response.status_code != HTTPStatus.NOT_MODIFIED:
            response.headers["Content-Length"] = str(len(response.content))
        return response
