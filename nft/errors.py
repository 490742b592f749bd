"""Why a mint or a transfer can't go on. The kinds that only one room raises stand beside their use."""

from __future__ import annotations

from profiles.errors import ExpectedError, Kind

_TITLE = "This can't be done"

NO_CONTRACT = Kind("no-contract", _TITLE)
NOT_NOW = Kind("not-now", _TITLE, 409)
BAD_TRANSACTION_HASH = Kind("bad-transaction-hash", _TITLE)
WOULD_FAIL = Kind("transaction-would-fail", _TITLE)
RATE_LIMITED = Kind("rate-limited", _TITLE, 429, permanent=False)


class TokenActionError(ExpectedError):
    """A mint or a transfer that can't go on, or not now. `kind` tells the reason."""


class NotYours(TokenActionError):
    """An account, mint or offer that doesn't exist, or that somebody else has."""

    kind = Kind("not-yours", _TITLE, 404)
