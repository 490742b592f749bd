"""Errors of looking up ENS names."""

from __future__ import annotations

from typing import ClassVar

from profiles.errors import ExpectedError, Kind
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

# ENSIP-15 disallows the name.
NOT_A_NAME = Kind("not-a-name", gettext_noop("Not an ENS name"))
# No configured chain has an ENS registry.
NO_NAMES = Kind("no-names", gettext_noop("This site reads no ENS names"))
# Nobody registered the name, or set the record of it.
NO_SUCH_NAME = Kind("no-such-name", gettext_noop("No such name"))
# The record is kept off the chain (EIP-3668), and is not fetched here, or its gateway refuses.
OFF_CHAIN = Kind("name-off-chain", gettext_noop("The name keeps its records off the chain"))
RECORD_TOO_LONG = Kind("record-too-long", gettext_noop("The name's record is too long"))
# No node answered in time, or the nodes disagree: nothing is known.
NAMES_UNAVAILABLE = Kind("names-unavailable", gettext_noop("Names can't be looked up now"), 503, permanent=False)


class NameLookupError(ExpectedError):
    """A name leads to nothing that can be used, or names can't be looked up now (not permanent)."""

    kind: ClassVar[Kind] = Kind("name-refused", gettext_noop("This name can't be used"))


def off_chain() -> NameLookupError:
    """Return the error of a record that would have to be fetched from a gateway."""
    return NameLookupError(_("What this name stands for is kept off the chain, which we do not read."), OFF_CHAIN)


def gateway_unavailable() -> NameLookupError:
    """Return the error of an outage of the service that keeps a name's records off the chain."""
    sentence = _("The service that keeps this name's records does not answer. Please try again in a minute.")
    return NameLookupError(sentence, NAMES_UNAVAILABLE)


def names_unavailable() -> NameLookupError:
    """Return the error of an outage."""
    return NameLookupError(_("Names can't be looked up right now. Please try again in a minute."), NAMES_UNAVAILABLE)
