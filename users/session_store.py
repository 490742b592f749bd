"""Django's sessions in the database, with fewer statements: people wait for them when they sign in."""

from __future__ import annotations

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.exceptions import SessionInterrupted
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

# Of 36 characters: 165 bits, so that no key is drawn twice; an insertion would fail.
KEY_LENGTH = 32


class SessionStore(DatabaseStore):
    """Sessions whose new key is written to their row, instead of a second row and the deletion of the first.

    A guest's session, as at every sign-in, gets its new key together with its new content.
    """

    _replaced_key: str | None = None

    def cycle_key(self) -> None:
        """Raise SessionInterrupted if somebody was signed in and the session was ended meanwhile.

        Django's own would bring it back, though the person signed out everywhere.
        """
        before = self.session_key
        is_signed_in = SESSION_KEY in self  # loads it, which drops the key of a cookie that names no session
        self._session_key = self._get_new_session_key()
        self.modified = True
        if before and not is_signed_in:
            self._replaced_key = self._replaced_key or before
            return
        moved = self.model.objects.filter(session_key=before).update(session_key=self.session_key) if before else 0
        if not moved and is_signed_in:
            self._session_key = before
            raise SessionInterrupted(_("This session was signed out meanwhile. Sign in again."))
        if not moved:
            self.create()
        elif is_signed_in:
            _move_in_list(before, self._session_key)

    def save(self, must_create: bool = False) -> None:
        before, self._replaced_key = self._replaced_key, None
        if before is None:
            super().save(must_create)
            return
        row = self.create_model_instance(dict(self.items()))
        new = {"session_key": row.session_key, "session_data": row.session_data, "expire_date": row.expire_date}
        if not self.model.objects.filter(session_key=before).update(**new):  # it ran out meanwhile
            super().save(must_create=True)

    def delete(self, session_key: str | None = None) -> None:
        ended = [key for key in (session_key or self.session_key, self._replaced_key) if key]
        self._replaced_key = None
        if ended:
            self.model.objects.filter(session_key__in=ended).delete()

    def _get_new_session_key(self) -> str:
        return get_random_string(KEY_LENGTH, VALID_KEY_CHARS)


def _move_in_list(before: str | None, after: str | None) -> None:
    """Update the list of sessions at once, not only at the next use: signing out everywhere must not miss it."""
    from allauth.usersessions.models import UserSession

    UserSession.objects.filter(session_key=before).update(session_key=after)
