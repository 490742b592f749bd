"""What the URL of an avatar asks for, read once and strictly."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.http import HttpRequest

from profiles.images.fallback import FallbackStyle
from profiles.images.formats import OutputFormat

DEFAULT_SIZE = 80
MAX_SIZE = 1024
_IDENTIFIER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9:._@-]{0,126}[A-Za-z0-9])?")
_SUFFIXES = {
    "webp": OutputFormat.WEBP,
    "png": OutputFormat.PNG,
    "jpg": OutputFormat.JPEG,
    "jpeg": OutputFormat.JPEG,
    "avif": OutputFormat.AVIF,
}
#: Gravatar's names for drawings we have under another name, or have not: those get our shapes.
_ALIASES = {"mm": "mp", "monsterid": "shapes", "wavatar": "shapes", "robohash": "shapes", "pagan": "shapes"}
NOT_FOUND = "404"


class BadWish(Exception):
    def __init__(self, slug: str, sentence: str) -> None:
        super().__init__(sentence)
        self.slug = slug
        self.sentence = sentence


@dataclass(frozen=True)
class Wish:
    """`size` is in pixels, 1 to MAX_SIZE. None for `format`: what suits the client; for `default`: what suits the
    person. `not_found`: no stand-in is wanted, `forced`: only the stand-in is."""

    identifier: str
    size: int
    format: OutputFormat | None
    default: FallbackStyle | None
    not_found: bool
    forced: bool
    still: bool


def read_wish(request: HttpRequest, text: str) -> Wish:
    """Raises BadWish with a sentence that names what is wrong and what would be right."""
    identifier, fmt = _split_suffix(text)
    asked = _first(request, "d", "default").lower()
    return Wish(
        identifier=check_identifier(identifier),
        size=_read_size(_first(request, "s", "size")),
        format=fmt,
        default=_read_default(asked),
        not_found=asked == NOT_FOUND,
        forced=_is_yes(_first(request, "f", "forcedefault")),
        still=_is_yes(_first(request, "still")),
    )


def check_identifier(identifier: str) -> str:
    if not _IDENTIFIER.fullmatch(identifier):
        raise BadWish(
            "bad-identifier",
            "This names nobody: handles and addresses have up to 128 letters, digits and . : _ - @ only.",
        )
    return identifier


def _split_suffix(text: str) -> tuple[str, OutputFormat | None]:
    """Only the suffixes we know: an ENS name has dots of its own."""
    stem, dot, suffix = text.rpartition(".")
    fmt = _SUFFIXES.get(suffix.lower()) if dot else None
    return (text, None) if fmt is None else (stem, fmt)


def _first(request: HttpRequest, *names: str) -> str:
    return next((request.GET[name] for name in names if name in request.GET), "")


def _read_size(text: str) -> int:
    if not text:
        return DEFAULT_SIZE
    if re.fullmatch(r"[0-9]{1,4}", text) and 1 <= int(text) <= MAX_SIZE:
        return int(text)
    raise BadWish("bad-size", f"Sizes are whole numbers from 1 to {MAX_SIZE}.")


def _read_default(asked: str) -> FallbackStyle | None:
    if asked in {"", NOT_FOUND}:
        return None
    try:
        return FallbackStyle(_ALIASES.get(asked, asked))
    except ValueError:
        known = ", ".join([NOT_FOUND, *FallbackStyle])
        raise BadWish(
            "bad-default", f"The stand-ins we draw are {known}. Pictures from other sites are not shown."
        ) from None


def _is_yes(text: str) -> bool:
    return text.lower() in {"y", "yes", "1", "true"}
