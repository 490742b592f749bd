"""Keeps people's cookies away from pictures."""

from __future__ import annotations

from collections.abc import Callable

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
        if request.path_info.startswith(PUBLIC_PREFIXES):
            request.META.pop("HTTP_COOKIE", None)
        return self.get_response(request)
