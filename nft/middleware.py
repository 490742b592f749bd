"""End sessions of the site that their wallet no longer vouches for."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from nft.accounts import sessions


class WalletSessions:
    """Sign people out whose account no longer vouches for them, and tell them why. Put it after MessageMiddleware.

    Costs one look-up by primary key for a session that a wallet began, and nothing for others.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        reason = sessions.get_end_reason(request.session, timezone.now())
        if reason:
            logout(request)
            messages.warning(request, reason)
        return self.get_response(request)
