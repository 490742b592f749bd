"""End sessions that their wallet no longer vouches for, and let wallets open windows from the pages that list them."""

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


_HAS_WALLETS = "_nft_has_wallets"


def mark_wallet_page(request: HttpRequest) -> None:
    """Record that the answer to this request is a page that lists wallets."""
    setattr(request, _HAS_WALLETS, True)


class WalletWindows:
    """Keep the tie between a page that lists wallets and the window in which a wallet asks its person.

    Django's default for Cross-Origin-Opener-Policy, `same-origin`, cuts it, and such a wallet can then answer nobody.
    All other pages keep the default. Put it anywhere after SecurityMiddleware.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if hasattr(request, _HAS_WALLETS):
            response.headers["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"
        return response
