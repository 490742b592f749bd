"""What the app does when somebody signs in or out. nft.apps connects these receivers."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone

from nft.accounts import guest_sessions, sessions


def extend_guest_session(sender: object, request: HttpRequest, **kwargs: object) -> None:
    """Receive `user_logged_in`: the session of a guest becomes one of full length."""
    del sender, kwargs
    guest_sessions.restore_full_age(request.session)


def begin_wallet_session(sender: object, request: HttpRequest, user: User, **kwargs: object) -> None:
    """Receive `user_logged_in`: record which wallet began the session, if one did."""
    del sender, kwargs
    sessions.begin_session(request.session, user.pk, timezone.now())


def delete_wallet_session(sender: object, request: HttpRequest, **kwargs: object) -> None:
    """Receive `user_logged_out`: delete what was kept of the wallet's signature."""
    del sender, kwargs
    sessions.delete_session(request.session)
