"""Notes about people, by staff for staff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from profiles.audit import record_as_staff
from profiles.errors import ExpectedError
from profiles.models import Profile, StaffNote
from profiles.sentences import gettext as _

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

MAX_LENGTH = 1000


def add_note(profile: Profile, author: User, text: str) -> StaffNote:
    """Store a note. The audit says that there is one, not what it says. Raise ExpectedError for an empty one."""
    text = text.replace("\0", "").strip()
    if not text:
        raise ExpectedError(_("Write something into the note first."))
    if len(text) > MAX_LENGTH:
        raise ExpectedError(_("A note has at most %(most)s characters.", most=MAX_LENGTH))
    with transaction.atomic():
        note = StaffNote.objects.create(profile=profile, author=author, text=text)
        record_as_staff(profile, "note.add", author, note=note.pk)
    return note
