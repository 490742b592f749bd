"""Parsers of single values. Each raises TypeError or ValueError with a sentence that follows the setting's name."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit


def parse_text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("write text.")
    return value


def parse_texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple | set | frozenset) or not all(isinstance(each, str) for each in value):
        raise TypeError("write a list of texts.")
    return tuple(value)


def parse_flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("write True or False.")
    return value


def parse_whole_number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("write a whole number, at least 0.")
    return value


def parse_web_url(value: object) -> str:
    return parse_url(value, "https", "http")


def parse_url(value: object, *schemes: str) -> str:
    """Return an absolute URL of one of the schemes. The sentence does not repeat it: it may hold a key."""
    text = parse_text(value)
    url = urlsplit(text)
    if url.scheme not in schemes or not url.hostname:
        raise ValueError(f"write a URL that begins with {' or '.join(f'{scheme}://' for scheme in schemes)}.")
    return text


def parse_object(value: object, *, required: set[str], optional: set[str]) -> Mapping[str, object]:
    """Return a mapping that has all the required keys and no key besides the optional ones."""
    if not isinstance(value, Mapping):
        raise TypeError("write a mapping.")
    missing, unknown = required - value.keys(), value.keys() - required - optional
    if missing:
        raise ValueError(f"{', '.join(sorted(missing))} is missing.")
    if unknown:
        raise ValueError(f"there is no key {', '.join(sorted(map(str, unknown)))}.")
    return value
