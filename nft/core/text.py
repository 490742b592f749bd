"""Make untrusted text fit to display: one line, NFC, and no invisible characters that could deceive."""

from __future__ import annotations

from profiles.text import one_line

_ELLIPSIS = "…"


def clean_text(text: str, limit: int) -> str:
    """Return `one_line` of `text` in at most `limit` characters, cut with an ellipsis. Idempotent."""
    clean = one_line(text[: limit * 8])
    if len(clean) <= limit:
        return clean
    return clean[: limit - 1].rstrip() + _ELLIPSIS
