"""Why a claim is refused, or can't be worked on now."""

from __future__ import annotations

from typing import ClassVar

from profiles.errors import ExpectedError, Kind
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

_TITLE = gettext_noop("This can't be done")

REFERENCE_REFUSED = Kind("reference-refused", _TITLE)
NAMES_UNAVAILABLE = Kind("names-unavailable", _TITLE, 503, permanent=False)
NO_ACCOUNT = Kind("no-account", _TITLE)
COLLECTION_REFUSED = Kind("collection-refused", _TITLE)
# No wallet of the person may change the records of an ENS name.
NAME_NOT_YOURS = Kind("name-not-yours", _TITLE, 403)
NO_RESOLVER = Kind("name-without-resolver", _TITLE)
NOTHING_NEW = Kind("nothing-new", _TITLE)


class ClaimError(ExpectedError):
    """A claim is refused, or what a person asks of it can't be done."""

    kind: ClassVar[Kind] = Kind("claim-refused", _TITLE)


class NoSuchClaim(ClaimError):
    """The person has no such claim."""

    kind: ClassVar[Kind] = Kind("no-such-claim", _TITLE, status=404)

    def __init__(self) -> None:
        super().__init__(_("You have no such token here."))
