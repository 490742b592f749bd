"""Judge text where it enters, and clean what people write about themselves, so that it is safe beside other text."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator

# Joiners that scripts and emoji need, though Unicode counts them as invisible format characters.
_JOINERS = {"\u200c", "\u200d"}
_HALF_A_PAIR = re.compile("[\ud800-\udfff]")
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


def is_text(text: str) -> bool:
    """Return whether every database, hash and URL takes `text`: it holds neither NUL nor half a surrogate pair."""
    return "\0" not in text and (text.isascii() or not _HALF_A_PAIR.search(text))


def parse_json(body: bytes) -> object:
    """Return the value of a JSON text. Raise ValueError for no JSON, too deep a nesting, and what is no text."""
    try:
        value: object = json.loads(body)
    except RecursionError as error:
        raise ValueError("The JSON is nested too deeply.") from error
    if not all(map(is_text, _texts_of(value))):
        raise ValueError("A text holds NUL or half a surrogate pair.")
    return value


def _texts_of(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            waiting += [*each, *each.values()]
        elif isinstance(each, list):
            waiting += each
