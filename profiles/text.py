"""Words people write about themselves, made safe to lay beside others' words."""

from __future__ import annotations

import unicodedata

#: Joiners that scripts and emoji need, though Unicode files them with the invisible format characters.
_JOINERS = {"\u200c", "\u200d"}
_UNWANTED = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def one_line(text: str) -> str:
    """NFC, white space made single spaces, control and direction-changing characters dropped."""
    spaced = " ".join(text.split())
    kept = "".join(c for c in unicodedata.normalize("NFC", spaced) if _is_wanted(c))
    return " ".join(kept.split())


def _is_wanted(character: str) -> bool:
    return character in _JOINERS or unicodedata.category(character) not in _UNWANTED
