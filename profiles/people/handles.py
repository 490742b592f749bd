"""Handles: their form, and the names nobody may take."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta

from profiles import settings
from profiles.errors import ExpectedError, Kind
from profiles.jobs import job
from profiles.models import HANDLE_PATTERN, HANDLE_RULE, RetiredHandle

# Names that would let somebody speak for the site, or that stand for nobody.
_RESERVED = """
admin administrator moderator official owner root site staff support system team abuse billing contact
help info legal noreply postmaster privacy security webmaster account accounts api avatar avatars home
login logout picture pictures settings signup www anonymous everyone here me nobody null undefined user
"""
RESERVED = frozenset(_RESERVED.split())
_NEUTRAL = re.compile(r"user-[0-9a-f]{6}(?:[0-9a-f]{2})?")


# A handle that was deleted with its person is nobody's for so long.
RETIRED_FOR = timedelta(days=180)

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


def retire_handle(handle: str, now: datetime) -> None:
    """Give a deleted person's handle to nobody for RETIRED_FOR. Idempotent."""
    retired = RetiredHandle(sha256=_digest_of(handle), until=now + RETIRED_FOR)
    RetiredHandle.objects.bulk_create(
        [retired], update_conflicts=True, unique_fields=["sha256"], update_fields=["until"]
    )


def is_retired(handle: str) -> bool:
    """Return whether a deleted person had this handle lately. One query."""
    return RetiredHandle.objects.filter(sha256=_digest_of(handle)).exists()


@job(every=timedelta(hours=1), expires=None)
def release_handles(now: datetime) -> None:
    """Delete what is kept of handles whose time is over."""
    RetiredHandle.objects.filter(until__lt=now).delete()


def _digest_of(handle: str) -> str:
    return hashlib.sha256(handle.encode()).hexdigest()


def is_allowed_handle(handle: str) -> bool:
    try:
        check_handle(handle)
    except HandleError:
        return False
    return True


def is_neutral_handle(handle: str) -> bool:
    """Return whether this handle was made up for a person who has chosen none yet."""
    return bool(_NEUTRAL.fullmatch(handle))
