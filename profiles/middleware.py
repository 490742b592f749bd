"""Keeps people's cookies away from pictures."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest
from django.http.response import HttpResponseBase

PUBLIC_PREFIXES = ("/avatar/", "/pictures/")


class CookielessMedia:
    """Pictures are the same for everybody: their requests lose their cookies before anything can read a session.

    So no signed-in visitor costs a session, a user or an activity write for each picture on a page, and no shared
    cache ever holds an answer that depended on who asked. Put it before SessionMiddleware.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PUBLIC_PREFIXES):
            return self.get_response(request)
        request.META.pop("HTTP_COOKIE", None)
        response = self.get_response(request)
        if response.status_code == HTTPStatus.NOT_MODIFIED:
            # CommonMiddleware counts the bytes of this answer, but the header would speak of the picture's (RFC 9110).
            response.headers.pop("Content-Length", None)
        return response
