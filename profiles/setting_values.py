"""Parsers of single settings. Each raises TypeError or ValueError with a sentence that follows the setting's name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_network
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
    try:
        url = urlsplit(text)
    except ValueError:  # brackets that hold no IPv6 address
        url = urlsplit("")
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


def parse_line(value: object) -> str:
    text = parse_text(value)
    if not text.isprintable():
        raise ValueError("write one line of text.")
    return text


def parse_label(value: object) -> str:
    text = parse_text(value)
    if not text.isidentifier():
        raise ValueError("write letters, digits and _, with no digit at the beginning.")
    return text


def parse_optional_url(value: object) -> str:
    return parse_web_url(value) if value else parse_text(value)


def parse_origin(value: object) -> str:
    """Return scheme://host[:port], "" for none."""
    text = parse_optional_url(value).rstrip("/")
    url = urlsplit(text)
    if text != f"{url.scheme}://{url.netloc}" and text:
        raise ValueError("write scheme://host[:port], without a path.")
    return text


def parse_contact(value: object) -> str:
    """Return an address that a link may lead to, a path of this site among them; "" for none."""
    text = parse_line(value)
    if text and not text.startswith(("https://", "http://", "mailto:", "/")):
        raise ValueError("write a URL, mailto:…, or a path that begins with /.")
    return text


def parse_hosts(value: object) -> frozenset[str]:
    hosts = parse_names(value)
    if wrong := next((host for host in hosts if not host or urlsplit(f"//{host}").netloc != host), None):
        raise ValueError(f"{wrong!r} is no host[:port].")
    return hosts


def parse_names(value: object) -> frozenset[str]:
    """Return names, which are compared in small letters."""
    return frozenset(each.lower() for each in parse_texts(value))


def parse_networks(value: object) -> tuple[str, ...]:
    for text in (networks := parse_texts(value)):
        ip_network(text)  # raises ValueError
    return networks


def parse_urls(value: object) -> tuple[str, ...]:
    return tuple(parse_web_url(each) for each in parse_texts(value))


def parse_numbers(value: object) -> tuple[int, ...]:
    if not isinstance(value, list | tuple):
        raise TypeError("write a list of whole numbers.")
    return tuple(parse_whole_number(each) for each in value)


def parse_seconds(value: object) -> timedelta:
    """Return a duration, which is set in seconds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = timedelta(seconds=value)
    if not isinstance(value, timedelta) or value < timedelta(0):
        raise ValueError("write a number of seconds, at least 0.")
    return value


def parse_percent(value: object) -> int:
    percent = parse_whole_number(value)
    if not 1 <= percent <= 100:
        raise ValueError("write a percentage from 1 to 100.")
    return percent


def parse_rates(value: object) -> dict[str, tuple[int, int]]:
    """Return {what: (count, seconds)}."""
    if not isinstance(value, Mapping):
        raise TypeError("write a mapping of what is limited to (count, seconds).")
    return {parse_text(what): _parse_rate(what, rate) for what, rate in value.items()}


def _parse_rate(what: object, rate: object) -> tuple[int, int]:
    if not isinstance(rate, list | tuple) or len(rate) != 2:
        raise ValueError(f"{what}: write (count, seconds).")
    count, seconds = map(parse_whole_number, rate)
    if not seconds:
        raise ValueError(f"{what}: the number of seconds is at least 1.")
    return count, seconds
