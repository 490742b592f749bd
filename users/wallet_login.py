"""Where wallets meet the site's accounts: a proved wallet goes through the same stages of login as a password."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.account.app_settings import EmailVerificationMethod
from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme

BACKEND = "nft.backends.WalletBackend"


def log_in(request: HttpRequest, user: User, wanted_url: str = "") -> str:
    """Logs in (NFT_LOGIN) and returns where to go: `wanted_url` if it is ours, or the page that asks for more.

    A second factor, if the person has one, is asked for before they are in; a person who is disabled is sent away.
    """
    if request.user.is_authenticated:
        request.session.cycle_key()  # which Django does where somebody else or nobody was signed in
    target = wanted_url if is_ours(wanted_url) else resolve_url(settings.LOGIN_REDIRECT_URL)
    user.backend = BACKEND
    record_authentication(request, user, method="wallet")
    response = perform_login(request, user, EmailVerificationMethod.NONE, redirect_url=target)
    return str(response["Location"])


def is_ours(url: str) -> bool:
    host = urlsplit(settings.SITE_ORIGIN).netloc
    return url_has_allowed_host_and_scheme(url, {host}, require_https=settings.SECURE)


def forget_wallet(sender: Any, request: HttpRequest, method: str, **details: Any) -> None:
    """Receiver of `authentication_step_completed`: who began with a wallet, was asked for a second factor, and then
    used a password or a passkey instead, is not in by that wallet."""
    from nft.accounts.sessions import forget_start

    if method == "password" or details.get("passwordless"):
        forget_start(request.session)
