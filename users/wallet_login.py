"""Signing in by a proved wallet, through the same stages of login as by password."""

from __future__ import annotations

from allauth.account.app_settings import EmailVerificationMethod
from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.shortcuts import resolve_url

from profiles.settings import is_own_url
from users.allauth_internals import record_authentication

BACKEND = "nft.backends.WalletBackend"


def log_in(request: HttpRequest, user: User, wanted_url: str = "") -> str:
    """Log in (NFT_LOGIN) and return where to go: `wanted_url` if it is ours, or the page that asks for more.

    A second factor, if the person has one, is asked for first; a disabled person is sent away.
    """
    if request.user.is_authenticated:
        request.session.cycle_key()  # Django does so only if somebody else or nobody was signed in
    target = wanted_url if is_own_url(wanted_url) else resolve_url(settings.LOGIN_REDIRECT_URL)
    user.backend = BACKEND
    record_authentication(request, user, method="wallet")
    response = perform_login(request, user, EmailVerificationMethod.NONE, redirect_url=target)
    return str(response["Location"])


def forget_wallet(sender: object, request: HttpRequest, method: str, **details: object) -> None:
    """Receive `authentication_step_completed`: a password or a passkey replaces a wallet that began the sign-in.

    That is how a person goes on who signed by wallet and did not give the second factor it was asked for.
    """
    from nft.accounts.sessions import discard_proof

    if method == "password" or details.get("passwordless"):
        discard_proof(request.session)
