"""Ask people to prove again that it is still them, before a sensitive step.

Only the host project knows the ways to prove that: AVATAR_REAUTHENTICATION names its `Reauthentication` class.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.utils.module_loading import import_string

from profiles.settings import current

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

View = Callable[..., HttpResponseBase]


class Reauthentication(Protocol):
    """What the host project decides about proving again."""

    def proof_url(self, request: HttpRequest) -> str:
        """Return where this person must prove their identity before `request` goes on, "" if they did lately.

        A posted form may be kept, to be sent after the proof.
        """

    def describe_step(self, next_url: str) -> str:
        """Return what the page at `next_url` is for, in letters and blanks that follow "before you"; "" if unknown."""

    def record_proof(self, request: HttpRequest, user: User, method: str, next_url: str) -> str:
        """Record that `user` has just proved their identity by `method`. Return where to go."""


class NeverAsked:
    """For projects that ask nobody twice."""

    def proof_url(self, request: HttpRequest) -> str:
        return ""

    def describe_step(self, next_url: str) -> str:
        return ""

    def record_proof(self, request: HttpRequest, user: User, method: str, next_url: str) -> str:
        return resolve_url(settings.LOGIN_REDIRECT_URL)


def get_reauthentication() -> Reauthentication:
    path = current().reauthentication
    found: Reauthentication = import_string(path)() if path else NeverAsked()
    return found


def proof_required(view: View, *, reading: bool = False) -> View:
    """Redirect people whose proof is too old to where they can renew it. GET needs a proof only if `reading`."""

    @functools.wraps(view)
    def asking(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        needed = reading or request.method not in {"GET", "HEAD"}
        url = get_reauthentication().proof_url(request) if needed else ""
        return redirect(url) if url else view(request, *args, **kwargs)

    return asking
