"""Keeps people's cookies, and all that is done for people, away from pictures."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve

PUBLIC_PREFIXES = ("/avatar/", "/pictures/")
_ADDRESSES = "profiles.media_urls"


class CookielessMedia:
    """Pictures are the same for everybody: their requests lose their cookies before anything can read a session.

    So no signed-in visitor costs a session, a user or an activity write for each picture on a page, and no shared
    cache ever holds an answer that depended on who asked. Put it behind SecurityMiddleware and before everything else:
    it answers by itself, for sessions, messages, CSRF and the pages' own policy have no say in a picture, yet would
    take most of its time. What is no picture's address goes on, to become the page that says so.
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
        # The header of a 304 would speak of the picture's length, not its own (RFC 9110).
        if response.status_code != HTTPStatus.NOT_MODIFIED:
            response.headers["Content-Length"] = str(len(response.content))
        return response
