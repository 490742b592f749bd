"""The authentication backend of sessions that a wallet began. nft.accounts.sign_in has verified the signature."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme


def log_in(request: HttpRequest, user: User, wanted_url: str = "") -> str:
    """Sign `user` in with Django alone (the default of NFT_LOGIN) and return where to go.

    `wanted_url` is followed only on this host.
    """
    login(request, user, backend="nft.backends.WalletBackend")
    is_ours = url_has_allowed_host_and_scheme(wanted_url, {request.get_host()}, require_https=request.is_secure())
    return wanted_url if is_ours else resolve_url(settings.LOGIN_REDIRECT_URL)


class WalletBackend(BaseBackend):
    def get_user(self, user_id: Any) -> User | None:
        """Return the user of a session while they may sign in."""
        return get_user_model().objects.filter(pk=user_id, is_active=True).first()
