"""Judge text where it enters, and clean what people write about themselves, so that it is safe beside other text."""

from __future__ import annotations

import json
import math
import re
import sys
import unicodedata
from collections.abc import Iterator
from typing import NoReturn

# Joiners that scripts and emoji need, though Unicode counts them as invisible format characters.
_JOINERS = {"\u200c", "\u200d"}
# Letters and marks that show as blank, and what Unicode will never assign.
_BLANK_LETTERS = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"
_NONCHARACTERS = [*range(0xFDD0, 0xFDF0), *(plane << 16 | end for plane in range(17) for end in (0xFFFE, 0xFFFF))]
_HIDDEN = frozenset([*_BLANK_LETTERS, *map(chr, _NONCHARACTERS)])
_HALF_A_PAIR = re.compile("[\ud800-\udfff]")
_UNWANTED = {"Cc", "Cf", "Cs", "Zl", "Zp"}

# A string (even one that never ends) is one match, so brackets inside it do not count; no backtracking.
JSON_MARK = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]|,', re.DOTALL)
MAX_JSON_DEPTH = 1000


def one_line(text: str) -> str:
    """Collapse white space, drop control, direction-changing and invisible characters, and normalize to NFC."""
    kept = "".join(filter(_is_kept, " ".join(text.split())))
    return " ".join(unicodedata.normalize("NFC", kept).split())


def _is_kept(character: str) -> bool:
    if character in _JOINERS:
        return True
    return character not in _HIDDEN and unicodedata.category(character) not in _UNWANTED


def is_text(text: str) -> bool:
    """Return whether every database, hash and URL takes `text`: it holds neither NUL nor half a surrogate pair."""
    return "\0" not in text and (text.isascii() or not _HALF_A_PAIR.search(text))


def parse_json(body: bytes) -> object:
    """Return the value of a JSON text. Raise ValueError as `load_json`, and if a text in it is none."""
    value = load_json(body)
    # Only an escape can stand for what is no text: JSON allows no control characters, and UTF-8 no surrogates.
    if b"\\u" in body and not all(map(is_text, _texts_of(value))):
        raise ValueError("A text holds NUL or half a surrogate pair.")
    return value


def load_json(body: bytes) -> object:
    """Return the value of a JSON text in UTF-8 (RFC 8259). The caller judges the texts in it, by `is_text`.

    For an answer that quotes strangers: one bad text must not spoil the rest. Raise ValueError for no JSON, NaN and the
    infinities, and too deep a nesting.
    """
    text = body.decode("utf-8-sig")
    # py-evm raises Python's own limit so far that the parser would overflow the stack, which ends the process.
    if sys.getrecursionlimit() > MAX_JSON_DEPTH and is_nested_deeper(text, MAX_JSON_DEPTH):
        raise ValueError("The JSON is nested too deeply.")
    try:
        value: object = json.loads(text, parse_constant=_refuse, parse_float=_parse_float)
    except RecursionError as error:
        raise ValueError("The JSON is nested too deeply.") from error
    return value


def is_nested_deeper(text: str, levels: int) -> bool:
    """Return whether a JSON text opens more than `levels` lists and objects within each other. It may be no JSON."""
    depth = 0
    for match in JSON_MARK.finditer(text):
        mark = match.group()
        if mark in {"[", "{"}:
            depth += 1
            if depth > levels:
                return True
        elif mark in {"]", "}"}:
            depth -= 1
    return False


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON.")


def _parse_float(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _refuse(digits[:20])


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
