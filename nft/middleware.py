"""Ties sessions of the site to the wallets that began them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from nft.accounts import sessions


class WalletSessions:
    """Signs out whom their account no longer vouches for, and tells them why. Put it after MessageMiddleware.

    Sessions that no wallet began cost nothing; the others one look-up by primary key.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        reason = sessions.why_ended(request.session, timezone.now())
        if reason:
            logout(request)
            messages.warning(request, reason)
        return self.get_response(request)


def begin_session(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """Receiver of `user_logged_in`."""
    sessions.begin(request.session, user.pk, timezone.now())


def forget_session(sender: Any, request: HttpRequest, **kwargs: Any) -> None:
    """Receiver of `user_logged_out`."""
    sessions.forget(request.session)
