"""Text from strangers, made fit to show: one line, NFC, nothing invisible that could deceive."""

import re
import unicodedata

_JOINERS = "\u200c\u200d"  # ZWNJ and ZWJ: Persian, Indic scripts and emoji need them
_HIDDEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0\ufffe\uffff"  # blank though not of category C
)
_DROPPED_CATEGORIES = frozenset({"Cc", "Cf", "Cs"})
_BLANKS = re.compile(r"[\s\u2028\u2029]+")
_ELLIPSIS = "…"


def clean_text(text: str, limit: int) -> str:
    """`text` on one line of at most `limit` characters, cut with an ellipsis.

    Controls, bidirectional overrides, lone surrogates and invisible fillers are dropped, blanks collapsed, the rest is
    NFC. Cleaning twice changes nothing.
    """
    text = _BLANKS.sub(" ", text[: limit * 8])
    visible = "".join(character for character in text if _is_visible(character))
    clean = _BLANKS.sub(" ", unicodedata.normalize("NFC", visible)).strip()
    if len(clean) <= limit:
        return clean
    return clean[: limit - 1].rstrip() + _ELLIPSIS


def _is_visible(character: str) -> bool:
    if character in _JOINERS:
        return True
    return unicodedata.category(character) not in _DROPPED_CATEGORIES and character not in _HIDDEN
