"""Clean what people write about themselves, so that it is safe beside other text."""

from __future__ import annotations

import unicodedata

# Joiners that scripts and emoji need, though Unicode counts them as invisible format characters.
_JOINERS = {"\u200c", "\u200d"}
_UNWANTED = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def one_line(text: str) -> str:
    """Normalize to NFC, collapse white space, and drop control and direction-changing characters."""
    spaced = " ".join(text.split())
    kept = "".join(c for c in unicodedata.normalize("NFC", spaced) if _is_wanted(c))
    return " ".join(kept.split())


def _is_wanted(character: str) -> bool:
    return character in _JOINERS or unicodedata.category(character) not in _UNWANTED
