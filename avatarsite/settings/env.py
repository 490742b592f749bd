"""Read the environment. A wrong value stops the start with its name and the reason (ImproperlyConfigured)."""

from __future__ import annotations

import json
import os
import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

# Settings that are secrets, or contain them in JSON or a list.
_SECRET_NAME = re.compile(r"(?:SECRET_KEY|_FALLBACKS|_ACCESS_KEY|_PASSWORD|_SIGNING_KEY|SPONSOR_KEY|_TOKENS?|_DSN)$")
# What such a value consists of. Shorter parts are words, names and numbers.
_SECRET_PART = re.compile(r"[^\s\"',:;@?&=\[\]{}]{12,}")
# Shorter passwords are words: hiding them everywhere would hide more.
_PASSWORD_LENGTH = 8
_secrets: set[str] = set()

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str | None = None) -> str:
    """Return the value of `name`, or the content of the file `name`_FILE (for secrets).

    Raises ImproperlyConfigured if neither is set and there is no default.
    """
    path = os.environ.get(f"{name}_FILE")
    value = _read_secret(name, Path(path)) if path else os.environ.get(name)
    if value is not None and (value or default is not None):
        _note_secrets(name, value)
        return value
    if default is None:
        raise ImproperlyConfigured(f"{name} is not set. Set it, or {name}_FILE to a file that holds it.")
    return default


def secrets() -> frozenset[str]:
    """Return the secrets read so far, for the logs to leave out."""
    return frozenset(_secrets)


def _note_secrets(name: str, value: str) -> None:
    if _SECRET_NAME.search(name):
        _secrets.update(_SECRET_PART.findall(value))
    elif name.endswith("_URL"):
        password = urlsplit(value).password or ""
        _secrets.update({password} if len(password) >= _PASSWORD_LENGTH else set())


def _read_secret(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE points to {path}, which can't be read: {error}") from error


def flag(name: str, default: bool = False) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if not value and name not in os.environ:
        return default
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}: write 1 or 0.")


def integer(name: str, default: int, *, low: int = 0, high: int = 2**53) -> int:
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}: write a whole number.") from None
    if not low <= number <= high:
        raise ImproperlyConfigured(f"{name} is {number}: it must be from {low} to {high}.")
    return number


def choice(name: str, default: str, allowed: list[str]) -> str:
    value = os.environ.get(name, "").strip() or default
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} is {value!r}: write {' or '.join(allowed)}.")
    return value


def words(name: str, default: list[str]) -> list[str]:
    """Return a list, separated by commas or spaces."""
    value = os.environ.get(name)
    _note_secrets(name, value or "")
    return default if value is None else value.replace(",", " ").split()


def integers(name: str, default: list[int], *, high: int) -> list[int]:
    """Return a list of numbers from 1 to `high`, separated by commas or spaces."""
    given = words(name, [str(each) for each in default])
    if not all(each.isdecimal() and 1 <= int(each) <= high for each in given):
        raise ImproperlyConfigured(f"{name} is {' '.join(given)!r}: write whole numbers from 1 to {high}.")
    return [int(each) for each in given]


def rates(name: str) -> dict[str, tuple[int, int]]:
    """Return limits, each as what=count/seconds, separated by commas or spaces."""
    found: dict[str, tuple[int, int]] = {}
    for each in words(name, []):
        what, _, rate = each.partition("=")
        count, _, seconds = rate.partition("/")
        if not (what and count.isdecimal() and seconds.isdecimal() and int(seconds)):
            raise ImproperlyConfigured(f"{name} has {each!r}: write uploads=30/3600, for 30 uploads in 3600 seconds.")
        found[what] = int(count), int(seconds)
    return found


def networks(name: str, default: list[str]) -> list[IPv4Network | IPv6Network]:
    try:
        return [ip_network(text) for text in words(name, default)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} names no network: {error}. Write 10.1.0.0/16, for example.") from error


def parsed_json(name: str, default: object) -> object:
    value = text(name, "")
    try:
        parsed: object = json.loads(value) if value else default
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is not JSON: {error}") from error
    return parsed
