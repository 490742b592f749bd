"""Parse the URL of an avatar: what can't be read means the nearest thing, for an error would be a broken picture.

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
_SIZE = re.compile(r"(?P<pixels>[0-9]{1,20})(?:\.[0-9]{0,20})?(?:px)?")
_SUFFIXES = {
    "webp": OutputFormat.WEBP,
    "png": OutputFormat.PNG,
    "jpg": OutputFormat.JPEG,
    "jpeg": OutputFormat.JPEG,
    "avif": OutputFormat.AVIF,
    # The nearest of our formats, which every reader of the one that is named can show.
    "gif": OutputFormat.PNG,
    "apng": OutputFormat.PNG,
    "bmp": OutputFormat.PNG,
    "ico": OutputFormat.PNG,
    "svg": OutputFormat.PNG,
    "jpe": OutputFormat.JPEG,
    "jfif": OutputFormat.JPEG,
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
CONTAIN = "contain"


BAD_IDENTIFIER = Kind("bad-identifier", "Not an identifier")


class AvatarRequest(NamedTuple):
    """What the URL of an avatar asks for.

    `size` is in pixels, 1 to MAX_SIZE. `is_exact`: it was asked for, so the next larger one is no answer. `format` is
    None for the Accept header to decide, `default` None for the person. `not_found`: answer 404 instead of a default
    picture. `force_default`: only the default picture. `default_url`: its address on a host of
    AVATAR_DEFAULT_URL_HOSTS, else "". `whole`: all of a picture that is no square. `names_nobody`: the identifier can't
    be anybody's.
    """

    identifier: str
    size: int
    format: OutputFormat | None
    default: FallbackStyle | None
    not_found: bool
    force_default: bool
    still: bool
    default_url: str = ""
    is_exact: bool = False
    whole: bool = False
    names_nobody: bool = False


def parse_request(text: str, query: Mapping[str, str]) -> AvatarRequest:
    """Parse the last part of the path, and the query. Raise nothing."""
    # Only a known suffix is split off: other identifiers have dots of their own.
    stem, dot, suffix = text.rpartition(".")
    fmt = _SUFFIXES.get(suffix.lower()) if dot else None
    identifier = text if fmt is None else stem
    asked = _first(query, "d", "default")
    default_url = _read_url(asked)
    size = _read_size(_first(query, "s", "size"))
    return AvatarRequest(
        identifier=identifier,
        size=size or DEFAULT_SIZE,
        format=fmt,
        default=None if default_url else _read_default(asked.lower()),
        not_found=asked == NOT_FOUND,
        force_default=_is_yes(_first(query, "f", "forcedefault")),
        still=_is_yes(_first(query, "still")),
        default_url=default_url,
        is_exact=bool(size),
        whole="fit" in query and query["fit"].lower() == CONTAIN,
        names_nobody=not is_identifier(identifier),
    )


def is_identifier(text: str) -> bool:
    """Return whether somebody may have this name."""
    return bool(_IDENTIFIER.fullmatch(text) or _NAME.fullmatch(text))


def check_identifier(identifier: str) -> str:
    """Return `identifier`. Raise ExpectedError of the kind BAD_IDENTIFIER if it can be nobody's."""
    if not is_identifier(identifier):
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
    """Return the size, at most MAX_SIZE; 0 for none."""
    if not text:
        return 0
    found = _SIZE.fullmatch(text)
    return min(int(found["pixels"]), MAX_SIZE) if found else 0


def _read_default(asked: str) -> FallbackStyle | None:
    """Return the style, or None for the person's own: also for one that nobody draws."""
    if asked in {"", NOT_FOUND}:  # most ask for none, and an exception takes as long as all the rest
        return None
    try:
        return FallbackStyle(_ALIASES.get(asked, asked))
    except ValueError:
        return None


def _read_url(asked: str) -> str:
    """Return the URL if `asked` is one and its host is trusted, else ""."""
    if not asked.lower().startswith(("http:", "https:", "//")):
        return ""
    if len(asked) <= _MAX_URL and re.fullmatch(r"https?://[!-~]+", asked) and "\\" not in asked:
        try:
            if urlsplit(asked).netloc.lower() in settings.current().default_url_hosts:
                return asked
        except ValueError:  # brackets that hold no IPv6 address
            pass
    return ""


def _is_yes(text: str) -> bool:
    return text.lower() in {"y", "yes", "1", "true"}
