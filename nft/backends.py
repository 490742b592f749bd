"""The authentication backend of sessions that a wallet began. nft.accounts.sign_in has verified the signature."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.shortcuts import resolve_url

from profiles.settings import is_own_url


def log_in(request: HttpRequest, user: User, wanted_url: str = "") -> str:
    """Sign `user` in with Django alone (the default of NFT_LOGIN) and return where to go.

    `wanted_url` is followed only under SITE_ORIGIN.
    """
    login(request, user, backend="nft.backends.WalletBackend")
    return wanted_url if is_own_url(wanted_url) else resolve_url(settings.LOGIN_REDIRECT_URL)


class WalletBackend(BaseBackend):
    def get_user(self, user_id: int | str) -> User | None:
        """Return the user of a session while they may sign in."""
        return get_user_model().objects.select_related("avatar_profile").filter(pk=user_id, is_active=True).first()
