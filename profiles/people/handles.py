"""Handles: their form, the names nobody may take, and the handle nearest to what a person typed."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta

from profiles import settings
from profiles.errors import ExpectedError, Kind
from profiles.jobs import job
from profiles.models import HANDLE_PATTERN, HANDLE_RULE, RetiredHandle
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

# Names that would let somebody speak for the site, or that stand for nobody.
_RESERVED = """
admin administrator moderator official owner root site staff support system team abuse billing contact
help info legal noreply postmaster privacy security webmaster account accounts api avatar avatars home
login logout picture pictures settings signup www anonymous everyone here me nobody null undefined user
"""
RESERVED = frozenset(_RESERVED.split())
MAX_HANDLE = 30
# Letters that Unicode does not take apart into a letter and a mark.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "\u0131": "i", "þ": "th", "æ": "ae", "œ": "oe"})


# A handle that was deleted with its person is nobody's for so long.
RETIRED_FOR = timedelta(days=180)

HANDLE_INVALID = Kind("handle-invalid", gettext_noop("Not a handle"), 422)
HANDLE_RESERVED = Kind("handle-reserved", gettext_noop("The handle is reserved"), 409)
HANDLE_TAKEN = Kind("handle-taken", gettext_noop("The handle is taken"), 409)
HANDLE_TOO_SOON = Kind("handle-too-soon", gettext_noop("The handle was changed lately"), 409)


class HandleError(ExpectedError):
    """The person can't have this handle."""

    kind = HANDLE_INVALID


def check_handle(handle: str) -> None:
    """Raise HandleError for what is not a handle, or reserved; whether it is free only the database can say."""
    if not re.fullmatch(HANDLE_PATTERN, handle):
        raise HandleError(str(HANDLE_RULE))
    ours = settings.current()
    if handle in RESERVED | ours.reserved_handles | {ours.site_name.lower()}:
        raise HandleError(
            _("The handle %(handle)s is reserved. Please choose another.", handle=handle), HANDLE_RESERVED
        )


def retire_handle(handle: str, now: datetime) -> None:
    """Give a deleted person's handle to nobody for RETIRED_FOR. Idempotent."""
    retired = RetiredHandle(sha256=_digest_of(handle), until=now + RETIRED_FOR)
    RetiredHandle.objects.bulk_create(
        [retired], update_conflicts=True, unique_fields=["sha256"], update_fields=["until"]
    )


def is_retired(handle: str) -> bool:
    """Return whether a deleted person had this handle lately. One query."""
    return bool(retired_among([handle]))


def retired_among(handles: Iterable[str]) -> set[str]:
    """Return which of these a deleted person had lately. One query."""
    digests = {_digest_of(handle): handle for handle in handles}
    return {digests[found] for found in RetiredHandle.objects.filter(pk__in=digests).values_list("pk", flat=True)}


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


def suggest_handle(typed: str) -> str:
    """Return the handle nearest to what a person typed: "lena-mueller" for "Lena.Mueller", "jorg" for "Jörg".

    What is a handle already stays as it is, reserved or not. "" if nothing is left, as of a name in another script.
    """
    marked = unicodedata.normalize("NFKD", typed.strip().casefold().translate(_PLAIN))
    letters = "".join(each for each in marked if not unicodedata.combining(each))
    handle = re.sub(r"[^a-z0-9_]+", "-", letters).strip("-_")[:MAX_HANDLE].rstrip("-_")
    return handle if re.fullmatch(HANDLE_PATTERN, handle) else ""
