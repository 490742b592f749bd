"""Django's sessions in the database, with fewer statements: signing in is what the sign-in page's visitors wait for."""

from __future__ import annotations

from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils.crypto import get_random_string

KEY_LENGTH = 32
"""Of 36 characters: 165 bits, so no key is ever drawn twice, and an insertion would say so."""


class SessionStore(DatabaseStore):
    """A new key moves the session's row there at once, in place of a second row and the end of the first."""

    def cycle_key(self) -> None:
        before = self.session_key
        self.get("")  # loads it, which drops the key of a cookie that names no session
        self._session_key = self._get_new_session_key()
        moved = self.model.objects.filter(session_key=before).update(session_key=self.session_key) if before else 0
        if not moved:  # there was none, or it has ended meanwhile
            self.create()
        self.modified = True

    def delete(self, session_key: str | None = None) -> None:
        ended = session_key or self.session_key
        if ended is not None:
            self.model.objects.filter(session_key=ended).delete()

    def _get_new_session_key(self) -> str:
        return get_random_string(KEY_LENGTH, VALID_KEY_CHARS)
