"""Proving again that it is still the same person before a sensitive step. Only the site knows all the ways to."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Protocol

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.module_loading import import_string

from nft.settings import conf

View = Callable[..., HttpResponse]


class Reauthentication(Protocol):
    """What NFT_REAUTHENTICATION (dotted path of a class) does for the site."""

    def missing(self, request: HttpRequest) -> str:
        """Where this person has to prove themselves before `request` goes on; "" if they did lately. A form that was
        posted may be kept, to be sent once they did."""

    def step(self, wanted_url: str) -> str:
        """What the page at `wanted_url` is for, in letters and blanks that follow "before you"; "" if unknown."""

    def accept(self, request: HttpRequest, user: User, wanted_url: str) -> str:
        """Notes that `user` proved themselves by wallet just now; returns where to go."""


class Unasked:
    """For sites that ask nobody twice."""

    def missing(self, request: HttpRequest) -> str:
        return ""

    def step(self, wanted_url: str) -> str:
        return ""

    def accept(self, request: HttpRequest, user: User, wanted_url: str) -> str:
        return resolve_url(settings.LOGIN_REDIRECT_URL)


def get_reauthentication() -> Reauthentication:
    path = conf().reauthentication
    found: Reauthentication = import_string(path)() if path else Unasked()
    return found


def proof_required(view: View) -> View:
    """A sensitive step: whoever proved themselves too long ago is sent to do it again first."""

    @functools.wraps(view)
    def asking(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        elsewhere = get_reauthentication().missing(request)
        return redirect(elsewhere) if elsewhere else view(request, *args, **kwargs)

    return asking
