"""Parse `data:` URIs (RFC 2397) as contracts write them.

Accepted are base64, percent-encoding and raw UTF-8, with and without the comma. Contracts mix them, so that one text
may be read in several ways. Every refusal is a `CoreError` with one of the kinds below.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote, unquote_to_bytes

from nft.core.errors import CoreError
from profiles.errors import Kind
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

MAX_DATA_BYTES = 10 * 1024 * 1024

BAD_DATA_URI = Kind("bad-data-uri", gettext_noop("Not a data: URI"))
BAD_BASE64 = Kind("bad-base64", gettext_noop("The base64 of the data: URI is wrong"))
DATA_TOO_LARGE = Kind("data-too-large", gettext_noop("The data: URI is too large"))

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
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
# How JSON and markup begin in base64: "{\"", "{\n", "{ ", "<s", "<?".
_BASE64_STARTS = ("eyJ", "ewo", "ewog", "eyA", "PHN", "PD9")


@dataclass(frozen=True, slots=True)
class DataUri:
    """A document inside the URI. `media_type` is lower-case, claimed by the author and untrusted."""

    media_type: str
    data: bytes

    def __str__(self) -> str:
        return f"data:{self.media_type} ({len(self.data):,} bytes)"


def parse_data_uri(text: str, max_bytes: int = MAX_DATA_BYTES) -> DataUri:
    """Return the likeliest document in a `data:` URI, of at most `max_bytes`. Raise `CoreError`.

    A `#` belongs to the document.
    """
    return next(parse_data_readings(text, max_bytes))


def parse_data_readings(text: str, max_bytes: int = MAX_DATA_BYTES) -> Iterator[DataUri]:
    """Yield each document that a `data:` URI may stand for, likeliest first, at least one. Raise `CoreError`.

    A percent sign may escape a byte or stand for itself (`100%DeFi`), and a contract may be wrong about base64.
    """
    _check_size(len(text), 3 * max_bytes + _MAX_HEAD_CHARACTERS, max_bytes)
    head = _HEAD.match(text[:_MAX_HEAD_CHARACTERS])
    if not head:
        raise CoreError(_("The data: URI cannot be read."), BAD_DATA_URI)
    body = text[head.end() :]
    is_base64 = "base64" in head["parameters"].lower()
    if not head["comma"] and not (is_base64 or body[:3].lower().startswith(_DOCUMENT_STARTS)):
        raise CoreError(_("The data: URI has no comma before its data."), BAD_DATA_URI)
    media_type = (head["type"] or "text/plain").lower()
    is_plain = body.lstrip()[:3].lower().startswith(_DOCUMENT_STARTS)
    seen: set[bytes] = set()
    for read in _base64_readings(body, is_declared=is_base64 and not is_plain) or _PLAIN_READINGS:
        data = read(body)
        _check_size(len(data), max_bytes, max_bytes)
        if data not in seen:
            seen.add(data)
            yield DataUri(media_type, data)


def _base64_readings(body: str, *, is_declared: bool) -> tuple[Callable[[str], bytes], ...]:
    """Return how to read what is base64 or may be; nothing for plain text."""
    if is_declared:
        return (_decode_base64,)
    is_likely = body.lstrip().startswith(_BASE64_STARTS) and _is_base64(_strip_base64(body))
    return (_decode_base64, *_PLAIN_READINGS) if is_likely else ()


def _decode_escapes(body: str) -> bytes:
    """Decode percent-encoding, but leave escapes as they are where they don't make UTF-8."""
    return _ESCAPES.sub(_decode_if_utf8, body).encode("utf-8", "replace")


def _decode_if_utf8(escapes: re.Match[str]) -> str:
    text = escapes.group()
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return "".join(chr(code) if (code := int(one, 16)) < 0x80 else f"%{one}" for one in text.split("%")[1:])


def _decode_all(body: str) -> bytes:
    return unquote_to_bytes(body.encode("utf-8", "replace"))


def _as_written(body: str) -> bytes:
    return body.encode("utf-8", "replace")


# The last one is for pictures, which are no text, and for text in another encoding.
_PLAIN_READINGS: tuple[Callable[[str], bytes], ...] = (_decode_escapes, _as_written, _decode_all)


def parse_inline_document(text: str, max_bytes: int = MAX_DATA_BYTES) -> DataUri:
    """Return JSON or markup that a contract answers in place of a URI. Raise `CoreError` above `max_bytes`."""
    _check_size(len(text), max_bytes, max_bytes)
    data = text.encode("utf-8", "replace")
    _check_size(len(data), max_bytes, max_bytes)
    return DataUri("image/svg+xml" if text.startswith("<") else "application/json", data)


def _decode_base64(body: str) -> bytes:
    """Decode either alphabet, with or without padding, whitespace and percent-encoding."""
    text = _strip_base64(body)
    if not _is_base64(text):
        raise CoreError(_("The data: URI says base64, but its data is not."), BAD_BASE64)
    return binascii.a2b_base64(text + "=" * (-len(text) % 4))


def _is_base64(text: str) -> bool:
    return len(text) % 4 != 1 and _BASE64.fullmatch(text) is not None


def _strip_base64(body: str) -> str:
    text = _BLANKS.sub("", unquote_to_bytes(body.encode("utf-8", "replace")).decode("latin-1"))
    return text.replace("-", "+").replace("_", "/").rstrip("=")


def _check_size(size: int, allowed: int, max_bytes: int) -> None:
    if size > allowed:
        raise CoreError(_("The data: URI holds more than %(bytes)s bytes.", bytes=max_bytes), DATA_TOO_LARGE)
