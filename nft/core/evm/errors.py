"""Errors of chain answers and wallet signatures. `nft.core.errors` shows the whole tree."""

from __future__ import annotations

from nft.core.errors import CoreError
from profiles.errors import Kind
from profiles.sentences import gettext_noop


class BadAnswer(CoreError):
    """An answer that does not have the shape its call returns. Never a reason to decide against an owner."""

    kind = Kind("bad-answer", gettext_noop("The contract's answer can't be read"), 502, permanent=False)


class BadSignature(CoreError):
    """Not a signature from which an address can be recovered."""

    kind = Kind("bad-signature", gettext_noop("This signature can't be read"))


class NotProved(CoreError):
    """What a node gave does not prove what it should. Never a reason to decide against an owner."""

    kind = Kind("not-proved", gettext_noop("This is not proved"), 502, permanent=False)


class NotProvable(CoreError):
    """A call that we do not prove: beyond the limits, or by rules that are not Ethereum's. Nobody lied."""

    kind = Kind("not-provable", gettext_noop("This can't be proved"), 422)
