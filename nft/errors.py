"""Reasons to refuse a mint or a transfer. Kinds that only one room raises are defined in that room."""

from __future__ import annotations

from profiles.errors import ExpectedError, Kind
from profiles.sentences import gettext_noop

NO_CONTRACT = Kind("no-contract", gettext_noop("Nothing can be minted on this chain"))
NOT_NOW = Kind("not-now", gettext_noop("Not in this state"), 409)
BAD_TRANSACTION_HASH = Kind("bad-transaction-hash", gettext_noop("Not the hash of a transaction"))
WOULD_FAIL = Kind("transaction-would-fail", gettext_noop("The transaction would fail"))
RATE_LIMITED = Kind("rate-limited", gettext_noop("Too many tries"), 429, permanent=False)


class TokenActionError(ExpectedError):
    """A mint or a transfer is refused, or not possible now."""


class NotYours(TokenActionError):
    """The person has no such account, mint or received token."""

    kind = Kind("not-yours", gettext_noop("No such mint or account"), 404)
