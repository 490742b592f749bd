"""Why a claim is refused, or can't be worked on now."""

from __future__ import annotations

from typing import ClassVar

from profiles.errors import ExpectedError, Kind
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

REFERENCE_REFUSED = Kind("reference-refused", gettext_noop("This names no token"))
NAMES_UNAVAILABLE = Kind("names-unavailable", gettext_noop("Names can't be looked up now"), 503, permanent=False)
NO_ACCOUNT = Kind("no-account", gettext_noop("No linked account"))
COLLECTION_REFUSED = Kind("collection-refused", gettext_noop("This collection is not shown here"))
# No wallet of the person may change the records of an ENS name.
NAME_NOT_YOURS = Kind("name-not-yours", gettext_noop("The name is not yours to change"), 403)
NO_RESOLVER = Kind("name-without-resolver", gettext_noop("The name has no resolver"))
NOTHING_NEW = Kind("nothing-new", gettext_noop("There is nothing new"))


class ClaimError(ExpectedError):
    """A claim is refused, or what a person asks of it can't be done."""

    kind: ClassVar[Kind] = Kind("claim-refused", gettext_noop("The claim is refused"))


class NoSuchClaim(ClaimError):
    """The person has no such claim."""

    kind: ClassVar[Kind] = Kind("no-such-claim", gettext_noop("No such claim"), status=404)

    def __init__(self) -> None:
        super().__init__(_("You have no such token here."))
