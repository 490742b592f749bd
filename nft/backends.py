"""The authentication backend sessions of wallet sign-ins name. It checks nothing: nft.accounts.sign_in did."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import User


class WalletBackend(BaseBackend):
    def get_user(self, user_id: Any) -> User | None:
        """The person of a session, as long as they may sign in."""
        return get_user_model().objects.filter(pk=user_id, is_active=True).first()
