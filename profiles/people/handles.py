"""Handles: their form, the names nobody may take, and the handle nearest to what a person typed."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

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
MAX_HANDLE = 30
# Letters that Unicode does not take apart into a letter and a mark.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "\u0131": "i", "þ": "th", "æ": "ae", "œ": "oe"})


HANDLE_INVALID = Kind("handle-invalid", "Not a handle", 422)
HANDLE_RESERVED = Kind("handle-reserved", "The handle is reserved", 409)
HANDLE_TAKEN = Kind("handle-taken", "The handle is taken", 409)
HANDLE_TOO_SOON = Kind("handle-too-soon", "The handle was changed lately", 409)


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
            _("The handle %(handle)s is reserved. Please choose another.") % {"handle": handle}, HANDLE_RESERVED
        )


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
