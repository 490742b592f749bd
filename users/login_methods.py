"""All the ways one person can sign in. A code app is none: it is only a second step."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest

LAST_PASSKEY = (
    "This passkey is your only way to sign in. Set a password, add another passkey or link a wallet, then remove it."
)
WALLET_SESSION = "wallet_session"
"""nft.accounts.sessions.SESSION_KEY, which is there without nft too: as a key that no session has."""


def has_passkey(user: User, but: Authenticator | None = None) -> bool:
    """Whether a passkey lets them in alone (NFT_OTHER_LOGIN_METHODS), `but` this one."""
    keys = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN)
    if but is not None:
        keys = keys.exclude(pk=but.pk)
    return settings.MFA_PASSKEY_LOGIN_ENABLED and any(key.wrap().is_passwordless for key in keys)


def has_wallet(user: Any) -> bool:
    return apps.is_installed("nft") and user.is_authenticated and user.linked_accounts.exists()


def is_last_login(authenticator: Authenticator) -> bool:
    """Whether nothing else lets its person in: neither a password, nor a wallet, nor another passkey."""
    user = authenticator.user
    if authenticator.type != Authenticator.Type.WEBAUTHN or not authenticator.wrap().is_passwordless:
        return False
    return not (user.has_usable_password() or has_wallet(user) or has_passkey(user, but=authenticator))


def began_by_wallet(request: HttpRequest) -> bool:
    """Whether this session began with a wallet's signature."""
    return WALLET_SESSION in request.session
