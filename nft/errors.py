"""Reasons to refuse a mint or a transfer. Kinds that only one room raises are defined in that room."""

from __future__ import annotations

from profiles.errors import ExpectedError, Kind
from profiles.sentences import gettext_noop

_TITLE = gettext_noop("This can't be done")

NO_CONTRACT = Kind("no-contract", _TITLE)
NOT_NOW = Kind("not-now", _TITLE, 409)
BAD_TRANSACTION_HASH = Kind("bad-transaction-hash", _TITLE)
WOULD_FAIL = Kind("transaction-would-fail", _TITLE)
RATE_LIMITED = Kind("rate-limited", _TITLE, 429, permanent=False)


class TokenActionError(ExpectedError):
    """A mint or a transfer is refused, or not possible now."""


class NotYours(TokenActionError):
    """The person has no such account, mint or received token."""

    kind = Kind("not-yours", _TITLE, 404)
