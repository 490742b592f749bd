"""Parse the URL of an avatar, strictly.

`d=` takes the names of Gravatar and Libravatar (404, mp or mm, identicon, initials, retro, blank), and blockies and
jazzicon. For drawings of theirs that we lack, the nearest of ours is drawn: retro for pagan and robohash, shapes for
monsterid, wavatar and color.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from profiles import settings
from profiles.errors import ExpectedError, Kind
from profiles.images.fallback import FallbackStyle
from profiles.images.formats import OutputFormat

DEFAULT_SIZE = 80
MAX_SIZE = 1024
_IDENTIFIER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9:._@-]{0,126}[A-Za-z0-9])?")
_LABEL = r"[A-Za-z0-9_\-\u00a1-\U0010ffff]+"
# Only names with dots may be of other scripts, or of emoji.
_NAME = re.compile(rf"(?=.{{3,128}}\Z){_LABEL}(?:\.{_LABEL})+")
_SIZE = re.compile(r"[0-9]{1,4}")
_SUFFIXES = {
    "webp": OutputFormat.WEBP,
    "png": OutputFormat.PNG,
    "jpg": OutputFormat.JPEG,
    "jpeg": OutputFormat.JPEG,
    "avif": OutputFormat.AVIF,
}
_ALIASES = {
    "mm": "mp",
    "mystery": "mp",
    "mysteryperson": "mp",
    "blockie": "blockies",
    "pagan": "retro",
    "robohash": "retro",
    "monsterid": "shapes",
    "wavatar": "shapes",
    "color": "shapes",
}
_MAX_URL = 1000
NOT_FOUND = "404"


BAD_IDENTIFIER = Kind("bad-identifier", "Not an identifier")
BAD_SIZE = Kind("bad-size", "Not a size")
BAD_DEFAULT = Kind("bad-default", "No such default picture")


class AvatarRequest(NamedTuple):
    """What the URL of an avatar asks for.

    `size` is in pixels, 1 to MAX_SIZE. `format` None: by the Accept header. `default` None: by the person.
    `not_found`: answer 404 instead of a default picture. `force_default`: only the default picture. `default_url`: its
    address on a host of AVATAR_DEFAULT_URL_HOSTS, else "".
    """

    identifier: str
    size: int
    format: OutputFormat | None
    default: FallbackStyle | None
    not_found: bool
    force_default: bool
    still: bool
    default_url: str = ""


def parse_request(text: str, query: Mapping[str, str]) -> AvatarRequest:
    """Parse the last part of the path, and the query.

    Raise ExpectedError of the kind BAD_IDENTIFIER, BAD_SIZE or BAD_DEFAULT.
    """
    # Only a known suffix is split off: other identifiers have dots of their own.
    stem, dot, suffix = text.rpartition(".")
    fmt = _SUFFIXES.get(suffix.lower()) if dot else None
    identifier = text if fmt is None else stem
    asked = _first(query, "d", "default")
    default_url = _read_url(asked)
    return AvatarRequest(
        identifier=check_identifier(identifier),
        size=_read_size(_first(query, "s", "size")),
        format=fmt,
        default=None if default_url else _read_default(asked.lower()),
        not_found=asked == NOT_FOUND,
        force_default=_is_yes(_first(query, "f", "forcedefault")),
        still=_is_yes(_first(query, "still")),
        default_url=default_url,
    )


def check_identifier(identifier: str) -> str:
    if not _IDENTIFIER.fullmatch(identifier) and not _NAME.fullmatch(identifier):
        raise ExpectedError(
            "This names nobody: handles and addresses have up to 128 letters, digits and . : _ - @ only; a name with a "
            "dot may have letters of any script.",
            BAD_IDENTIFIER,
        )
    return identifier


def _first(query: Mapping[str, str], *names: str) -> str:
    for name in names:
        if name in query:
            return query[name]
    return ""


def _read_size(text: str) -> int:
    if not text:
        return DEFAULT_SIZE
    if _SIZE.fullmatch(text) and 1 <= int(text) <= MAX_SIZE:
        return int(text)
    raise ExpectedError(f"Sizes are whole numbers from 1 to {MAX_SIZE}.", BAD_SIZE)


def _read_default(asked: str) -> FallbackStyle | None:
    if asked in {"", NOT_FOUND}:
        return None
    try:
        return FallbackStyle(_ALIASES.get(asked, asked))
    except ValueError:
        known = ", ".join([NOT_FOUND, *FallbackStyle])
        raise ExpectedError(f"The stand-ins we draw are {known}.", BAD_DEFAULT) from None


def _read_url(asked: str) -> str:
    """Return the URL if `asked` is one and its host is trusted, "" if it is none. Raise ExpectedError (BAD_DEFAULT)."""
    if not asked.lower().startswith(("http:", "https:", "//")):
        return ""
    if len(asked) <= _MAX_URL and re.fullmatch(r"https?://[!-~]+", asked) and "\\" not in asked:
        try:
            if urlsplit(asked).netloc.lower() in settings.current().default_url_hosts:
                return asked
        except ValueError:  # brackets that hold no IPv6 address
            pass
    raise ExpectedError("Stand-ins from other sites are not shown here. Name one that we draw, or 404.", BAD_DEFAULT)


def _is_yes(text: str) -> bool:
    return text.lower() in {"y", "yes", "1", "true"}
