"""Choose the format a client prefers by its `Accept` header (RFC 9110 §12.5.1)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from profiles.images.formats import OutputFormat

# Characters of the header that are read; browsers send less than half as many.
_MAX_LENGTH = 400
_QUALITY = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)


class FormatPreference(NamedTuple):
    """What a client prefers.

    `modern` is WebP or AVIF if the client names it with no lower quality than PNG and JPEG; a bare */* may be an old
    mail program. `plain` is PNG or JPEG if the client prefers one of them.
    """

    modern: OutputFormat | None = None
    plain: OutputFormat | None = None

    def format_for(self, source_format: str) -> OutputFormat:
        """Return the format to send. Without a preference, photographs are sent as JPEG and all others as PNG."""
        natural = OutputFormat.JPEG if source_format == "jpeg" else OutputFormat.PNG
        return self.modern or self.plain or natural


def parse_accept(accept: str) -> FormatPreference:
    return _read(accept[:_MAX_LENGTH])


@lru_cache(maxsize=256)
def _read(accept: str) -> FormatPreference:
    qualities = dict(_parse_range(part) for part in accept.split(","))
    png, jpeg = (_quality_of(qualities, f"image/{kind}") for kind in ("png", "jpeg"))
    webp, avif = (qualities.get(f"image/{kind}", 0.0) for kind in ("webp", "avif"))
    plain = None if png == jpeg else OutputFormat.PNG if png > jpeg else OutputFormat.JPEG
    if max(webp, avif) <= 0 or max(webp, avif) < max(png, jpeg):
        return FormatPreference(None, plain)
    # At equal quality WebP wins: it is what we store, so that nothing need be encoded.
    return FormatPreference(OutputFormat.AVIF if avif > webp else OutputFormat.WEBP, plain)


def _parse_range(part: str) -> tuple[str, float]:
    kind, *parameters = (piece.strip() for piece in part.split(";"))
    found = next((match for match in map(_QUALITY.fullmatch, parameters) if match), None)
    return kind.lower(), float(found[1]) if found else 1.0


def _quality_of(qualities: dict[str, float], kind: str) -> float:
    return next((qualities[name] for name in (kind, "image/*", "*/*") if name in qualities), 0.0)
