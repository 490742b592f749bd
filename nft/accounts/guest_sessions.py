"""Sessions of visitors who only asked for a text to sign: kept briefly, so that a flood of them fills no table."""

from __future__ import annotations

from importlib import import_module

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

GUEST_SESSION_SECONDS = 15 * 60
# Of a guest's session that was extended by `keep_open`.
KEPT_OPEN = "guest_kept_open"
# Django's own name for what set_expiry stores.
EXPIRY_KEY = "_session_expiry"


def open_session(session: SessionBase) -> str:
    """Return the key of a session that exists on the server. Create one if the visitor has none."""
    session.get(EXPIRY_KEY)  # loads it, which drops the key of a cookie that names no session
    if not session.session_key:
        session.set_expiry(GUEST_SESSION_SECONDS)
        session.create()
    return str(session.session_key)


def keep_open(session: SessionBase, seconds: int) -> None:
    """Let a guest's session live for so many seconds from now, at least. Others live longer anyway."""
    age = int(session.get(EXPIRY_KEY) or 0)
    if (age == GUEST_SESSION_SECONDS or KEPT_OPEN in session) and age < seconds:
        session[KEPT_OPEN] = True
        session.set_expiry(seconds)


def restore_full_age(session: SessionBase) -> None:
    """Let a session that began as a guest's live as long as any other."""
    if session.pop(KEPT_OPEN, False) or session.get(EXPIRY_KEY) == GUEST_SESSION_SECONDS:
        session.set_expiry(None)


def delete_expired_sessions() -> None:
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
