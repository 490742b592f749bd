"""Parse `data:` URIs (RFC 2397) as contracts write them.

Accepted are base64, percent-encoding and raw UTF-8, with and without the comma. Every refusal is a `CoreError` with one
of the kinds below.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from nft.core.errors import CoreError
from profiles.errors import Kind

MAX_DATA_BYTES = 10 * 1024 * 1024

_TITLE = "This data: URI can't be read"
BAD_DATA_URI = Kind("bad-data-uri", _TITLE)
BAD_BASE64 = Kind("bad-base64", _TITLE)
DATA_TOO_LARGE = Kind("data-too-large", _TITLE)

_MAX_HEAD_CHARACTERS = 256
_HEAD = re.compile(
    r"data:\s*(?P<type>[a-z0-9.+-]+/[a-z0-9.+-]+)?"
    r"(?P<parameters>(?:;\s*(?:base64|utf-?8|ascii|[a-z0-9_-]+=(?:\"[a-z0-9._-]*\"|[a-z0-9._-]*)))*)"
    r"\s*(?P<comma>,)?",
    re.IGNORECASE,
)
_DOCUMENT_STARTS = ("{", "[", "<", "%7b", "%5b", "%3c")
_BLANKS = re.compile(r"\s+")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*")


@dataclass(frozen=True, slots=True)
class DataUri:
    """A document inside the URI. `media_type` is lower-case, claimed by the author and untrusted."""

    media_type: str
    data: bytes

    def __str__(self) -> str:
        return f"data:{self.media_type} ({len(self.data):,} bytes)"


def parse_data_uri(text: str, max_bytes: int = MAX_DATA_BYTES) -> DataUri:
    """Return the document in a `data:` URI, of at most `max_bytes`. Raise `CoreError`.

    A `#` belongs to the document.
    """
    _check_size(len(text), 3 * max_bytes + _MAX_HEAD_CHARACTERS, max_bytes)
    head = _HEAD.match(text[:_MAX_HEAD_CHARACTERS])
    if not head:
        raise CoreError("The data: URI cannot be read.", BAD_DATA_URI)
    body = text[head.end() :]
    is_base64 = "base64" in head["parameters"].lower()
    if not head["comma"] and not (is_base64 or body[:3].lower().startswith(_DOCUMENT_STARTS)):
        raise CoreError("The data: URI has no comma before its data.", BAD_DATA_URI)
    if is_base64 and not body.lstrip().startswith(("{", "<")):  # some contracts say base64, but write plain text
        data = _decode_base64(body)
    else:
        data = unquote_to_bytes(body.encode("utf-8", "replace"))
    _check_size(len(data), max_bytes, max_bytes)
    return DataUri((head["type"] or "text/plain").lower(), data)


def parse_inline_document(text: str, max_bytes: int = MAX_DATA_BYTES) -> DataUri:
    """Return JSON or markup that a contract answers in place of a URI. Raise `CoreError` above `max_bytes`."""
    _check_size(len(text), max_bytes, max_bytes)
    data = text.encode("utf-8", "replace")
    _check_size(len(data), max_bytes, max_bytes)
    return DataUri("application/json" if text.startswith("{") else "image/svg+xml", data)


def _decode_base64(body: str) -> bytes:
    """Decode either alphabet, with or without padding, whitespace and percent-encoding."""
    text = _BLANKS.sub("", unquote_to_bytes(body.encode("utf-8", "replace")).decode("latin-1"))
    text = text.replace("-", "+").replace("_", "/").rstrip("=")
    if not _BASE64.fullmatch(text) or len(text) % 4 == 1:
        raise CoreError("The data: URI says base64, but its data is not.", BAD_BASE64)
    return binascii.a2b_base64(text + "=" * (-len(text) % 4))


def _check_size(size: int, allowed: int, max_bytes: int) -> None:
    if size > allowed:
        raise CoreError(f"The data: URI holds more than {max_bytes:,} bytes.", DATA_TOO_LARGE)
