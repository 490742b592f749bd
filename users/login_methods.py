"""The ways in which a person can sign in. A code app is only a second step."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

LAST_PASSKEY = _(
    "This passkey is your only way to sign in. Set a password, add another passkey or link a wallet, then remove it."
)
# nft.accounts.sessions.SESSION_KEY. Without nft, no session has it.
WALLET_SESSION = "wallet_session"


def has_passkey(user: User, but: Authenticator | None = None) -> bool:
    """Tell whether a passkey other than `but` lets the person in alone (NFT_OTHER_LOGIN_METHODS)."""
    keys = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN)
    if but is not None:
        keys = keys.exclude(pk=but.pk)
    return settings.MFA_PASSKEY_LOGIN_ENABLED and any(key.wrap().is_passwordless for key in keys)


def has_wallet(user: User | AnonymousUser) -> bool:
    return apps.is_installed("nft") and user.is_authenticated and user.nft_linked_accounts.exists()


def is_last_login(authenticator: Authenticator) -> bool:
    """Tell whether nothing else lets the person in: neither a password, nor a wallet, nor another passkey."""
    user = authenticator.user
    if authenticator.type != Authenticator.Type.WEBAUTHN or not authenticator.wrap().is_passwordless:
        return False
    return not (user.has_usable_password() or has_wallet(user) or has_passkey(user, but=authenticator))


def began_by_wallet(request: HttpRequest) -> bool:
    """Tell whether this session began with a wallet's signature."""
    return WALLET_SESSION in request.session
