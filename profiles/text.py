"""Clean what people write about themselves, so that it is safe beside other text."""

from __future__ import annotations

import unicodedata

# Joiners that scripts and emoji need, though Unicode counts them as invisible format characters.
_JOINERS = {"\u200c", "\u200d"}
_UNWANTED = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def one_line(text: str) -> str:
    """Normalize to NFC, collapse white space, and drop control and direction-changing characters."""
    spaced = " ".join(text.split())
    kept = "".join(
        each
        for each in unicodedata.normalize("NFC", spaced)
        if each in _JOINERS or unicodedata.category(each) not in _UNWANTED
    )
    return " ".join(kept.split())
