"""Sessions of visitors who only asked for a text to sign: kept briefly, so that a flood of them fills no table."""

from __future__ import annotations

from importlib import import_module

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

GUEST_SESSION_SECONDS = 15 * 60
# Django's own name for what set_expiry stores.
EXPIRY_KEY = "_session_expiry"


def open_session(session: SessionBase) -> str:
    """Return the key of a session that exists on the server. Create one if the visitor has none."""
    session.get(EXPIRY_KEY)  # loads it, which drops the key of a cookie that names no session
    if not session.session_key:
        session.set_expiry(GUEST_SESSION_SECONDS)
        session.create()
    return str(session.session_key)


def restore_full_age(session: SessionBase) -> None:
    """Let a session that began as a guest's live as long as any other."""
    if session.get(EXPIRY_KEY) == GUEST_SESSION_SECONDS:
        session.set_expiry(None)


def delete_expired_sessions() -> None:
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
