"""Handles: their form, and the names nobody may take."""

from __future__ import annotations

import re

from profiles import settings
from profiles.errors import ExpectedError, Kind
from profiles.models import HANDLE_PATTERN, HANDLE_RULE

# Names that would let somebody speak for the site, or that stand for nobody.
_RESERVED = """
admin administrator moderator official owner root site staff support system team abuse billing contact
help info legal noreply postmaster privacy security webmaster account accounts api avatar avatars home
login logout picture pictures settings signup www anonymous everyone here me nobody null undefined user
"""
RESERVED = frozenset(_RESERVED.split())
_NEUTRAL = re.compile(r"user-[0-9a-f]{6}(?:[0-9a-f]{2})?")


HANDLE_INVALID = Kind("handle-invalid", "Not a handle", 422)
HANDLE_RESERVED = Kind("handle-reserved", "The handle is reserved", 409)
HANDLE_TAKEN = Kind("handle-taken", "The handle is taken", 409)


class HandleError(ExpectedError):
    """The person can't have this handle."""

    kind = HANDLE_INVALID


def check_handle(handle: str) -> None:
    """Raise HandleError for what is not a handle, or reserved; whether it is free only the database can say."""
    if not re.fullmatch(HANDLE_PATTERN, handle):
        raise HandleError(HANDLE_RULE)
    ours = settings.current()
    if handle in RESERVED | ours.reserved_handles | {ours.site_name.lower()}:
        raise HandleError(f"The handle {handle} is reserved. Please choose another.", HANDLE_RESERVED)


def is_allowed_handle(handle: str) -> bool:
    try:
        check_handle(handle)
    except HandleError:
        return False
    return True


def is_neutral_handle(handle: str) -> bool:
    """Return whether this handle was made up for a person who has chosen none yet."""
    return bool(_NEUTRAL.fullmatch(handle))
