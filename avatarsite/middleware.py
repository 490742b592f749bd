"""What holds for every request and every answer of the site."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

GetResponse = Callable[[HttpRequest], HttpResponseBase]
# What no page of ours uses. Passkeys, and copying an address, are left to our own origin (the default).
_UNUSED = """
accelerometer camera display-capture geolocation gyroscope hid magnetometer microphone midi
payment serial usb xr-spatial-tracking
"""
PERMISSIONS_POLICY = ", ".join(f"{name}=()" for name in _UNUSED.split())
PRIVATE = "private, no-store"


class AnswerHeaders:
    """Let nothing be kept that does not say so, and no page use what none of ours needs.

    A view that may be cached sets Cache-Control itself. Put it first, so that it also sees errors and redirects of all
    other middleware.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", PRIVATE)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response


class OneHost:
    """Let everything behind see the host of SITE_ORIGIN, once the one that was asked for is known to be allowed.

    So no mail, link, redirect, passkey or counter of tries depends on what a visitor writes into `Host`, and
    ALLOWED_HOSTS says nothing about its port. Put it behind what adds headers: it refuses hosts with 400.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.get_host()  # raises DisallowedHost
        request.META["HTTP_HOST"] = urlsplit(settings.SITE_ORIGIN).netloc
        return self.get_response(request)
