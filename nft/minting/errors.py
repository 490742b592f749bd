"""Reasons to refuse a mint order."""

from __future__ import annotations

from nft.errors import TokenActionError
from profiles.errors import Kind
from profiles.sentences import gettext_noop

NOT_SPONSORED = Kind("not-sponsored", gettext_noop("The site does not pay for this"), 429, permanent=False)


class TextRefused(TokenActionError):
    """A name or description that can't be written into a token. `field` is the form's field."""

    kind = Kind("text-refused", gettext_noop("The text can't be written into a token"))

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
