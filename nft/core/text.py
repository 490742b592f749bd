"""Make untrusted text fit to display: one line, NFC, and no invisible characters that could deceive."""

from __future__ import annotations

import re
import unicodedata

# Zero-width (non-)joiners: Persian, Indic scripts and emoji need them.
_JOINERS = "\u200c\u200d"
# Characters that show as blank although their category is not C, and those that Unicode will never assign.
_BLANK_LETTERS = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"
_NONCHARACTERS = [*range(0xFDD0, 0xFDF0), *(plane << 16 | end for plane in range(17) for end in (0xFFFE, 0xFFFF))]
_HIDDEN = frozenset([*_BLANK_LETTERS, *map(chr, _NONCHARACTERS)])
_DROPPED_CATEGORIES = frozenset({"Cc", "Cf", "Cs"})
_BLANKS = re.compile(r"[\s\u2028\u2029]+")
_ELLIPSIS = "…"


def clean_text(text: str, limit: int) -> str:
    """Return `text` on one line of at most `limit` characters, cut with an ellipsis.

    Control characters, bidirectional overrides, lone surrogates, noncharacters and invisible fillers are dropped, runs
    of whitespace become one space, and the rest is normalized to NFC. Idempotent.
    """
    text = _BLANKS.sub(" ", text[: limit * 8])
    visible = "".join(
        character
        for character in text
        if character in _JOINERS
        or (unicodedata.category(character) not in _DROPPED_CATEGORIES and character not in _HIDDEN)
    )
    clean = _BLANKS.sub(" ", unicodedata.normalize("NFC", visible)).strip()
    if len(clean) <= limit:
        return clean
    return clean[: limit - 1].rstrip() + _ELLIPSIS
