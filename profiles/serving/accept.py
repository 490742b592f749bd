"""Which format a client would rather have, from its `Accept` header (RFC 9110 §12.5.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from profiles.images.formats import OutputFormat

#: Characters of the header that are read; browsers send less than half as many.
_LONGEST = 400
_QUALITY = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)


@dataclass(frozen=True)
class Preference:
    """`modern` is WebP or AVIF where the client names it and likes it no less than PNG and JPEG; a bare */* may be an
    old mail program. `plain` is PNG or JPEG where the client likes one of them better."""

    modern: OutputFormat | None = None
    plain: OutputFormat | None = None

    def format_for(self, source_format: str) -> OutputFormat:
        """Else what the picture came as: photographs as JPEG, all others as PNG."""
        natural = OutputFormat.JPEG if source_format == "jpeg" else OutputFormat.PNG
        return self.modern or self.plain or natural


def read_preference(accept: str) -> Preference:
    return _read(accept[:_LONGEST])


@lru_cache(maxsize=256)
def _read(accept: str) -> Preference:
    liked = dict(_range_of(part) for part in accept.split(","))
    png, jpeg = (_liking(liked, f"image/{kind}") for kind in ("png", "jpeg"))
    webp, avif = (liked.get(f"image/{kind}", 0.0) for kind in ("webp", "avif"))
    plain = None if png == jpeg else OutputFormat.PNG if png > jpeg else OutputFormat.JPEG
    if max(webp, avif) <= 0 or max(webp, avif) < max(png, jpeg):
        return Preference(None, plain)
    # Equally liked, WebP wins: it is what we store, so nothing need be encoded.
    return Preference(OutputFormat.AVIF if avif > webp else OutputFormat.WEBP, plain)


def _range_of(part: str) -> tuple[str, float]:
    kind, *parameters = (piece.strip() for piece in part.split(";"))
    found = next((match for match in map(_QUALITY.fullmatch, parameters) if match), None)
    return kind.lower(), float(found[1]) if found else 1.0


def _liking(liked: dict[str, float], kind: str) -> float:
    return next((liked[name] for name in (kind, "image/*", "*/*") if name in liked), 0.0)
