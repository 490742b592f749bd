"""Sessions of visitors who only asked for a text to sign: kept briefly, so that a flood of them fills no table."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

GUEST_SESSION_SECONDS = 15 * 60
_EXPIRY = "_session_expiry"  # Django's own name for what set_expiry stores


def open_session(session: SessionBase) -> str:
    """The key of a session that exists on the server, made if the visitor has none."""
    session.get(_EXPIRY)  # loads it, which drops the key of a cookie that names no session
    if not session.session_key:
        session.set_expiry(GUEST_SESSION_SECONDS)
        session.create()
    return str(session.session_key)


def give_full_age(sender: Any, request: Any, **kwargs: Any) -> None:
    """Receiver of `user_logged_in`: what began as a guest's session lives as long as any other from here on."""
    del sender, kwargs
    if request.session.get(_EXPIRY) == GUEST_SESSION_SECONDS:
        request.session.set_expiry(None)


def forget_ended() -> None:
    """Deletes the sessions that ran out."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
